/** The words that were read last, as a worker finds them that has just begun. */
import { afterEach, expect, test, vi } from 'vitest'
import { KeptWords } from '../../../worker/whatsapp/kept-words.ts'

afterEach(() => {
  vi.useRealTimers()
})

function ring(): { open: () => KeptWords; rows: Map<string, unknown> } {
  const rows = new Map<string, unknown>()
  const open = () =>
    new KeptWords({
      get: async (slots) =>
        Object.fromEntries(slots.flatMap((slot) => (rows.has(slot) ? [[slot, rows.get(slot)]] : []))),
      set: async (slot, value) => void rows.set(slot, structuredClone(value)),
    })
  return { open, rows }
}

async function hear(kept: KeptWords, id: string): Promise<void> {
  kept.heard(Buffer.from(id), { id })
  await kept.read(Buffer.from(id), async () => Buffer.from(`words of ${id}`))
}
const ids = async (kept: KeptWords) => (await kept.recent()).map(({ stanza }) => stanza['id'])

test('those of the last minute before the end are found, in their order, and a redelivery is read from them', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-01-01T00:00:00Z') })
  const { open } = ring()
  const first = open()
  await hear(first, 'long before')
  vi.setSystemTime(new Date('2026-01-01T00:05:00Z'))
  for (const id of ['a', 'b']) await hear(first, id)
  vi.setSystemTime(new Date('2026-01-01T03:00:00Z'))
  expect(await ids(open())).toEqual(['a', 'b'])
  const words = await open().read(Buffer.from('a'), () => Promise.reject(new Error('its key is used up')))
  expect(words.toString()).toBe('words of a')
})

test('what is a day old is handed on no more: the inbox may have forgotten that it was answered', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-01-01T00:00:00Z') })
  const { open } = ring()
  await hear(open(), 'a')
  vi.setSystemTime(new Date('2026-01-01T23:59:00Z'))
  expect(await ids(open())).toEqual(['a'])
  vi.setSystemTime(new Date('2026-01-02T00:01:00Z'))
  expect(await ids(open())).toEqual([])
})

test('the ring holds the newest, whoever has begun it', async () => {
  const { open, rows } = ring()
  for (let at = 0; at < 300; at += 1) await hear(open(), `m${at}`)
  expect(rows.size).toBe(256)
  expect((await ids(open())).at(0)).toBe('m44')
  expect((await ids(open())).at(-1)).toBe('m299')
})
