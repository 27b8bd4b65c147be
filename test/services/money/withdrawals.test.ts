import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Actor, roles } from '../../../domain/actor.ts'
import { txidOf, withdrawalStateOf } from '../../../domain/withdrawal.ts'
import { approveWithdrawal } from '../../../services/withdrawals/approve-withdrawal.ts'
import { cancelWithdrawal } from '../../../services/withdrawals/cancel-withdrawal.ts'
import { earningsOf } from '../../../services/withdrawals/earnings-of.ts'
import { listWithdrawals } from '../../../services/withdrawals/list-withdrawals.ts'
import { payWithdrawal } from '../../../services/withdrawals/pay-withdrawal.ts'
import { rejectWithdrawal } from '../../../services/withdrawals/reject-withdrawal.ts'
import { showWithdrawal } from '../../../services/withdrawals/show-withdrawal.ts'
import { withdrawalStats } from '../../../services/withdrawals/withdrawal-stats.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import {
  address,
  addTenant,
  addUser,
  ask,
  asked,
  earn,
  earnings,
  ledgerDifferences,
  linkChat,
  machine,
  ownerOf,
  rules,
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

/** A shop of its own for each test. */
let shop: string
let count = 0
beforeEach(async () => {
  shop = `agent:shop_${(count += 1)}`
  await addTenant(at, shop)
})
afterEach(async () => expect(await ledgerDifferences(at)).toEqual([]))

const approve = (id: string, actor: Actor = machine) => at.transaction((tx) => approveWithdrawal(tx, actor, { id }))
const pay = (id: string, by = txid(id), actor: Actor = machine) =>
  at.transaction((tx) => payWithdrawal(tx, actor, { id, txid: by }))
const reject = (id: string, force = false, actor: Actor = machine) =>
  at.transaction((tx) => rejectWithdrawal(tx, actor, { id, reason: 'wrong network', force }))
const cancel = (id: string, actor: Actor = ownerOf(shop)) => at.transaction((tx) => cancelWithdrawal(tx, actor, { id }))

async function told(id: string): Promise<{ kind: string; tenant: string }[]> {
  const { rows } = await at.query<{ kind: string; tenant: string }>(
    'select kind, tenant_id as tenant from outbox_message where reference = $1 order by id',
    [id],
  )
  return rows
}

async function addOwner(tenant: string, platformUserId: string): Promise<void> {
  await at.query(`insert into tenant_owner (tenant_id, platform, platform_user_id) values ($1, 'telegram', $2)`, [
    tenant,
    platformUserId,
  ])
}

test('a withdrawal is requested, approved and paid; the money goes from available over held to paid out', async () => {
  await earn(at, usdt(60), shop)
  const id = await asked(at, usdt(50), { tenant: shop })
  expect(id).toMatch(/^aw_\d{8}_\d{6}_[0-9a-f]{6}$/)
  expect(await earnings(at, shop)).toMatchObject({ available: '10', held: '50', paidOut: '0' })
  expect(await approve(id)).toMatchObject({
    kind: 'done',
    withdrawal: { status: 'approved', reviewed_by: machine.name },
  })
  expect(await earnings(at, shop)).toMatchObject({ available: '10', held: '50', paidOut: '0' })
  expect(await pay(id)).toMatchObject({
    kind: 'done',
    withdrawal: { status: 'paid', amount: '50', fee: '1', net: '49', txid: txid(id), paid_by: machine.name },
  })
  expect(await earnings(at, shop)).toMatchObject({ available: '10', held: '0', paidOut: '49' })
  const fees = await at.query<{ sum: string }>(
    `select sum(t.amount)::text as sum from transfer t join account a on a.id = t.to_account
     join journal_entry e on e.id = t.entry_id where a.kind = 'fee_income' and e.reference = $1`,
    [id],
  )
  expect(fees.rows[0]?.sum).toBe('1000000')
})

test('a rejected or cancelled withdrawal gives all of it back, the fee included', async () => {
  await earn(at, usdt(40), shop)
  const first = await asked(at, usdt(20), { tenant: shop })
  const second = await asked(at, usdt(20), { tenant: shop })
  expect(await earnings(at, shop)).toMatchObject({ available: '0', held: '40' })
  expect(await reject(first)).toMatchObject({ withdrawal: { status: 'rejected', reason: 'wrong network' } })
  expect(await cancel(second)).toMatchObject({ withdrawal: { status: 'cancelled' } })
  expect(await earnings(at, shop)).toMatchObject({ available: '40', held: '0', paidOut: '0' })
})

test('what cannot be is refused by its own word, and nothing moves', async () => {
  await earn(at, usdt(30), shop)
  const tenant = shop
  expect(await ask(at, usdt(9.999999), { tenant })).toEqual({ kind: 'refused', refusal: 'below_minimum', detail: '10' })
  expect(await ask(at, usdt(20), { tenant, address: `${address.slice(0, -1)}1` })).toMatchObject({
    refusal: 'wrong_address',
  })
  expect(await ask(at, usdt(30.000001), { tenant })).toEqual({
    kind: 'refused',
    refusal: 'above_available',
    detail: '30',
  })
  expect(await ask(at, usdt(1), { tenant, rules: { ...rules, minimum: 0n } })).toMatchObject({
    refusal: 'below_minimum',
    detail: '1.000001',
  })
  expect(await earnings(at, shop)).toMatchObject({ available: '30', held: '0' })
  expect(await listWithdrawals(at, machine, { tenant })).toEqual([])
})

test('an agent that is not there, and the master, are not found', async () => {
  await expect(ask(at, usdt(20), { tenant: 'agent:nobody' })).rejects.toMatchObject({ code: 'not_found' })
  await expect(ask(at, usdt(20), { tenant: 'master', actor: machine })).rejects.toMatchObject({ code: 'not_found' })
})

test('the same key requests once and says the same; with another amount it is a conflict', async () => {
  await earn(at, usdt(60), shop)
  const first = await ask(at, usdt(20), { tenant: shop, key: 'tg:1' })
  const again = await ask(at, usdt(20), { tenant: shop, key: 'tg:1' })
  expect(first).toMatchObject({ kind: 'done', repeated: false })
  expect(again).toEqual({ ...first, repeated: true })
  await expect(ask(at, usdt(25), { tenant: shop, key: 'tg:1' })).rejects.toMatchObject({ code: 'conflict' })
  expect(await earnings(at, shop)).toMatchObject({ available: '40', held: '20' })
})

test('steps that come again say the same and write nothing', async () => {
  await earn(at, usdt(20), shop)
  const id = await asked(at, usdt(20), { tenant: shop })
  const audited = async () => (await at.query('select from audit_log where target_id = $1', [id])).rowCount
  await approve(id)
  expect(await approve(id)).toMatchObject({ kind: 'done', repeated: true })
  await pay(id)
  expect(await pay(id)).toMatchObject({ kind: 'done', repeated: true, withdrawal: { status: 'paid' } })
  expect(await audited()).toBe(3)
  expect(await earnings(at, shop)).toMatchObject({ available: '0', held: '0', paidOut: '19' })
})

test('a step out of its order is refused with the state it is in', async () => {
  await earn(at, usdt(100), shop)
  const id = await asked(at, usdt(20), { tenant: shop })
  expect(await pay(id)).toEqual({ kind: 'refused', refusal: 'wrong_state', detail: 'requested' })
  await approve(id)
  expect(await cancel(id)).toEqual({ kind: 'refused', refusal: 'wrong_state', detail: 'approved' })
  expect(await reject(id)).toEqual({ kind: 'refused', refusal: 'needs_force', detail: 'approved' })
  await pay(id)
  for (const step of [approve(await paid(id)), reject(id, true), cancel(id), pay(id, txid('another'))]) {
    const outcome = await step
    // Whoever approved it before hears so again only while it is approved.
    expect(outcome).toEqual({ kind: 'refused', refusal: 'wrong_state', detail: 'paid' })
  }
  expect(await earnings(at, shop)).toMatchObject({ available: '80', held: '0', paidOut: '19' })
  expect(await approve('aw_none')).toMatchObject({ refusal: 'not_found' })
})

async function paid(id: string): Promise<string> {
  expect(await showWithdrawal(at, machine, { id })).toMatchObject({ status: 'paid' })
  return id
}

test('an approved one is rejected only with force, by an owner', async () => {
  await earn(at, usdt(20), shop)
  const id = await asked(at, usdt(20), { tenant: shop })
  await approve(id)
  const admin = await addUser(at, 'admin1', 'admin')
  await expect(reject(id, true, admin)).rejects.toMatchObject({ code: 'not_allowed' })
  expect(await reject(id, true)).toMatchObject({ kind: 'done', withdrawal: { status: 'rejected' } })
  expect(await earnings(at, shop)).toMatchObject({ available: '20', held: '0' })
})

test('one transaction pays one withdrawal, however it is written', async () => {
  await earn(at, usdt(40), shop)
  const [first, second] = [await asked(at, usdt(20), { tenant: shop }), await asked(at, usdt(20), { tenant: shop })]
  await approve(first)
  await approve(second)
  const hash = txid('shared')
  await pay(first, hash)
  expect(await pay(second, `0x${hash.toUpperCase()}`)).toMatchObject({ refusal: 'txid_used', detail: 'approved' })
  expect(await pay(second, 'abc')).toMatchObject({ refusal: 'wrong_txid' })
  expect(await earnings(at, shop)).toMatchObject({ held: '20', paidOut: '19' })
})

test('above the limit two users must approve, each counted once', async () => {
  await earn(at, usdt(600), shop)
  const id = await asked(at, usdt(500.000001), { tenant: shop })
  const [bea, cid] = [await addUser(at, 'bea', 'admin'), await addUser(at, 'cid', 'owner')]
  expect(await approve(id, bea)).toMatchObject({ withdrawal: { status: 'requested', approvals_needed: 2 } })
  // The same person by another face: the panel, the CLI with --as.
  expect(await approve(id, { ...bea, name: 'bea', source: 'cli' })).toMatchObject({
    repeated: true,
    withdrawal: { status: 'requested', approvals: [{ by: 'user:bea' }] },
  })
  expect(await pay(id)).toMatchObject({ refusal: 'wrong_state' })
  expect(await approve(id, cid)).toMatchObject({ repeated: false, withdrawal: { status: 'approved' } })
})

test('at the limit one is enough', async () => {
  await earn(at, usdt(500), shop)
  const id = await asked(at, usdt(500), { tenant: shop })
  expect(await approve(id)).toMatchObject({ withdrawal: { status: 'approved', approvals_needed: 1 } })
})

test('the bare CLI, whose person nobody knows, is none of the two', async () => {
  await earn(at, usdt(600), shop)
  const id = await asked(at, usdt(600), { tenant: shop })
  expect(await approve(id)).toMatchObject({ refusal: 'person_unknown' })
  expect(await approve(id, { ...machine, name: 'cli:other@host' })).toMatchObject({ refusal: 'person_unknown' })
  expect((await showWithdrawal(at, machine, { id }))?.approvals).toEqual([])
})

test.each([
  'as a user',
  'from a linked chat',
  'from a chat that is linked later',
  'from a chat that is let go of later',
])('the requester %s is none of the two', async (how) => {
  await earn(at, usdt(600), shop)
  const platformUserId = `77${count}`
  const username = `dora${count}`
  const dora = await addUser(at, username, 'admin')
  const chat = { platform: 'telegram', platformUserId } as const
  if (how === 'from a linked chat' || how.includes('let go')) await linkChat(at, username, platformUserId)
  const id = await asked(at, usdt(600), how === 'as a user' ? { tenant: shop, actor: dora } : { tenant: shop, chat })
  if (how === 'from a chat that is linked later') await linkChat(at, username, platformUserId)
  if (how.includes('let go')) await at.query('delete from chat_identity where user_id = $1', [username])
  expect(await approve(id, dora)).toMatchObject({ refusal: 'own_request' })
  const [eve, fay] = [await addUser(at, 'eve', 'admin'), await addUser(at, 'fay', 'admin')]
  await approve(id, eve)
  expect(await approve(id, fay)).toMatchObject({ withdrawal: { status: 'approved' } })
})

test('an approval of a requester who was linked only afterwards does not count', async () => {
  await earn(at, usdt(600), shop)
  const id = await asked(at, usdt(600), { tenant: shop, chat: { platform: 'telegram', platformUserId: '99' } })
  const [gil, hal, ivy] = [
    await addUser(at, 'gil', 'admin'),
    await addUser(at, 'hal', 'admin'),
    await addUser(at, 'ivy', 'admin'),
  ]
  await approve(id, gil)
  await linkChat(at, 'gil', '99')
  expect(await approve(id, hal)).toMatchObject({ withdrawal: { status: 'requested' } })
  expect(await approve(id, ivy)).toMatchObject({ withdrawal: { status: 'approved' } })
})

test('who may do what: agents ask and take back, in their own shop only; admins do the rest', async () => {
  await earn(at, usdt(200), shop)
  const id = await asked(at, usdt(20), { tenant: shop })
  const stranger = ownerOf('agent:stranger')
  await addTenant(at, 'agent:stranger')
  await expect(ask(at, usdt(20), { tenant: shop, actor: stranger })).rejects.toMatchObject({ code: 'not_allowed' })
  expect(await cancel(id, stranger)).toMatchObject({ refusal: 'not_found' })
  expect(await showWithdrawal(at, stranger, { id })).toBeUndefined()
  expect(await listWithdrawals(at, stranger)).toEqual([])
  await expect(listWithdrawals(at, stranger, { tenant: shop })).rejects.toMatchObject({ code: 'not_allowed' })
  await expect(withdrawalStats(at, stranger, { tenant: shop })).rejects.toMatchObject({ code: 'not_allowed' })
  await expect(earningsOf(at, stranger, { tenant: shop })).rejects.toMatchObject({ code: 'not_allowed' })
  for (const role of roles) {
    const actor = role === 'agent' ? ownerOf(shop) : await addUser(at, `who_${role}`, role)
    const mayReview = role === 'owner' || role === 'admin'
    const steps = [approve('aw_none', actor), reject('aw_none', false, actor), pay('aw_none', txid('x'), actor)]
    for (const step of await Promise.allSettled(steps)) {
      expect([role, step.status]).toEqual([role, mayReview ? 'fulfilled' : 'rejected'])
    }
  }
  expect(await earnings(at, shop)).toMatchObject({ available: '180', held: '20' })
})

test('every change is told to the owners once, a new request to the admins too', async () => {
  await earn(at, usdt(100), shop)
  await addOwner(shop, `55${count}`)
  await addUser(at, 'root', 'owner')
  await linkChat(at, 'root', '4711')
  const own = (kind: string) => ({ kind, tenant: shop })
  const first = await asked(at, usdt(20), { tenant: shop, key: 'k1' })
  await ask(at, usdt(20), { tenant: shop, key: 'k1' })
  await approve(first)
  await approve(first)
  await pay(first)
  await pay(first)
  const review = { kind: 'withdrawal_to_review', tenant: 'master' }
  const toldFirst = await told(first)
  expect(toldFirst).toContainEqual(review)
  expect(toldFirst.filter(({ tenant }) => tenant === shop)).toEqual(
    ['withdrawal_requested', 'withdrawal_approved', 'withdrawal_paid'].map(own),
  )
  const second = await asked(at, usdt(20), { tenant: shop })
  await reject(second)
  expect((await told(second)).filter(({ tenant }) => tenant === shop)).toEqual(
    ['withdrawal_requested', 'withdrawal_rejected'].map(own),
  )
  const third = await asked(at, usdt(20), { tenant: shop })
  await cancel(third)
  expect((await told(third)).filter(({ tenant }) => tenant === shop)).toEqual(
    ['withdrawal_requested', 'withdrawal_cancelled'].map(own),
  )
})

test('an owner who asks or takes back in a chat is answered there, and only the other owners are told', async () => {
  await earn(at, usdt(100), shop)
  for (const owner of ['771', '772']) await addOwner(shop, owner)
  const actor = { ...ownerOf(shop), name: 'owner:telegram:771' }
  const id = await asked(at, usdt(20), { tenant: shop, actor })
  await cancel(id, actor)
  const { rows } = await at.query(`select kind, chat_id from outbox_message where reference = $1 and tenant_id = $2`, [
    id,
    shop,
  ])
  expect(rows).toEqual([
    { kind: 'withdrawal_requested', chat_id: '772' },
    { kind: 'withdrawal_cancelled', chat_id: '772' },
  ])
})

test('the list filters by state, takes the old word for requested, and pages', async () => {
  await earn(at, usdt(100), shop)
  const ids = []
  for (let made = 0; made < 3; made += 1) ids.push(await asked(at, usdt(20), { tenant: shop }))
  const [first = '', second = '', third = ''] = ids
  await approve(first)
  const idsOf = async (input: Parameters<typeof listWithdrawals>[2]) =>
    (await listWithdrawals(at, machine, { tenant: shop, ...input })).map(({ id }) => id)
  expect(await idsOf({})).toEqual([third, second, first])
  expect(await idsOf({ status: withdrawalStateOf('pending') })).toEqual([third, second])
  expect(await idsOf({ limit: 2 })).toEqual([third, second])
  expect(await idsOf({ limit: 2, before: second })).toEqual([first])
  expect(withdrawalStateOf('frozen')).toBeUndefined()
})

test('statistics count and sum by state', async () => {
  await earn(at, usdt(100), shop)
  const [first] = [await asked(at, usdt(20), { tenant: shop }), await asked(at, usdt(15), { tenant: shop })]
  await approve(first)
  await pay(first)
  expect(await withdrawalStats(at, ownerOf(shop))).toMatchObject([
    {
      currency: 'USDT',
      states: { requested: { count: 1, amount: '15' }, paid: { count: 1, amount: '20' }, rejected: { count: 0 } },
      paid_out: '19',
      fees: '1',
    },
  ])
})

test('a txid has one spelling', () => {
  const hash = txid('x')
  expect(txidOf(` 0x${hash.toUpperCase()} `)).toBe(hash)
  expect(txidOf(hash.slice(1))).toBeUndefined()
  expect(txidOf(`${hash.slice(1)}g`)).toBeUndefined()
})
