/**
 * What the database itself refuses of money, orders, profit and stock, whoever asks. Each guard is proven twice: with it
 * the statement fails, and without it, in a transaction that is rolled back, the same statement goes through.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Tx } from '../../../db/transaction.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'

const tables = [
  'currency',
  'account',
  'journal_entry',
  'transfer',
  'customer_order',
  'agent_profit',
  'order_refund',
  'refunded_unit',
  'stock_unit',
]

let test_: TestDatabase
let at: TestDatabase['database']
beforeAll(async () => {
  test_ = await createTestDatabase()
  at = test_.database
  await at.query(`insert into tenant (id, name, markup_hundredths) values ('agent:a', 'A', 1000), ('agent:b', 'B', 0)`)
  await at.query(`insert into customer (id, tenant_id, platform, platform_user_id) values
    ('ann', 'agent:a', 'telegram', '1'), ('bob', 'agent:b', 'telegram', '2')`)
  await at.query(`insert into product (id, name, currency, base_price, created_by) values
    ('p', 'P', 'USDT', 100, 'x'), ('q', 'Q', 'IRR', 100, 'x')`)
  await at.query(`insert into stock_unit (product_id, key_id, sealed, fingerprint)
    select 'p', 'k', 's', sha256(n::text::bytea) from generate_series(1, 9) n`)
  await at.query(`select adjust_balance('ann', 'USDT', 1000, 'k', 'x', 'x')`)
  // Order 1 is paid (units 1 and 2), order 2 kept (unit 3), order 3 paid and one of its two units refunded (4 of 4, 5).
  await at.query(`select place_order('agent:a', 'ann', null, 'p', 2, 'one', null, null, '1 hour', 'x')`)
  await at.query(`select place_order('agent:a', 'ann', null, 'p', 1, 'two', null, '1 hour', '1 hour', 'x')`)
  await at.query(`select place_order('agent:a', 'ann', null, 'p', 2, 'three', null, null, '1 hour', 'x')`)
  await at.query(`select refund_order(3, array[4], 'r', false, 'x', 'x')`)
})
afterAll(() => test_.drop())

const trigger = (name: string, table: string) => `drop trigger ${name} on ${table}`
const constraint = (name: string, table: string) => `alter table ${table} drop constraint ${name}`
const domain = (name: string) => `alter domain ${name} drop constraint ${name}_check`

interface Guard {
  readonly drop: string
  readonly attempt: string | readonly string[]
  /** Guards that stand in the way as well, dropped in both cases. */
  readonly given?: readonly string[]
}

const entry = (reference: string, tenant = 'agent:a') =>
  `insert into journal_entry (kind, reference, tenant_id, actor) values ('adjustment', '${reference}', '${tenant}', 'x')`
const accountOf = (kind: string, { tenant = 'agent:a', currency = 'USDT', customer = 'null' } = {}) =>
  `account_of('${tenant}', '${kind}', '${currency}', ${customer})`
const ofAnn = accountOf('customer', { customer: `'ann'` })
const adjustment = accountOf('adjustment', { tenant: 'master' })
/** Of the entry that was written last. */
const move = (from: string, to: string, amount = 1, currency = 'USDT') =>
  `insert into transfer (entry_id, currency, from_account, to_account, amount)
   select max(id), '${currency}', ${from}, ${to}, ${amount} from journal_entry`
const newAccount = (values: string) =>
  `insert into account (tenant_id, kind, customer_id, currency, balance) values (${values})`
const moving = trigger('transfer_moves_balances', 'transfer')

const order = (more: Readonly<Record<string, string>> = {}) => {
  const columns = {
    tenant_id: `'agent:a'`,
    customer_id: `'ann'`,
    product_id: `'p'`,
    key: `'new'`,
    quantity: '2',
    currency: `'USDT'`,
    base_price: '100',
    markup_kind: `'percent'`,
    markup_value: '1000',
    markup: '10',
    unit_price: '110',
    discount: '0',
    total: '220',
    status: `'paid'`,
    paid_at: 'now()',
    ...more,
  }
  return `insert into customer_order (${Object.keys(columns).join(', ')}) values (${Object.values(columns).join(', ')})`
}
const orderStatus = constraint('customer_order_status', 'customer_order')
const orderPath = trigger('customer_order_path', 'customer_order')
const agreed = trigger('customer_order_agreed', 'customer_order')

const unit = (more: Readonly<Record<string, string>> = {}) => {
  const columns = { product_id: `'p'`, key_id: `'k'`, sealed: `'s'`, fingerprint: `sha256('new')`, ...more }
  return `insert into stock_unit (${Object.keys(columns).join(', ')}) values (${Object.values(columns).join(', ')})`
}
const changeUnit = (id: number, what: string) => `update stock_unit set ${what} where id = ${id}`
const unitGuard = trigger('stock_unit_guarded', 'stock_unit')

const ofMoney: Readonly<Record<string, Guard>> = {
  'a currency keeps its scale': {
    drop: trigger('currency_never_changes', 'currency'),
    attempt: `update currency set scale = 2 where code = 'USDT'`,
  },
  'a customer does not spend more than there is': {
    drop: constraint('account_never_overdrawn', 'account'),
    attempt: [entry('x'), move(ofAnn, adjustment, 100_000)],
  },
  'nobody owes less than nothing': {
    drop: constraint('account_never_overdrawn', 'account'),
    attempt: [entry('x'), move(ofAnn, accountOf('debt'), 1)],
  },
  'a customer has an account of its own': {
    drop: trigger('account_of_customer', 'account'),
    attempt: newAccount(`'agent:a', 'customer', null, 'IRR', 0`),
  },
  'only a customer has one': {
    drop: trigger('account_of_customer', 'account'),
    attempt: newAccount(`'agent:a', 'held', 'ann', 'IRR', 0`),
  },
  'what can be spent keeps a balance': {
    drop: trigger('account_keeps_balance', 'account'),
    attempt: newAccount(`'agent:a', 'available', null, 'IRR', null`),
  },
  'revenue keeps none': {
    drop: trigger('account_keeps_balance', 'account'),
    attempt: newAccount(`'agent:a', 'revenue', null, 'IRR', 0`),
  },
  'an account begins with nothing': {
    drop: trigger('account_begins_empty', 'account'),
    attempt: newAccount(`'agent:a', 'available', null, 'IRR', 5`),
  },
  'an account is known by its kind': {
    drop: domain('account_kind'),
    attempt: newAccount(`'agent:a', 'purse', null, 'IRR', null`),
  },
  'an account stays whose it is': {
    drop: trigger('account_never_changes', 'account'),
    attempt: `update account set tenant_id = 'agent:b' where kind = 'pending'`,
  },
  'an account is not removed': {
    drop: trigger('account_never_changes', 'account'),
    attempt: `delete from account where kind = 'pending'`,
  },
  'accounts are not emptied': { drop: trigger('account_no_truncate', 'account'), attempt: 'truncate account' },
  'a balance changes by transfers only': {
    drop: trigger('account_balance_moves_by_transfers', 'account'),
    attempt: `update account set balance = balance + 1 where customer_id = 'ann'`,
  },
  'nobody has two accounts of a kind': {
    drop: constraint('account_once', 'account'),
    attempt: newAccount(`'agent:a', 'pending', null, 'USDT', null`),
  },
  'an account is of its tenant and its customer': {
    drop: constraint('account_customer_id_tenant_id_fkey', 'account'),
    attempt: newAccount(`'agent:b', 'customer', 'ann', 'USDT', 0`),
  },
  'the same fact is written once': {
    drop: constraint('journal_entry_once', 'journal_entry'),
    attempt: [entry('x'), entry('x')],
  },
  'an entry is of a kind': {
    drop: domain('entry_kind'),
    attempt: `insert into journal_entry (kind, reference, tenant_id, actor) values ('gift', 'x', 'agent:a', 'x')`,
  },
  'an entry does not change': {
    drop: trigger('journal_entry_append_only', 'journal_entry'),
    attempt: `update journal_entry set reason = 'else'`,
  },
  'an entry is not removed': {
    drop: trigger('journal_entry_append_only', 'journal_entry'),
    attempt: `delete from journal_entry`,
  },
  'the journal is not emptied': {
    drop: trigger('journal_entry_no_truncate', 'journal_entry'),
    attempt: 'truncate journal_entry',
  },
  'an entry is closed when its transaction ends': { drop: moving, attempt: move(adjustment, ofAnn) },
  'a transfer is between two accounts that exist': { drop: moving, attempt: [entry('x'), move(adjustment, '999')] },
  'a transfer comes from an account that exists': { drop: moving, attempt: [entry('x'), move('999', ofAnn)] },
  'money comes in its own currency': {
    drop: moving,
    attempt: [entry('x'), move(accountOf('adjustment', { tenant: 'master', currency: 'IRR' }), ofAnn)],
  },
  'money stays in its currency': {
    drop: moving,
    attempt: [entry('x'), move(ofAnn, accountOf('adjustment', { tenant: 'master', currency: 'IRR' }))],
  },
  'an entry is of a tenant whose money moves': {
    drop: moving,
    attempt: [entry('x', 'agent:b'), move(adjustment, ofAnn)],
  },
  'a transfer moves something': {
    drop: domain('amount_above_zero'),
    attempt: [entry('x'), move(adjustment, ofAnn, 0)],
  },
  'nothing moves backwards': { drop: domain('amount_above_zero'), attempt: [entry('x'), move(adjustment, ofAnn, -1)] },
  'nothing moves in a circle': {
    drop: constraint('transfer_between_two', 'transfer'),
    attempt: [entry('x'), move(ofAnn, ofAnn)],
  },
  'an entry moves between two accounts once': {
    drop: constraint('transfer_pkey', 'transfer'),
    attempt: [entry('x'), move(adjustment, ofAnn), move(adjustment, ofAnn)],
  },
  'a transfer does not change': {
    drop: trigger('transfer_append_only', 'transfer'),
    attempt: 'update transfer set amount = amount + 1',
  },
  'a transfer is not removed': { drop: trigger('transfer_append_only', 'transfer'), attempt: 'delete from transfer' },
  'transfers are not emptied': { drop: trigger('transfer_no_truncate', 'transfer'), attempt: 'truncate transfer' },
}

const ofOrders: Readonly<Record<string, Guard>> = {
  'one key orders once': {
    drop: constraint('customer_order_once', 'customer_order'),
    attempt: order({ key: `'one'` }),
  },
  'a key is a word': { drop: domain('order_key'), attempt: order({ key: `''` }) },
  'an order is of a customer of its tenant': {
    drop: constraint('customer_order_customer_id_tenant_id_fkey', 'customer_order'),
    attempt: order({ customer_id: `'bob'` }),
  },
  'an order is in the currency of its product': {
    drop: constraint('customer_order_product_id_currency_fkey', 'customer_order'),
    attempt: order({ product_id: `'q'` }),
  },
  'an order is of something': {
    drop: domain('order_quantity'),
    attempt: order({ quantity: '0', total: '0', status: `'refused'`, refusal: `'x'`, paid_at: 'null' }),
  },
  'an order is not of everything': {
    drop: domain('order_quantity'),
    attempt: order({ quantity: '1001', total: '110110' }),
  },
  'nothing is free before a discount': {
    drop: domain('amount_above_zero'),
    attempt: order({ base_price: '0', unit_price: '10', total: '20' }),
  },
  'no price is below its base': {
    drop: domain('amount_from_zero'),
    attempt: order({ markup: '-10', unit_price: '90', total: '180' }),
  },
  'a markup has a kind': { drop: domain('markup_kind'), attempt: order({ markup_kind: `'guess'` }) },
  'a unit costs the base and the markup': {
    drop: constraint('customer_order_unit_price', 'customer_order'),
    attempt: order({ unit_price: '105', total: '210' }),
  },
  'a total is price times quantity less discount': {
    drop: constraint('customer_order_total', 'customer_order'),
    attempt: order({ total: '200' }),
  },
  'a discount is not of the markup': {
    drop: constraint('customer_order_discount', 'customer_order'),
    attempt: order({ discount: '201', total: '19' }),
  },
  'an order is in one state': {
    drop: domain('order_status'),
    given: [orderStatus],
    attempt: order({ status: `'somewhere'` }),
  },
  'what is refused says why': { drop: orderStatus, attempt: order({ status: `'refused'`, paid_at: 'null' }) },
  'what is kept says until when': { drop: orderStatus, attempt: order({ status: `'reserved'`, paid_at: 'null' }) },
  'what is paid says when': { drop: orderStatus, attempt: order({ paid_at: 'null' }) },
  'what is paid is not refused': { drop: orderStatus, attempt: order({ refusal: `'x'` }) },
  'what is refunded in part is not refunded': {
    drop: orderStatus,
    attempt: order({ status: `'refunded'`, refunded_units: '1', refunded: '110' }),
  },
  'no more is refunded than was paid': {
    drop: constraint('customer_order_refunded', 'customer_order'),
    attempt: order({ status: `'partly_refunded'`, refunded_units: '1', refunded: '221' }),
  },
  'no more units are refunded than were bought': {
    drop: constraint('customer_order_refunded', 'customer_order'),
    attempt: order({ status: `'partly_refunded'`, refunded_units: '3', refunded: '220' }),
  },
  'what was agreed does not change': {
    drop: agreed,
    attempt: 'update customer_order set unit_price = 109, markup = 9, total = 218 where id = 1',
  },
  'an order stays whose it is': {
    drop: agreed,
    attempt: `update customer_order set tenant_id = 'agent:b', customer_id = 'bob' where id = 2`,
  },
  'what is paid is not kept again': {
    drop: orderPath,
    attempt: `update customer_order set status = 'reserved', paid_at = null, pay_until = now() where id = 1`,
  },
  'what is paid is not cancelled': {
    drop: orderPath,
    attempt: `update customer_order set status = 'cancelled', paid_at = null where id = 1`,
  },
  'a refund is not taken back': {
    drop: orderPath,
    attempt: 'update customer_order set refunded = 100 where id = 3',
  },
  'a refunded unit is not taken back': {
    drop: orderPath,
    given: [orderStatus],
    attempt: 'update customer_order set refunded_units = 0 where id = 3',
  },
  'an order is not removed': {
    drop: trigger('customer_order_kept', 'customer_order'),
    given: ['set constraints all deferred', constraint('stock_unit_order_id_fkey', 'stock_unit')],
    attempt: 'delete from customer_order where id = 2',
  },
  'orders are not emptied': {
    drop: trigger('customer_order_no_truncate', 'customer_order'),
    given: [
      trigger('agent_profit_no_truncate', 'agent_profit'),
      trigger('order_refund_no_truncate', 'order_refund'),
      trigger('refunded_unit_no_truncate', 'refunded_unit'),
      trigger('stock_unit_no_truncate', 'stock_unit'),
    ],
    attempt: 'truncate customer_order cascade',
  },
  'an order earns an agent once': {
    drop: constraint('agent_profit_pkey', 'agent_profit'),
    attempt: `insert into agent_profit (order_id, tenant_id, currency, amount, mature_at) values (1, 'agent:a', 'USDT', 1, now())`,
  },
  'a profit is of its order and its tenant': {
    drop: constraint('agent_profit_tenant_id_order_id_currency_fkey', 'agent_profit'),
    attempt: `insert into agent_profit (order_id, tenant_id, currency, amount, mature_at) values (2, 'agent:b', 'USDT', 1, now())`,
  },
  'the master earns no profit': {
    drop: constraint('agent_profit_of_an_agent', 'agent_profit'),
    given: [constraint('agent_profit_tenant_id_order_id_currency_fkey', 'agent_profit')],
    attempt: `insert into agent_profit (order_id, tenant_id, currency, amount, mature_at) values (9, 'master', 'USDT', 1, now())`,
  },
  'a profit is in one state': {
    drop: domain('profit_state'),
    attempt: `update agent_profit set state = 'lost' where order_id = 1`,
  },
  'no more is taken back of a profit than it was': {
    drop: constraint('agent_profit_reverted', 'agent_profit'),
    attempt: 'update agent_profit set reverted = 21 where order_id = 1',
  },
  'a profit that is taken back whole is reverted': {
    drop: constraint('agent_profit_reverted', 'agent_profit'),
    attempt: 'update agent_profit set reverted = 20 where order_id = 1',
  },
  'a profit that matured says when': {
    drop: constraint('agent_profit_matured', 'agent_profit'),
    attempt: `update agent_profit set state = 'matured' where order_id = 1`,
  },
  'a profit stays what the order made it': {
    drop: trigger('agent_profit_agreed', 'agent_profit'),
    attempt: 'update agent_profit set amount = 1000 where order_id = 1',
  },
  'what is taken back of a profit is not given again': {
    drop: trigger('agent_profit_ends_once', 'agent_profit'),
    attempt: 'update agent_profit set reverted = 0 where order_id = 3',
  },
  'a profit matures once': {
    drop: trigger('agent_profit_ends_once', 'agent_profit'),
    given: [`update agent_profit set state = 'matured', matured_at = now() where order_id = 1`],
    attempt: `update agent_profit set matured_at = now() where order_id = 1`,
  },
  'a profit is not removed': {
    drop: trigger('agent_profit_kept', 'agent_profit'),
    attempt: 'delete from agent_profit',
  },
  'profits are not emptied': {
    drop: trigger('agent_profit_no_truncate', 'agent_profit'),
    attempt: 'truncate agent_profit',
  },
  'one key refunds once': {
    drop: constraint('order_refund_once', 'order_refund'),
    attempt: `insert into order_refund (order_id, key, units, amount, restocked, actor) values (3, 'r', 1, 1, false, 'x')`,
  },
  'a refund does not change': {
    drop: trigger('order_refund_append_only', 'order_refund'),
    attempt: 'update order_refund set amount = 1',
  },
  'a refund is not removed': {
    drop: trigger('order_refund_append_only', 'order_refund'),
    given: [constraint('refunded_unit_order_id_refund_id_fkey', 'refunded_unit')],
    attempt: 'delete from order_refund',
  },
  'refunds are not emptied': {
    drop: trigger('order_refund_no_truncate', 'order_refund'),
    given: [trigger('refunded_unit_no_truncate', 'refunded_unit')],
    attempt: 'truncate order_refund cascade',
  },
  'no unit of an order is refunded twice': {
    drop: constraint('refunded_unit_pkey', 'refunded_unit'),
    attempt: 'insert into refunded_unit (order_id, unit_id, refund_id) values (3, 4, 1)',
  },
  'a refunded unit is of the order of its refund': {
    drop: constraint('refunded_unit_order_id_refund_id_fkey', 'refunded_unit'),
    attempt: 'insert into refunded_unit (order_id, unit_id, refund_id) values (1, 1, 1)',
  },
  'what came back stays noted': {
    drop: trigger('refunded_unit_append_only', 'refunded_unit'),
    attempt: 'delete from refunded_unit',
  },
  'what came back is not emptied': {
    drop: trigger('refunded_unit_no_truncate', 'refunded_unit'),
    attempt: 'truncate refunded_unit',
  },
}

const ofStock: Readonly<Record<string, Guard>> = {
  'the same goods are stocked once': {
    drop: 'drop index stock_unit_once',
    attempt: unit({ fingerprint: `sha256('1')` }),
  },
  'goods have a fingerprint': { drop: domain('fingerprint'), attempt: unit({ fingerprint: `'x'` }) },
  'goods are lines or files': { drop: domain('stock_kind'), attempt: unit({ kind: `'song'` }) },
  'goods are in one state': {
    drop: domain('stock_state'),
    given: [constraint('stock_unit_of_order', 'stock_unit')],
    attempt: unit({ state: `'lost'` }),
  },
  'a file has a name': {
    drop: constraint('stock_unit_file_has_name', 'stock_unit'),
    attempt: unit({ kind: `'file'` }),
  },
  'a name is not empty': { drop: domain('file_name'), attempt: unit({ kind: `'file'`, file_name: `''` }) },
  'what is sold is sold to somebody': {
    drop: constraint('stock_unit_of_order', 'stock_unit'),
    attempt: unit({ state: `'sold'` }),
  },
  'what is on the shelf is of nobody': {
    drop: constraint('stock_unit_of_order', 'stock_unit'),
    attempt: unit({ order_id: '1' }),
  },
  'goods are sold to an order that exists': {
    drop: constraint('stock_unit_order_id_fkey', 'stock_unit'),
    attempt: unit({ state: `'sold'`, order_id: '99' }),
  },
  'what is kept is kept until some time': {
    drop: constraint('stock_unit_reserved_for_a_while', 'stock_unit'),
    attempt: unit({ state: `'reserved'`, order_id: '2' }),
  },
  'a unit stays what it is': { drop: unitGuard, attempt: changeUnit(9, `fingerprint = sha256('else')`) },
  'a unit is not sold twice': { drop: unitGuard, attempt: changeUnit(1, 'order_id = 3') },
  'what is sold is not kept again': {
    drop: unitGuard,
    attempt: changeUnit(1, `state = 'reserved', reserved_until = now()`),
  },
  'what is spoilt is not sold again': { drop: unitGuard, attempt: changeUnit(4, `state = 'sold'`) },
  'what is sold is not removed': {
    drop: trigger('stock_unit_kept', 'stock_unit'),
    attempt: 'delete from stock_unit where id = 1',
  },
  'the stock is not emptied': {
    drop: trigger('stock_unit_no_truncate', 'stock_unit'),
    given: [trigger('refunded_unit_no_truncate', 'refunded_unit')],
    attempt: 'truncate stock_unit cascade',
  },
}

const guards = { ...ofMoney, ...ofOrders, ...ofStock }

class RollBack extends Error {}

/** Runs statements and takes them back; returns what stopped them. */
async function tryOut(statements: readonly string[]): Promise<string | undefined> {
  const trying = at.transaction(async (tx: Tx) => {
    for (const statement of statements) await tx.query(statement)
    throw new RollBack()
  })
  return trying.catch((error: unknown) => (error instanceof RollBack ? undefined : String(error)))
}

test.each(Object.entries(guards))('%s', async (_, { drop, attempt, given = [] }) => {
  const attempts = typeof attempt === 'string' ? [attempt] : attempt
  expect(await tryOut([...given, ...attempts])).toMatch(/^error: /)
  expect(await tryOut([...given, drop, ...attempts])).toBeUndefined()
})

test('every trigger, constraint and domain of these tables that refuses something is among them', async () => {
  const { rows } = await at.query<{ name: string }>(
    `select tgname as name from pg_trigger where not tgisinternal and tgrelid::regclass::text = any($1)
     union select conname from pg_constraint
       where contype in ('u', 'c', 'x') and conrelid::regclass::text = any($1) and conname !~ '_check\\d*$'
     union select conname from pg_constraint where contypid <> 0 and contypid in (
       select atttypid from pg_attribute where attrelid::regclass::text = any($1))
     union select indexrelid::regclass::text from pg_index
       where indisunique and indrelid::regclass::text = any($1) and not exists (
         select from pg_constraint where conindid = indexrelid)`,
    [tables],
  )
  /** Only targets of foreign keys: their rows are unique by the first column already. */
  const keys = ['customer_order_of_tenant', 'order_refund_of_order']
  const drops = Object.values<Guard>(guards).map(({ drop }) => drop)
  const missing = rows.map(({ name }) => name).filter((name) => !drops.some((drop) => drop.includes(name)))
  expect(missing.filter((name) => !keys.includes(name))).toEqual([])
})
