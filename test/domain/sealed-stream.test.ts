import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { openStream, sealStream } from '../../domain/sealed-stream.ts'

const chunk = 64 * 1024
const sealedChunk = chunk + 16
const key = randomBytes(32)

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size)
}

async function collect(source: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of source) parts.push(part)
  return Buffer.concat(parts)
}

const seal = (bytes: Buffer, size = 10_000) => collect(sealStream(key, pieces(bytes, size)))
const open = (bytes: Buffer, size = 10_000, with_ = key) => collect(openStream(with_, pieces(bytes, size), 'it'))

/** What `openStream` gave out before it refused. */
async function openedBefore(bytes: Buffer): Promise<{ given: number; error: unknown }> {
  let given = 0
  try {
    for await (const part of openStream(key, pieces(bytes, 10_000), 'it')) given += part.length
  } catch (error) {
    return { given, error }
  }
  throw new Error('it was not refused')
}

test.each([0, 1, chunk - 1, chunk, chunk + 1, 3 * chunk, 3 * chunk + 7])(
  '%i bytes come back, in pieces of any size',
  async (length) => {
    const bytes = randomBytes(length)
    for (const size of [1000, chunk, 10 * chunk]) {
      const sealed = await seal(bytes, size)
      expect(sealed.length).toBe(length + 16 * Math.max(1, Math.ceil(length / chunk)))
      expect((await open(sealed, size)).equals(bytes)).toBe(true)
    }
  },
)

test('a changed byte anywhere is refused, and nothing of its chunk is given out', async () => {
  const sealed = await seal(randomBytes(3 * chunk + 7))
  for (const at of [0, 100, sealedChunk - 1, sealedChunk, 2 * sealedChunk + 5, sealed.length - 1]) {
    const changed = Buffer.from(sealed)
    changed.writeUInt8(changed.readUInt8(at) ^ 1, at)
    const { given, error } = await openedBefore(changed)
    expect(error).toMatchObject({ code: 'conflict', message: expect.stringContaining('it is damaged') })
    expect(given).toBe(Math.floor(at / sealedChunk) * chunk)
  }
})

test('a missing end is refused, also where it ends between two chunks', async () => {
  const sealed = await seal(randomBytes(3 * chunk + 7))
  for (const length of [0, 5, sealedChunk, 2 * sealedChunk, 3 * sealedChunk, sealed.length - 1]) {
    const { given, error } = await openedBefore(sealed.subarray(0, length))
    expect(error).toMatchObject({ code: 'conflict' })
    expect(given).toBeLessThanOrEqual(Math.max(0, length - 16))
  }
})

test('something behind the end is refused, another sealed stream too', async () => {
  for (const length of [10, chunk]) {
    const sealed = await seal(randomBytes(length))
    for (const more of [Buffer.from('x'), sealed]) {
      expect((await openedBefore(Buffer.concat([sealed, more]))).error).toMatchObject({ code: 'conflict' })
    }
  }
})

test('chunks in another order, twice or left out are refused', async () => {
  const sealed = await seal(randomBytes(4 * chunk))
  const [a, b, c, d] = [0, 1, 2, 3].map((index) => sealed.subarray(index * sealedChunk, (index + 1) * sealedChunk))
  const orders = [
    [b, a, c, d],
    [a, c, b, d],
    [a, b, d, c],
    [a, b, b, c, d],
    [a, b, d],
    [b, c, d],
  ]
  for (const order of orders) {
    const { error } = await openedBefore(Buffer.concat(order.map((part) => part ?? Buffer.alloc(0))))
    expect(error).toMatchObject({ code: 'conflict' })
  }
})

test('another key opens nothing', async () => {
  const sealed = await seal(randomBytes(10))
  await expect(open(sealed, 10_000, randomBytes(32))).rejects.toMatchObject({ code: 'conflict' })
})
