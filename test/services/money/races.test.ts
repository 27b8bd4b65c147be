/** What happens at once, on real connections: each fact once, and every balance what its transfers say. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { Database } from '../../../db/database.ts'
import type { Tx } from '../../../db/transaction.ts'
import type { Actor } from '../../../domain/actor.ts'
import type { WithdrawalOutcome } from '../../../domain/withdrawal.ts'
import { adjustBalance } from '../../../services/top-ups/adjust-balance.ts'
import { confirmTopUp } from '../../../services/top-ups/confirm-top-up.ts'
import { expireTopUps } from '../../../services/top-ups/expire-top-ups.ts'
import { requestTopUp } from '../../../services/top-ups/request-top-up.ts'
import { approveWithdrawal } from '../../../services/withdrawals/approve-withdrawal.ts'
import { cancelWithdrawal } from '../../../services/withdrawals/cancel-withdrawal.ts'
import { matureProfits } from '../../../services/withdrawals/mature-profits.ts'
import { payWithdrawal } from '../../../services/withdrawals/pay-withdrawal.ts'
import { rejectWithdrawal } from '../../../services/withdrawals/reject-withdrawal.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import {
  addCustomer,
  addTenant,
  addUser,
  agent,
  ask,
  asked,
  earn,
  earnings,
  ledgerDifferences,
  limits,
  machine,
  ownerOf,
  sell,
  txid,
  usdt,
} from './money-fixture.ts'

const rounds = 10

let test_: TestDatabase
let at: Database
beforeAll(async () => {
  test_ = await createTestDatabase()
  at = Database.open(test_.url, { applicationName: 'botfleet races', connectionsMax: 16 })
})
afterAll(async () => {
  await at.close()
  await test_.drop()
})

let shop: string
let count = 0
beforeEach(async () => {
  shop = `agent:shop_${(count += 1)}`
  await addTenant(at, shop)
})
afterEach(async () => expect(await ledgerDifferences(at)).toEqual([]))

const run = <T>(work: (tx: Tx) => Promise<T>) => at.transaction(work)
const approve = (id: string, actor: Actor = machine) => run((tx) => approveWithdrawal(tx, actor, { id }))
const pay = (id: string, by = txid(id)) => run((tx) => payWithdrawal(tx, machine, { id, txid: by }))
const reject = (id: string) => run((tx) => rejectWithdrawal(tx, machine, { id, reason: 'no', force: true }))
const cancel = (id: string) => run((tx) => cancelWithdrawal(tx, ownerOf(shop), { id }))
const wordOf = (outcome: WithdrawalOutcome) =>
  outcome.kind === 'refused' ? outcome.refusal : outcome.repeated ? 'repeated' : 'done'
const wordsOf = async (steps: Promise<WithdrawalOutcome>[]) => (await Promise.all(steps)).map(wordOf).sort()
const many = <T>(times: number, make: (n: number) => Promise<T>) =>
  Promise.all(Array.from({ length: times }, (_, n) => make(n)))

test('two approvers at once both count, and it is approved once', async () => {
  const [bea, cid] = [await addUser(at, 'bea', 'admin'), await addUser(at, 'cid', 'admin')]
  await earn(at, usdt(600 * rounds), shop)
  for (let round = 0; round < rounds; round += 1) {
    const id = await asked(at, usdt(600), { tenant: shop })
    expect(await wordsOf([approve(id, bea), approve(id, cid), approve(id, bea), approve(id, cid)])).toEqual([
      'done',
      'done',
      'repeated',
      'repeated',
    ])
    const told = await at.query(`select from audit_log where action = 'withdrawal.approve' and target_id = $1`, [id])
    expect(told.rowCount).toBe(2)
  }
})

test('paid and rejected at once: one of them, and the money once', async () => {
  await earn(at, usdt(20 * rounds), shop)
  for (let round = 0; round < rounds; round += 1) {
    const id = await asked(at, usdt(20), { tenant: shop })
    await approve(id)
    expect(await wordsOf([pay(id), reject(id)])).toEqual(['done', 'wrong_state'])
  }
  const { available, paidOut, held } = await earnings(at, shop)
  expect(held).toBe('0')
  expect(Number(available) + (Number(paidOut) / 19) * 20).toBe(20 * rounds)
})

test('cancelled and approved at once: one of them', async () => {
  await earn(at, usdt(20 * rounds), shop)
  for (let round = 0; round < rounds; round += 1) {
    const id = await asked(at, usdt(20), { tenant: shop })
    expect(await wordsOf([cancel(id), approve(id)])).toEqual(['done', 'wrong_state'])
  }
})

test('requests that together are above what is available: as many as fit', async () => {
  await earn(at, usdt(50), shop)
  const words = await wordsOf(Array.from({ length: 8 }, () => ask(at, usdt(20), { tenant: shop })))
  expect(words.filter((word) => word === 'done')).toHaveLength(2)
  expect(words.filter((word) => word === 'above_available')).toHaveLength(6)
  expect(await earnings(at, shop)).toMatchObject({ available: '10', held: '40' })
})

test('the same request eight times at once is one', async () => {
  await earn(at, usdt(200), shop)
  const words = await wordsOf(Array.from({ length: 8 }, () => ask(at, usdt(20), { tenant: shop, key: 'tg:1' })))
  expect(words).toEqual(['done', ...Array.from({ length: 7 }, () => 'repeated')])
  expect(await earnings(at, shop)).toMatchObject({ held: '20' })
})

test('one transaction claimed for two withdrawals at once pays one', async () => {
  await earn(at, usdt(40 * rounds), shop)
  for (let round = 0; round < rounds; round += 1) {
    const ids = [await asked(at, usdt(20), { tenant: shop }), await asked(at, usdt(20), { tenant: shop })]
    for (const id of ids) await approve(id)
    const hash = txid(`${shop} ${round}`)
    expect(await wordsOf(ids.map((id) => pay(id, hash)))).toEqual(['done', 'txid_used'])
  }
  expect(await earnings(at, shop)).toMatchObject({ paidOut: String(19 * rounds), held: String(20 * rounds) })
})

test('a refund while the profit is withdrawn: it is one or the other, and what is missing is owed', async () => {
  let owed = 0
  let refused = 0
  for (let round = 0; round < rounds; round += 1) {
    const tenant = `${shop}_${round}`
    await addTenant(at, tenant)
    const order = await sell(at, { tenant, profit: usdt(20) })
    const [outcome] = await Promise.all([
      ask(at, usdt(20), { tenant }),
      at.query(`select refund_order($1, null, 'r', false, null, 'test')`, [order]),
    ])
    const seen = await earnings(at, tenant)
    if (outcome.kind === 'done') {
      owed += 1
      expect(seen).toMatchObject({ available: '0', held: '20', debt: '20' })
    } else {
      refused += 1
      expect(outcome.refusal).toBe('above_available')
      expect(seen).toMatchObject({ available: '0', held: '0', debt: '0', pending: '0' })
    }
  }
  expect(owed + refused).toBe(rounds)
})

test('a payment confirmed eight times at once is credited once', async () => {
  const customerId = await addCustomer(at)
  const request = (amount: bigint) =>
    run((tx) => requestTopUp(tx, { tenant: agent, customerId }, { amount, key: `${customerId}${amount}`, limits }))
  const ids = (await Promise.all([request(usdt(20)), request(usdt(20)), request(usdt(30))])).map((outcome) =>
    outcome.kind === 'done' ? outcome.topUp.id : 0,
  )
  const [first = 0, , third = 0] = ids
  const confirm = (id: number, externalId: string) => run((tx) => confirmTopUp(tx, machine, { id, externalId }))
  const words = (await many(8, () => confirm(first, 'same'))).map((o) => (o.kind === 'done' ? o.repeated : o.refusal))
  expect(words.filter((repeated) => repeated === false)).toHaveLength(1)
  expect(words.filter((repeated) => repeated === true)).toHaveLength(7)
  // And one of two references for one top-up, however they meet.
  const both = (await many(8, (n) => confirm(third, `other ${n % 2}`))).filter((o) => o.kind === 'done' && !o.repeated)
  expect(both).toHaveLength(1)
  const { rows } = await at.query<{ balance: number }>('select balance from account where customer_id = $1', [
    customerId,
  ])
  expect(rows).toEqual([{ balance: 50_000_000 }])
})

test('the same top-up asked for eight times at once, by several keys, is one', async () => {
  const customerId = await addCustomer(at)
  const outcomes = await many(8, (n) =>
    run((tx) =>
      requestTopUp(tx, { tenant: agent, customerId }, { amount: usdt(20), key: `${customerId}${n % 4}`, limits }),
    ),
  )
  expect(new Set(outcomes.map((outcome) => outcome.kind === 'done' && outcome.topUp.id)).size).toBe(1)
  expect(outcomes.filter((outcome) => outcome.kind === 'done' && !outcome.repeated)).toHaveLength(1)
})

test('a top-up that is confirmed while it expires is credited', async () => {
  for (let round = 0; round < rounds; round += 1) {
    const customerId = await addCustomer(at)
    const asked_ = await run((tx) =>
      requestTopUp(
        tx,
        { tenant: agent, customerId },
        { amount: usdt(20), key: customerId, limits: { ...limits, hours: 0 } },
      ),
    )
    const id = asked_.kind === 'done' ? asked_.topUp.id : 0
    const [confirmed] = await Promise.all([
      run((tx) => confirmTopUp(tx, machine, { id, externalId: customerId })),
      run(expireTopUps),
    ])
    expect(confirmed).toMatchObject({ kind: 'done', topUp: { status: 'confirmed' } })
  }
})

test('adjustments at once: the same key once, and never below zero', async () => {
  const customer = await addCustomer(at)
  const adjust = (amount: bigint, key: string) =>
    run((tx) => adjustBalance(tx, machine, { customer, currency: 'USDT', amount, reason: 'x', key }))
  const ups = await many(8, () => adjust(usdt(10), 'up'))
  expect(ups.filter((outcome) => outcome.kind === 'done' && !outcome.adjusted.repeated)).toHaveLength(1)
  const downs = await many(8, (n) => adjust(-usdt(4), `down ${n}`))
  expect(downs.filter((outcome) => outcome.kind === 'done')).toHaveLength(2)
  const { rows } = await at.query<{ balance: number }>('select balance from account where customer_id = $1', [customer])
  expect(rows).toEqual([{ balance: 2_000_000 }])
})

test('everything at once on a few agents ends without a deadlock', { timeout: 60_000 }, async () => {
  const deadlocks = async () => {
    // The counter lags behind what a connection has not handed in yet.
    const flush = await many(16, () => at.query('select pg_stat_force_next_flush(), pg_sleep(0.01)'))
    expect(flush).toHaveLength(16)
    const query = 'select deadlocks from pg_stat_database where datname = current_database()'
    return (await at.query<{ deadlocks: number }>(query)).rows[0]?.deadlocks
  }
  const walk = async (start: number, shops: readonly string[]) => {
    for (let step = 0; step < 5; step += 1) {
      const tenant = shops[(start + step) % shops.length] ?? shop
      const order = await sell(at, { tenant, profit: usdt(15) })
      if (start % 4 === 0) await matureProfits(at, { actor: 'system:maturity@test' })
      if (start % 4 === 1) await at.query(`select refund_order($1, null, 'r', false, null, 'test')`, [order])
      const outcome = await ask(at, usdt(10), { tenant })
      if (outcome.kind !== 'done') continue
      const { id } = outcome.withdrawal
      if (step % 3 === 0) await run((tx) => cancelWithdrawal(tx, ownerOf(tenant), { id }))
      else await approve(id)
      if (step % 3 === 1) await pay(id)
    }
  }
  const before = await deadlocks()
  // New agents each time: their accounts are made at once, too.
  for (let round = 0; round < 5; round += 1) {
    const shops = ['x', 'y', 'z'].map((name) => `${shop}_${round}${name}`)
    for (const tenant of shops) await addTenant(at, tenant)
    await many(8, (start) => walk(start, shops))
  }
  expect(await deadlocks()).toBe(before)
})
