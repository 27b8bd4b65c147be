import { expect, test } from 'vitest'
import { KeptWords } from '../../../worker/whatsapp/kept-words.ts'

function ring(rows = new Map<string, unknown>()): { kept: KeptWords; rows: Map<string, unknown> } {
  const kept = new KeptWords({
    get: async (slots) => Object.fromEntries(slots.flatMap((slot) => (rows.has(slot) ? [[slot, rows.get(slot)]] : []))),
    set: async (slot, value) => void rows.set(slot, structuredClone(value)),
  })
  return { kept, rows }
}

const sealed = (at: number) => Buffer.from(`sealed ${at}`)
const read = (kept: KeptWords, at: number) => kept.read(sealed(at), async () => Buffer.from(`words ${at}`))
const idsOf = async (kept: KeptWords) => (await kept.recent()).map(({ stanza }) => stanza['id'])

test('of a thousand messages that come at once, the first that is read is known to the next worker', async () => {
  const { kept, rows } = ring()
  for (let at = 0; at < 1000; at += 1) kept.heard(sealed(at), { id: `m${at}` })
  await read(kept, 0)
  await read(kept, 1)
  expect(await idsOf(ring(rows).kept)).toEqual(['m0', 'm1'])
})

test('what was read before is read from there, and only what cannot be read is decrypted', async () => {
  const { kept, rows } = ring()
  kept.heard(sealed(1), { id: 'm1' })
  await read(kept, 1)
  const next = ring(rows).kept
  next.heard(sealed(1), { id: 'm1' })
  const again = await next.read(sealed(1), () => Promise.reject(new Error('its key is used up')))
  expect(Buffer.from(again).toString()).toBe('words 1')
  await expect(next.read(sealed(2), () => Promise.reject(new Error('no key')))).rejects.toThrow('no key')
  expect(await idsOf(next)).toEqual(['m1'])
})

test('the ring holds the last messages, in their order', async () => {
  const { kept, rows } = ring()
  for (let at = 0; at < 600; at += 1) {
    kept.heard(sealed(at), { id: `m${at}` })
    await read(kept, at)
  }
  expect(rows.size).toBe(256)
  expect(await idsOf(ring(rows).kept)).toEqual(Array.from({ length: 256 }, (_, at) => `m${344 + at}`))
})

test('what was read an hour ago, and was the last then, is handed on also when something new is read first', async () => {
  const { kept, rows } = ring()
  for (const at of [1, 2]) {
    kept.heard(sealed(at), { id: `m${at}` })
    await read(kept, at)
  }
  const hours = { '0': 3, '1': 1 } as const
  for (const [slot, ago] of Object.entries(hours)) {
    const row = rows.get(slot) as { atMs: number }
    row.atMs -= ago * 3_600_000
  }
  const next = ring(rows).kept
  next.heard(sealed(3), { id: 'm3' })
  await read(next, 3)
  expect(await idsOf(next)).toEqual(['m2'])
})

test('what is a day old is handed on no more: the inbox may have forgotten that it was answered', async () => {
  const { kept, rows } = ring()
  for (const [at, ago] of [24.1, 23.9].entries()) {
    kept.heard(sealed(at), { id: `m${at}` })
    await read(kept, at)
    const row = rows.get(String(at)) as { atMs: number }
    row.atMs = Date.now() - ago * 3_600_000
  }
  const first = rows.get('0') as { atMs: number }
  expect(await idsOf(ring(rows).kept)).toEqual(['m1'])
  rows.delete('1')
  expect(await idsOf(ring(rows).kept)).toEqual([])
  first.atMs += 3_600_000
  expect(await idsOf(ring(rows).kept)).toEqual(['m0'])
})
