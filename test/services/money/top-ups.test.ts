import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { roles } from '../../../domain/actor.ts'
import { openTopUpsMax, type TopUpView } from '../../../domain/top-up.ts'
import { transactionsOf } from '../../../services/customers/transactions-of.ts'
import { adjustBalance } from '../../../services/top-ups/adjust-balance.ts'
import { cancelTopUp } from '../../../services/top-ups/cancel-top-up.ts'
import { type ConfirmTopUp, confirmTopUp } from '../../../services/top-ups/confirm-top-up.ts'
import { creditPayment } from '../../../services/top-ups/credit-payment.ts'
import { expireTopUps } from '../../../services/top-ups/expire-top-ups.ts'
import { listTopUps } from '../../../services/top-ups/list-top-ups.ts'
import { rejectTopUp } from '../../../services/top-ups/reject-top-up.ts'
import { requestTopUp } from '../../../services/top-ups/request-top-up.ts'
import { requestTopUpFor } from '../../../services/top-ups/request-top-up-for.ts'
import { showTopUp } from '../../../services/top-ups/show-top-up.ts'
import { topUpsOfBuyer } from '../../../services/top-ups/top-ups-of-buyer.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import {
  addCustomer,
  addUser,
  agent,
  ledgerDifferences,
  limits,
  linkChat,
  machine,
  ownerOf,
  sell,
  txid,
  usdt,
} from './money-fixture.ts'

let test_: TestDatabase
let at: TestDatabase['database']
beforeAll(async () => {
  test_ = await createTestDatabase()
  at = test_.database
})
afterAll(() => test_.drop())

let customer: string
beforeEach(async () => {
  customer = await addCustomer(at)
})
afterEach(async () => expect(await ledgerDifferences(at)).toEqual([]))

const buyerOf = (customerId: string, tenant = agent) => ({ tenant, customerId, instanceId: 'bot' })
const request = (amount: bigint, key: string = randomUUID(), who = customer, hours = 24) =>
  at.transaction((tx) => requestTopUp(tx, buyerOf(who), { amount, key, limits: { ...limits, hours } }))
const confirm = (input: ConfirmTopUp, actor = machine) => at.transaction((tx) => confirmTopUp(tx, actor, input))
const reject = (id: number, actor = machine) =>
  at.transaction((tx) => rejectTopUp(tx, actor, { id, reason: 'nothing came' }))
const cancel = (id: number, who = customer) => at.transaction((tx) => cancelTopUp(tx, buyerOf(who), { id }))
const adjust = (amount: bigint, key: string = randomUUID(), reason = 'a gift') =>
  at.transaction((tx) => adjustBalance(tx, machine, { customer, currency: 'USDT', amount, reason, key }))

async function requested(amount: bigint, hours = 24): Promise<TopUpView> {
  const outcome = await request(amount, randomUUID(), customer, hours)
  if (outcome.kind === 'refused') throw new Error(outcome.refusal)
  return outcome.topUp
}

async function balance(who = customer): Promise<string> {
  const { rows } = await at.query<{ balance: string }>('select balance::text from account where customer_id = $1', [
    who,
  ])
  return rows[0]?.balance ?? '0'
}

async function told(reference: string | number): Promise<{ kind: string }[]> {
  const { rows } = await at.query<{ kind: string }>(
    `select kind, tenant_id as tenant, customer_id as customer from outbox_message where reference = $1 order by id`,
    [String(reference)],
  )
  return rows
}

test('a top-up is asked for with instructions and a deadline, and credited when an admin confirms it', async () => {
  await addUser(at, 'root', 'owner')
  await linkChat(at, 'root', '4711')
  const topUp = await requested(usdt(20))
  expect(topUp).toMatchObject({ status: 'requested', amount: '20', credited: null, instructions: limits.instructions })
  expect(Date.parse(topUp.pay_until) - Date.parse(topUp.created_at)).toBeCloseTo(24 * 3_600_000, -2)
  expect(await told(topUp.id)).toMatchObject([{ kind: 'top_up_requested', tenant: 'master' }])
  const outcome = await confirm({ id: topUp.id, externalId: txid('a') })
  expect(outcome).toMatchObject({
    kind: 'done',
    repeated: false,
    topUp: { status: 'confirmed', credited: '20', provider: 'manual', external_id: txid('a'), ended_by: machine.name },
  })
  expect(await balance()).toBe('20000000')
  expect(await told(topUp.id)).toMatchObject([{}, { kind: 'top_up_confirmed', tenant: agent, customer }])
})

test('a confirmation is applied once however often it arrives', async () => {
  const { id } = await requested(usdt(20))
  const outcomes = []
  for (let n = 0; n < 3; n += 1) outcomes.push(await confirm({ id, externalId: 'ref-1' }))
  expect(outcomes.map((outcome) => outcome.kind === 'done' && outcome.repeated)).toEqual([false, true, true])
  expect(await balance()).toBe('20000000')
  expect(await confirm({ id, externalId: 'ref-2' })).toEqual({
    kind: 'refused',
    refusal: 'wrong_state',
    detail: 'confirmed',
  })
  expect(await confirm({ id, externalId: 'ref-1', amount: usdt(21) })).toMatchObject({ refusal: 'wrong_state' })
  expect(await balance()).toBe('20000000')
  const audited = await at.query(`select from audit_log where action = 'top_up.confirm' and target_id = $1`, [
    String(id),
  ])
  expect(audited.rowCount).toBe(1)
})

test('one payment is credited once: not for another top-up, not to another customer, not in other letters', async () => {
  const [first, second] = [await requested(usdt(20)), await requested(usdt(30))]
  const hash = txid('once')
  await confirm({ id: first.id, externalId: hash })
  expect(await confirm({ id: second.id, externalId: `0x${hash.toUpperCase()}` })).toMatchObject({
    refusal: 'payment_used',
    detail: 'requested',
  })
  const credit = (more = {}) =>
    at.transaction((tx) =>
      creditPayment(tx, machine, {
        provider: 'manual',
        externalId: hash,
        customer,
        currency: 'USDT',
        amount: usdt(20),
        ...more,
      }),
    )
  expect(await credit()).toEqual({ kind: 'refused', refusal: 'payment_used' })
  expect(await credit({ customer: await addCustomer(at) })).toEqual({ kind: 'refused', refusal: 'payment_used' })
  expect(await balance()).toBe('20000000')
  // Another provider's ids are its own.
  expect(await credit({ provider: 'tron' })).toEqual({ kind: 'done', repeated: false })
  expect(await credit({ provider: 'tron' })).toEqual({ kind: 'done', repeated: true })
  expect(await balance()).toBe('40000000')
  await expect(credit({ provider: 'x', customer: 'nobody' })).rejects.toMatchObject({ code: 'not_found' })
})

test('the amount that came counts, not the one that was asked for', async () => {
  const { id } = await requested(usdt(20))
  const outcome = await confirm({ id, externalId: 'less', amount: usdt(19.5) })
  expect(outcome).toMatchObject({ topUp: { amount: '20', credited: '19.5' } })
  expect(await balance()).toBe('19500000')
})

test('the same amount that is open already is the same top-up; the same key too', async () => {
  const first = await request(usdt(20), 'k1')
  expect(await request(usdt(20), 'k2')).toEqual({ ...first, repeated: true })
  expect(await request(usdt(20), 'k1')).toEqual({ ...first, repeated: true })
  await expect(request(usdt(21), 'k1')).rejects.toMatchObject({ code: 'conflict' })
  const other = await request(usdt(20), 'k3', await addCustomer(at))
  expect(other).toMatchObject({ repeated: false })
})

test('limits are said with their figure, and nothing is written', async () => {
  expect(await request(usdt(0.5))).toEqual({ kind: 'refused', refusal: 'below_minimum', detail: '1' })
  expect(await request(usdt(1000.000001))).toEqual({ kind: 'refused', refusal: 'above_maximum', detail: '1000' })
  for (let n = 1; n <= openTopUpsMax; n += 1) await requested(usdt(n))
  expect(await request(usdt(99))).toEqual({ kind: 'refused', refusal: 'too_many_open', detail: '5' })
  expect(await topUpsOfBuyer(at, buyerOf(customer))).toHaveLength(openTopUpsMax)
})

test('a paused shop and a blocked customer top up no more, but what was paid is credited', async () => {
  const { id } = await requested(usdt(20))
  await at.query(`update customer set blocked_at = now(), blocked_reason = 'fraud' where id = $1`, [customer])
  expect(await request(usdt(30))).toMatchObject({ refusal: 'customer_blocked' })
  const elsewhere = await addCustomer(at, 'agent:closed')
  await at.query(`update tenant set status = 'paused' where id = 'agent:closed'`)
  expect(
    await at.transaction((tx) =>
      requestTopUp(tx, buyerOf(elsewhere, 'agent:closed'), { amount: usdt(20), key: 'k', limits }),
    ),
  ).toMatchObject({ refusal: 'shop_paused' })
  expect(await confirm({ id, externalId: 'late' })).toMatchObject({ kind: 'done' })
  expect(await balance()).toBe('20000000')
})

test('a rejected top-up says why, and is confirmed no more', async () => {
  const { id } = await requested(usdt(20))
  expect(await reject(id)).toMatchObject({ kind: 'done', topUp: { status: 'rejected', reason: 'nothing came' } })
  expect(await reject(id)).toMatchObject({ kind: 'done', repeated: true })
  expect((await told(id)).at(-1)).toMatchObject({ kind: 'top_up_rejected', tenant: agent, customer })
  expect(await confirm({ id, externalId: 'x1' })).toEqual({
    kind: 'refused',
    refusal: 'wrong_state',
    detail: 'rejected',
  })
  expect(await balance()).toBe('0')
})

test('a customer cancels an open top-up, only their own', async () => {
  const { id } = await requested(usdt(20))
  expect(await cancel(id, await addCustomer(at))).toMatchObject({ refusal: 'not_found' })
  expect(await cancel(id)).toMatchObject({ kind: 'done', topUp: { status: 'cancelled' } })
  expect(await cancel(id)).toMatchObject({ kind: 'done', repeated: true })
  expect(await reject(id)).toMatchObject({ refusal: 'wrong_state', detail: 'cancelled' })
  expect(await confirm({ id, externalId: 'came-late' })).toMatchObject({ kind: 'done', topUp: { status: 'confirmed' } })
  expect(await balance()).toBe('20000000')
})

test('top-ups that nobody paid expire and the customer hears it; money that comes late is credited', async () => {
  const open = await requested(usdt(30))
  const late = await requested(usdt(20), 0)
  while ((await at.transaction(expireTopUps)) > 0);
  expect(await topUpsOfBuyer(at, buyerOf(customer))).toMatchObject([
    { id: late.id, status: 'expired' },
    { id: open.id, status: 'requested' },
  ])
  expect(await told(late.id)).toContainEqual({ kind: 'top_up_expired', tenant: agent, customer })
  expect(await reject(late.id)).toMatchObject({ refusal: 'wrong_state' })
  expect(await confirm({ id: late.id, externalId: 'very-late' })).toMatchObject({ topUp: { status: 'confirmed' } })
  expect(await balance()).toBe('20000000')
})

test('a new request is not held up by one whose time is over', async () => {
  const late = await requested(usdt(20), 0)
  const again = await requested(usdt(20))
  expect(again.id).not.toBe(late.id)
  expect(await showTopUp(at, machine, { id: late.id })).toMatchObject({ status: 'expired' })
})

test('only admins of the master confirm, reject and credit; an agent sees its own top-ups only', async () => {
  const { id } = await requested(usdt(20))
  const strange = await addCustomer(at, 'agent:stranger')
  for (const role of roles) {
    const actor = role === 'agent' ? ownerOf(agent) : await addUser(at, `who_${role}`, role)
    const allowed = role === 'owner' || role === 'admin'
    const steps = await Promise.allSettled([
      confirm({ id: 0, externalId: 'x' }, actor),
      reject(0, actor),
      at.transaction((tx) =>
        creditPayment(tx, actor, {
          provider: 'manual',
          externalId: `by-${role}`,
          customer: strange,
          currency: 'USDT',
          amount: 1n,
        }),
      ),
      at.transaction((tx) =>
        adjustBalance(tx, actor, { customer: strange, currency: 'USDT', amount: 1n, reason: 'x', key: role }),
      ),
    ])
    expect([role, ...steps.map(({ status }) => status)]).toEqual([
      role,
      ...steps.map(() => (allowed ? 'fulfilled' : 'rejected')),
    ])
  }
  const stranger = ownerOf('agent:stranger')
  expect(await showTopUp(at, stranger, { id })).toBeUndefined()
  expect(await listTopUps(at, stranger)).toEqual([])
  await expect(listTopUps(at, stranger, { tenant: agent })).rejects.toMatchObject({ code: 'not_allowed' })
  expect(await listTopUps(at, ownerOf(agent), { customer })).toHaveLength(1)
  expect(await listTopUps(at, machine, { customer, status: 'confirmed' })).toEqual([])
})

test("support asks in a customer's place, with an audit row", async () => {
  const ask = (who: string) =>
    at.transaction((tx) => requestTopUpFor(tx, machine, { customer: who, amount: usdt(5), key: who, limits }))
  const outcome = await ask(customer)
  expect(outcome).toMatchObject({ kind: 'done', topUp: { customer, tenant: agent } })
  const { rowCount } = await at.query(`select from audit_log where action = 'top_up.request' and tenant_id = $1`, [
    agent,
  ])
  expect(rowCount).toBe(1)
  await expect(ask('nobody')).rejects.toMatchObject({ code: 'not_found' })
})

test('a balance is adjusted up and down, once for a key, with a reason that the customer hears', async () => {
  expect(await adjust(usdt(10), 'k1')).toMatchObject({ adjusted: { amount: '10', balance: '10', repeated: false } })
  expect(await adjust(usdt(10), 'k1')).toMatchObject({ adjusted: { balance: '10', repeated: true } })
  expect(await adjust(-usdt(4), 'k2')).toMatchObject({ adjusted: { amount: '-4', balance: '6' } })
  await expect(adjust(usdt(11), 'k1')).rejects.toMatchObject({ code: 'conflict' })
  await expect(adjust(-usdt(10), 'k1')).rejects.toMatchObject({ code: 'conflict' })
  const inRial = { customer, currency: 'IRR', amount: usdt(10), reason: 'x', key: 'k1' } as const
  await expect(at.transaction((tx) => adjustBalance(tx, machine, inRial))).rejects.toMatchObject({ code: 'conflict' })
  expect(await told(`${customer}:k1`)).toMatchObject([{ kind: 'balance_adjusted', customer }])
})

test('an adjustment below zero, of nothing, or without a reason is refused', async () => {
  await adjust(usdt(3))
  expect(await adjust(-usdt(3.000001))).toEqual({ kind: 'refused', refusal: 'below_zero', detail: '3' })
  expect(await adjust(0n)).toMatchObject({ refusal: 'zero' })
  expect(await adjust(usdt(1), 'k', '  ')).toMatchObject({ refusal: 'no_reason' })
  expect(await balance()).toBe('3000000')
  const nobody = { customer: 'nobody', currency: 'USDT', amount: 1n, reason: 'x', key: 'k' } as const
  await expect(at.transaction((tx) => adjustBalance(tx, machine, nobody))).rejects.toMatchObject({ code: 'not_found' })
})

test("a customer's history has every movement once, newest first, and nobody else's", async () => {
  const { id } = await requested(usdt(20))
  await confirm({ id, externalId: txid('history') })
  await adjust(-usdt(5), 'down', 'a fee')
  const order = await sell(at, { profit: usdt(2), customer })
  await at.query(`select refund_order($1, null, 'r', false, 'broken', 'test')`, [order])
  await adjust(usdt(1), 'other', 'for somebody else')
  await sell(at, { profit: usdt(2) })
  const history = await transactionsOf(at, buyerOf(customer), { limit: 20 })
  expect(history.map(({ kind, amount }) => `${kind} ${amount}`)).toEqual([
    'adjustment 1',
    'refund 3',
    'sale -3',
    'adjustment 3',
    'adjustment -5',
    'top_up 20',
  ])
  expect(history[2]).toMatchObject({ order, product_name: 'P', currency: 'USDT' })
  expect(history[1]).toMatchObject({ order, reason: 'broken' })
  const firstPage = await transactionsOf(at, buyerOf(customer), { limit: 4 })
  const secondPage = await transactionsOf(at, buyerOf(customer), { limit: 4, before: firstPage.at(-1)?.id })
  expect([...firstPage, ...secondPage]).toEqual(history)
  expect(await transactionsOf(at, buyerOf(customer, 'agent:stranger'), {})).toEqual([])
})
