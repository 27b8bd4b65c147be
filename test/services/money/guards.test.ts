/**
 * What the database itself refuses of withdrawals, top-ups and payments, whoever asks. Each guard is proven twice: with it
 * the statement fails, and without it, in a transaction that is rolled back, the same statement goes through.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Tx } from '../../../db/transaction.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { addCustomer, addTenant, addUser, agent, txid } from './money-fixture.ts'

let test_: TestDatabase
let at: TestDatabase['database']
let customer: string
beforeAll(async () => {
  test_ = await createTestDatabase()
  at = test_.database
  await addTenant(at, agent)
  customer = await addCustomer(at)
  await addUser(at, 'bea', 'admin')
  await addUser(at, 'cid', 'admin')
  for (const [id, needed, state] of [
    ['aw_asked', 1, 'requested'],
    ['aw_two', 2, 'requested'],
    ['aw_approved', 1, 'approved'],
    ['aw_rejected', 1, 'rejected'],
  ] as const) {
    await at.query(withdrawal(id, { needed, state, reason: state === 'rejected' ? `'no'` : 'null' }))
  }
  await at.query(withdrawal('aw_own', { needed: 2, requester: `'bea'` }))
  await at.query(withdrawal('aw_paid', { state: 'paid', paid: `now(), 'x', '${txid('paid')}'` }))
  await at.query(`insert into withdrawal_approval (withdrawal_id, approver, user_id, actor) values
    ('aw_two', 'bea', 'bea', 'user:bea'), ('aw_two', 'cli', null, 'cli'), ('aw_approved', 'cli', null, 'cli'),
    ('aw_own', 'bea', 'bea', 'user:bea'), ('aw_own', 'cid', 'cid', 'user:cid')`)
  await at.query(topUp('open', 5))
  await at.query(topUp('done', 6, 'confirmed'))
  await at.query(payment('p1', 2))
})
afterAll(() => test_.drop())

function withdrawal(
  id: string,
  {
    needed = 1,
    state = 'requested',
    reason = 'null',
    paid = 'null, null, null',
    key = id,
    fee = 1,
    tenant = agent,
    requester = 'null',
    platform = 'null',
  } = {},
): string {
  return `insert into withdrawal (id, tenant_id, key, currency, amount, fee, address, approvals_needed, requested_by,
    state, reason, paid_at, paid_by, txid, requested_by_user, requester_platform)
    values ('${id}', '${tenant}', '${key}', 'USDT', 10, ${fee}, 'T', ${needed}, 'ann', '${state}', ${reason}, ${paid},
      ${requester}, ${platform})`
}

function topUp(
  key: string,
  amount: number,
  state = 'requested',
  endedAt = state === 'requested' ? 'null' : 'now()',
): string {
  return `insert into top_up (tenant_id, customer_id, key, currency, amount, state, ended_at, pay_until)
    values ('${agent}', '${customer}', '${key}', 'USDT', ${amount}, '${state}', ${endedAt}, now())`
}

function payment(externalId: string, ofTopUp: number | null): string {
  return `insert into payment (provider, external_id, top_up_id, tenant_id, customer_id, currency, amount, actor)
    values ('manual', '${externalId}', ${ofTopUp}, '${agent}', '${customer}', 'USDT', 6, 'cli')`
}

const trigger = (name: string, table: string) => `drop trigger ${name} on ${table}`
const constraint = (name: string, table: string) => `alter table ${table} drop constraint ${name}`
const ofWithdrawal = trigger('withdrawal_guarded', 'withdrawal')
const ofTopUp = trigger('top_up_guarded', 'top_up')
const approvalTruncation = trigger('withdrawal_approval_no_truncate', 'withdrawal_approval')
const paymentTruncation = trigger('payment_no_truncate', 'payment')

interface Guard {
  readonly drop: string
  readonly attempt: () => string
  /** Guards that stand in the way as well, dropped in both cases. */
  readonly given?: readonly string[]
}

const change = (what: string, id: string) => () => `update withdrawal set ${what} where id = '${id}'`
const step = (id: string, state: string, more = '') => change(`state = '${state}'${more}`, id)
const asPaid = `, paid_at = now(), paid_by = 'x', txid = '${txid('new')}'`
const asUnpaid = ', paid_at = null, paid_by = null, txid = null'

const guards: Readonly<Record<string, Guard>> = {
  'the amount of a withdrawal stays': {
    drop: ofWithdrawal,
    attempt: change(`amount = 5, state = 'cancelled'`, 'aw_asked'),
  },
  'its fee stays': { drop: ofWithdrawal, attempt: change(`fee = 0, state = 'cancelled'`, 'aw_asked') },
  'its address stays': { drop: ofWithdrawal, attempt: change(`address = 'U', state = 'cancelled'`, 'aw_asked') },
  'how many must approve it stays': {
    drop: ofWithdrawal,
    attempt: change(`approvals_needed = 1, state = 'approved'`, 'aw_two'),
  },
  'its requester stays': {
    drop: ofWithdrawal,
    attempt: change(`requested_by_user = 'bea', state = 'cancelled'`, 'aw_two'),
  },
  'it is not paid unapproved': { drop: ofWithdrawal, attempt: step('aw_asked', 'paid', asPaid) },
  'it is not approved by nobody': { drop: ofWithdrawal, attempt: step('aw_asked', 'approved') },
  'it is not approved by one where two must': { drop: ofWithdrawal, attempt: step('aw_two', 'approved') },
  'it is not approved by its requester': { drop: ofWithdrawal, attempt: step('aw_own', 'approved') },
  'what is approved is not cancelled': { drop: ofWithdrawal, attempt: step('aw_approved', 'cancelled') },
  'what is paid is not rejected': {
    drop: ofWithdrawal,
    attempt: step('aw_paid', 'rejected', `${asUnpaid}, reason = 'x'`),
  },
  'what is paid is not approved again': { drop: ofWithdrawal, attempt: step('aw_paid', 'approved', asUnpaid) },
  'what is rejected is not paid': { drop: ofWithdrawal, attempt: step('aw_rejected', 'paid', asPaid) },
  'the txid of a paid one stays': { drop: ofWithdrawal, attempt: change(`txid = '${txid('else')}'`, 'aw_paid') },
  'the reason of a rejected one stays': { drop: ofWithdrawal, attempt: change(`reason = 'else'`, 'aw_rejected') },
  'a withdrawal is not removed': {
    drop: trigger('withdrawal_kept', 'withdrawal'),
    attempt: () => `delete from withdrawal where id = 'aw_asked'`,
  },
  'withdrawals are not emptied': {
    drop: trigger('withdrawal_no_truncate', 'withdrawal'),
    attempt: () => 'truncate withdrawal cascade',
    given: [approvalTruncation],
  },
  'one key requests once': {
    drop: constraint('withdrawal_once', 'withdrawal'),
    attempt: () => withdrawal('aw_other', { key: 'aw_asked' }),
  },
  'one transaction pays once': {
    drop: 'drop index withdrawal_txid',
    attempt: () => withdrawal('aw_other', { state: 'paid', paid: `now(), 'x', '${txid('paid')}'` }),
  },
  'nothing is paid without its txid': {
    drop: constraint('withdrawal_paid', 'withdrawal'),
    attempt: () => withdrawal('aw_other', { state: 'paid', paid: `now(), 'x', null` }),
  },
  'nothing is rejected without a reason': {
    drop: constraint('withdrawal_rejected_for_a_reason', 'withdrawal'),
    attempt: () => withdrawal('aw_other', { state: 'rejected' }),
  },
  'the fee does not eat the amount': {
    drop: constraint('withdrawal_leaves_something', 'withdrawal'),
    attempt: () => withdrawal('aw_other', { fee: 10 }),
  },
  'the master withdraws nothing': {
    drop: constraint('withdrawal_of_an_agent', 'withdrawal'),
    attempt: () => withdrawal('aw_other', { tenant: 'master' }),
  },
  'a chat has a platform and a person': {
    drop: constraint('withdrawal_from_a_chat', 'withdrawal'),
    attempt: () => withdrawal('aw_other', { platform: `'telegram'` }),
  },
  'a person approves once': {
    drop: constraint('withdrawal_approval_pkey', 'withdrawal_approval'),
    attempt: () =>
      `insert into withdrawal_approval (withdrawal_id, approver, user_id, actor) values ('aw_two', 'bea', 'bea', 'cli')`,
  },
  'a user approves as themselves': {
    drop: constraint('withdrawal_approval_of_a_person', 'withdrawal_approval'),
    attempt: () =>
      `insert into withdrawal_approval (withdrawal_id, approver, user_id, actor) values ('aw_two', 'else', 'bea', 'cli')`,
  },
  'an approval is not given to somebody else': {
    drop: trigger('withdrawal_approval_append_only', 'withdrawal_approval'),
    attempt: () =>
      `update withdrawal_approval set approver = 'cid', user_id = 'cid' where withdrawal_id = 'aw_two' and user_id = 'bea'`,
  },
  'an approval is not taken back': {
    drop: trigger('withdrawal_approval_append_only', 'withdrawal_approval'),
    attempt: () => 'delete from withdrawal_approval',
  },
  'approvals are not emptied': { drop: approvalTruncation, attempt: () => 'truncate withdrawal_approval' },
  'the amount of a top-up stays': {
    drop: ofTopUp,
    attempt: () => `update top_up set amount = 7, state = 'cancelled', ended_at = now() where key = 'open'`,
  },
  'what is confirmed stays so': {
    drop: ofTopUp,
    attempt: () => `update top_up set state = 'cancelled' where key = 'done'`,
  },
  'what has ended is not open again': {
    drop: ofTopUp,
    attempt: () => `update top_up set state = 'requested', ended_at = null where key = 'done'`,
  },
  'a top-up is not removed': {
    drop: trigger('top_up_kept', 'top_up'),
    attempt: () => `delete from top_up where key = 'open'`,
  },
  'top-ups are not emptied': {
    drop: trigger('top_up_no_truncate', 'top_up'),
    attempt: () => 'truncate top_up cascade',
    given: [paymentTruncation],
  },
  'one key asks once': { drop: constraint('top_up_once', 'top_up'), attempt: () => topUp('open', 9) },
  'the same amount is open once': { drop: 'drop index top_up_open_once', attempt: () => topUp('other', 5) },
  'a top-up that ended says when': {
    drop: constraint('top_up_ended', 'top_up'),
    attempt: () => topUp('other', 9, 'expired', 'null'),
  },
  'no top-up is rejected without a reason': {
    drop: constraint('top_up_rejected_for_a_reason', 'top_up'),
    attempt: () => topUp('other', 9, 'rejected'),
  },
  'one payment is credited once': { drop: constraint('payment_once', 'payment'), attempt: () => payment('p1', null) },
  'a top-up is paid once': { drop: constraint('payment_of_top_up_once', 'payment'), attempt: () => payment('p2', 2) },
  'a payment does not change': {
    drop: trigger('payment_append_only', 'payment'),
    attempt: () => 'update payment set amount = 7',
  },
  'a payment is not removed': { drop: trigger('payment_append_only', 'payment'), attempt: () => 'delete from payment' },
  'payments are not emptied': { drop: paymentTruncation, attempt: () => 'truncate payment' },
}

class RollBack extends Error {}

/** Runs statements and takes them back; returns what stopped them. */
async function tryOut(statements: readonly string[]): Promise<string | undefined> {
  const trying = at.transaction(async (tx: Tx) => {
    for (const statement of statements) await tx.query(statement)
    throw new RollBack()
  })
  return trying.catch((error: unknown) => (error instanceof RollBack ? undefined : String(error)))
}

test.each(Object.keys(guards))('%s', async (name) => {
  const { drop, attempt, given = [] } = guards[name] as Guard
  expect(await tryOut([...given, attempt()])).toMatch(/^error: /)
  expect(await tryOut([...given, drop, attempt()])).toBeUndefined()
})

test('every trigger and constraint of these tables that refuses something is among them', async () => {
  const { rows } = await at.query<{ name: string }>(
    // What only notes a change for those who watch refuses nothing.
    `select tgname as name from pg_trigger where not tgisinternal and tgfoid::regproc::text !~ '^note_'
       and tgrelid::regclass::text in ('withdrawal', 'withdrawal_approval', 'top_up', 'payment')
     union select conname from pg_constraint where contype in ('u', 'c')
       and conrelid::regclass::text in ('withdrawal', 'withdrawal_approval', 'top_up', 'payment')
       and conname !~ '_check\\d*$'`,
  )
  const drops = Object.values(guards).map(({ drop }) => drop)
  expect(rows.map(({ name }) => name).filter((name) => !drops.some((drop) => drop.includes(name)))).toEqual([])
})
