/** What was paid for a period of a subscription. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { approveInstance } from '../../../services/approve-instance.ts'
import { createInstance } from '../../../services/create-instance.ts'
import { listPeriods } from '../../../services/list-periods.ts'
import { renewInstance } from '../../../services/renew-instance.ts'
import { type AgentWorld, agentActor, createAgentWorld, keyring, period } from './agents-fixture.ts'

let world: AgentWorld
let id: string
beforeAll(async () => {
  world = await createAgentWorld()
  const token = '12345678:fake-token-for-tests'
  const made = await world.run(createInstance, { platform: 'telegram', name: 'B', server: 'alpha', token, keyring })
  id = made.id
})
afterAll(() => world.drop())

test('a period keeps its price and how it was paid, where somebody said so', async () => {
  const paid = { price: 25_500_000n, currency: 'USDT', payment: 'txid 0xabc' } as const
  await world.run(approveInstance, { id, months: 3, ...period, paid })
  await world.run(renewInstance, {
    id,
    months: 1,
    ...period,
    paid: { ...paid, currency: 'IRR', price: 900_000n, payment: null },
  })
  await world.run(renewInstance, { id, months: 1, ...period })
  const periods = await world.run(listPeriods, { id })
  expect(periods).toMatchObject([
    { kind: 'renew', months: 1, price: null, currency: null, payment: null },
    { kind: 'renew', months: 1, price: '900000', currency: 'IRR', payment: null },
    { kind: 'approve', months: 3, price: '25.5', currency: 'USDT', payment: 'txid 0xabc' },
  ])
  expect(periods[0]?.starts_at).toBe(periods[1]?.ends_at)
  expect((await world.audit('instance.approve')).at(-1)?.['details']).toEqual({
    months: 3,
    price: '25.5',
    currency: 'USDT',
    payment: 'txid 0xabc',
  })
  expect((await world.audit('instance.renew')).at(-1)?.['details']).toEqual({ months: 1, from: 'approved' })
})

test('a period is never changed, also not its price', async () => {
  await expect(world.database.query('update subscription_period set price = 1')).rejects.toThrow(/append-only/)
})

test('a price has a currency and is not negative', async () => {
  const insert = (price: string, currency: string) =>
    world.database.query(
      `insert into subscription_period (instance_id, kind, months, starts_at, ends_at, created_by, price, currency)
       values ($1, 'renew', 1, now(), now() + interval '1 day', 'test', ${price}, ${currency})`,
      [id],
    )
  for (const [price, currency] of [
    ['-1', `'USDT'`],
    ['1', 'null'],
    ['null', `'USDT'`],
  ] as const) {
    await expect(insert(price, currency)).rejects.toThrow(/check constraint/)
  }
})

test('an agent sees the periods of its own bots only', async () => {
  const { tenant, bot } = await world.addAgent()
  expect(await world.run(listPeriods, { id: bot }, agentActor(tenant))).toHaveLength(1)
  await expect(world.run(listPeriods, { id }, agentActor(tenant))).rejects.toMatchObject({ code: 'not_found' })
})
