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

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
/** Until what became of a message is noted. */
const settledMs = 1600

async function perRound(rounds: number, round: () => Promise<unknown>): Promise<{ ours: number; idle: number }> {
  await round()
  await pause(settledMs)
  shop.counter.take()
  await pause(rounds * settledMs)
  const idle = shop.counter.take() / rounds
  for (let times = 0; times < rounds; times += 1) {
    await round()
    await pause(settledMs)
  }
  return { ours: shop.counter.take() / rounds - idle, idle }
}

test('a later message and its reply take at most 10 statements', { timeout: 120_000 }, async () => {
  const ann = shop.caller(number)
  await ann.ask('start', 'Hello')
  const looked = await perRound(5, () => ann.ask('/shop', 'Choose a product'))
  const said = await perRound(5, () => ann.ask('/id', 'Your id'))
  process.stderr.write(`statements: ${JSON.stringify({ looked, said })}\n`)
  expect(looked.ours).toBeLessThanOrEqual(10)
  expect(said.ours).toBeLessThanOrEqual(10)
})
