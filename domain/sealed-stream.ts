/**
 * A stream of bytes sealed in chunks of one size (the STREAM construction): AES-256-GCM, the nonce being the chunk's
 * number and a mark on the last one. So a changed byte, a chunk in another place, a missing end and anything behind the
 * end are all refused, and no byte is given out before its chunk is proven. A key seals one stream only.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto'
import { Failure } from './failure.ts'

const chunkBytes = 64 * 1024
const tagBytes = 16
const nonceBytes = 12

/** Seals everything that `source` gives. */
export async function* sealStream(key: Buffer, source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let number = 0
  for await (const { chunk, last } of chunksOf(source, chunkBytes)) {
    const cipher = createCipheriv('aes-256-gcm', key, nonceOf(number, last), { authTagLength: tagBytes })
    yield Buffer.concat([cipher.update(chunk), cipher.final(), cipher.getAuthTag()])
    number += 1
  }
}

/**
 * Opens what `sealStream` made. Throws `conflict`, naming `subject`, at the first chunk that is not what and where it was.
 */
export async function* openStream(key: Buffer, source: AsyncIterable<Buffer>, subject: string): AsyncGenerator<Buffer> {
  let number = 0
  for await (const { chunk, last } of chunksOf(source, chunkBytes + tagBytes)) {
    if (chunk.length < tagBytes) throw damaged(subject, 'it ends too early')
    const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(number, last), { authTagLength: tagBytes })
    decipher.setAuthTag(chunk.subarray(chunk.length - tagBytes))
    const open = decipher.update(chunk.subarray(0, chunk.length - tagBytes))
    try {
      decipher.final()
    } catch (cause) {
      const where = last ? 'its end is missing or was changed' : `it was changed near byte ${number * chunkBytes}`
      throw damaged(subject, where, cause)
    }
    yield open
    number += 1
  }
}

/** The failure of a sealed file that is not what was written. */
export function damaged(subject: string, detail: string, cause?: unknown): Failure {
  return new Failure('conflict', `${subject} is damaged (${detail}): nothing was taken from it`, { cause })
}

/** The chunk's number and, in the last byte, whether it is the last one. */
function nonceOf(number: number, last: boolean): Buffer {
  const nonce = Buffer.alloc(nonceBytes)
  nonce.writeUIntBE(number, nonceBytes - 7, 6)
  nonce[nonceBytes - 1] = last ? 1 : 0
  return nonce
}

/** Cuts a stream into chunks of `size`; the last one is at most as long, and the only one of an empty stream is empty. */
async function* chunksOf(
  source: AsyncIterable<Buffer>,
  size: number,
): AsyncGenerator<{ chunk: Buffer; last: boolean }> {
  let waiting: Buffer[] = []
  let waitingBytes = 0
  for await (const piece of source) {
    waiting.push(piece)
    waitingBytes += piece.length
    // A full chunk waits until a byte follows it: only then is it not the last.
    if (waitingBytes <= size) continue
    const whole = Buffer.concat(waiting, waitingBytes)
    let from = 0
    for (; waitingBytes - from > size; from += size) yield { chunk: whole.subarray(from, from + size), last: false }
    waiting = [whole.subarray(from)]
    waitingBytes -= from
  }
  yield { chunk: Buffer.concat(waiting, waitingBytes), last: true }
}
