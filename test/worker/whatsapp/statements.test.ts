/** What a message and its reply cost the database, counted on the wire: BEGIN and COMMIT, inbox, keys and states included. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WhatsAppRig } from '../../support/whatsapp-rig.ts'

const number = '491701234567'
let shop: WhatsAppRig

beforeAll(async () => {
  // The server itself says little in the meantime.
  shop = await WhatsAppRig.open({ LEASE_TTL_SECONDS: '120', SAMPLE_SECONDS: '60' })
  await shop.bot(number)
  await shop.product('vpn', { lines: ['a:b'] })
}, 120_000)
afterAll(() => shop.close())

/** Until what became of a message is noted. */
const settledMs = 1600
const rounds = 7

/** Of most rounds: the server's own jobs come into one or the other. */
async function median(round: () => Promise<unknown>): Promise<number> {
  const counts: number[] = []
  for (let times = 0; times <= rounds; times += 1) {
    shop.counter.take()
    await round()
    await new Promise((resolve) => setTimeout(resolve, settledMs))
    if (times > 0) counts.push(shop.counter.take())
  }
  return counts.sort((a, b) => a - b)[Math.floor(rounds / 2)] ?? 0
}

test('a later message and its reply take at most 10 statements', async () => {
  const ann = shop.caller(number)
  await ann.ask('start', 'Hello')
  // Keys twice (read and written anew), inbox, a turn of three, what goes out, what became of it.
  expect(await median(() => ann.ask('/id', 'Your id'))).toBe(8)
  expect(await median(() => ann.ask('/shop', 'Choose a product'))).toBeLessThanOrEqual(10)
})
