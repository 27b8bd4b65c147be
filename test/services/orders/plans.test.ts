/** However much was sold before, an order, a list and a job read a few rows: the right index serves each of them. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Database } from '../../../db/database.ts'
import { customerHistory } from '../../../services/customers/customer-history.ts'
import { listEntries } from '../../../services/ledger/list-entries.ts'
import { listOrders } from '../../../services/orders/list-orders.ts'
import { ordersOfBuyer } from '../../../services/orders/orders-of-buyer.ts'
import { placeOrder } from '../../../services/orders/place-order.ts'
import { refundOrder } from '../../../services/orders/refund-order.ts'
import { releaseUnpaid } from '../../../services/orders/release-unpaid.ts'
import { showOrder } from '../../../services/orders/show-order.ts'
import { matureProfits } from '../../../services/withdrawals/mature-profits.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { ownerActor } from '../../support/rig.ts'

const sold = 60_000
const customers = 2000
/** Of which a page shows 10, or an order touches two or three of each table. */
const rowsMax = 400

let test_: TestDatabase
let at: Database
beforeAll(async () => {
  test_ = await createTestDatabase()
  // One connection, so that what it read is known; its plans are those of a connection that has long been there.
  at = Database.open(test_.url, { applicationName: 'botfleet plans', connectionsMax: 1, queryTimeoutMs: 60_000 })
  await at.transaction(async (tx) => {
    await tx.query('set local session_replication_role = replica')
    for (const statement of history) await tx.query(statement)
  })
  await at.query('vacuum analyze')
})
afterAll(async () => {
  await at.close()
  await test_.drop()
})

/** Years of business: everything was sold, one product in most of it, and all profits matured. */
const history = [
  `insert into tenant (id, name, markup_hundredths) values ('agent:a', 'A', 1000)`,
  `insert into customer (id, tenant_id, platform, platform_user_id)
   select 'c' || n, 'agent:a', 'telegram', n::text from generate_series(1, ${customers}) n`,
  `insert into account (tenant_id, kind, currency, customer_id, balance)
   select 'agent:a', 'customer', 'USDT', id, 1000000000 from customer`,
  `insert into product (id, name, currency, base_price, created_by, limit_per_customer)
   values ('p', 'P', 'USDT', 1000000, 'x', 900), ('q', 'Q', 'USDT', 1000000, 'x', null)`,
  `insert into customer_order (tenant_id, customer_id, product_id, key, quantity, currency, base_price, markup_kind,
     markup_value, markup, unit_price, total, status, paid_at, created_at)
   select 'agent:a', 'c' || 1 + n % ${customers}, case when n % 10 = 0 then 'q' else 'p' end, 'old ' || n, 1, 'USDT', 1000000,
     'percent', 1000, 100000, 1100000, 1100000, 'paid', now() - interval '1 day', now() - interval '1 day'
   from generate_series(1, ${sold}) n`,
  `insert into stock_unit (product_id, key_id, sealed, fingerprint, state, order_id, added_at)
   select o.product_id, 'k', 's', sha256(o.id::text::bytea), 'sold', o.id, now() - interval '2 days'
   from customer_order o`,
  `insert into stock_unit (product_id, key_id, sealed, fingerprint)
   select p, 'k', 's', sha256((p || n)::bytea) from (values ('p'), ('q')) v (p), generate_series(1, 500) n`,
  `insert into agent_profit (order_id, tenant_id, currency, amount, state, mature_at, matured_at)
   select id, 'agent:a', 'USDT', 100000, 'matured', now() - interval '1 hour', now() from customer_order`,
  `insert into journal_entry (kind, reference, tenant_id, actor)
   select 'sale', id::text, 'agent:a', 'x' from customer_order`,
  `insert into account (tenant_id, kind, currency) values ('master', 'revenue', 'USDT'), ('agent:a', 'pending', 'USDT')`,
  `insert into transfer (entry_id, currency, from_account, to_account, amount)
   select e.id, 'USDT', a.id, leg.id, 1 from journal_entry e join customer_order o on o.id::text = e.reference
   join account a on a.customer_id = o.customer_id join account leg on leg.kind in ('revenue', 'pending')`,
]

/** How many rows of tables and indexes were read by what is done. */
async function rowsRead(work: () => Promise<unknown>): Promise<number> {
  const before = await readSoFar()
  await work()
  return (await readSoFar()) - before
}

async function readSoFar(): Promise<number> {
  await at.query('select pg_stat_force_next_flush()')
  const { rows } = await at.query<{ read: number }>(
    `select (select sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) from pg_stat_user_tables)
       + (select sum(idx_tup_read) from pg_stat_user_indexes) as read`,
  )
  return Number(rows[0]?.read)
}

const buyer = (number: number) => ({ tenant: 'agent:a', customerId: `c${number}`, instanceId: null })
let keys = 0
const order = (quantity: number, product = 'p') =>
  placeOrder(at, buyer(7), {
    product,
    quantity,
    key: `key ${(keys += 1)}`,
    shownUnitPrice: null,
    hold: keys % 4 === 0,
    holdMinutes: 0,
    maturityHours: 0,
    actor: 'test',
  })
const refund = async () => {
  const { rows } = await at.query<{ id: number }>(
    `select id from customer_order where customer_id = 'c7' and status = 'paid' order by id desc limit 1`,
  )
  const input = { order: rows[0]?.id ?? 0, key: 'k', restock: true, reason: 'x' }
  return at.transaction((tx) => refundOrder(tx, ownerActor, input))
}

const accountOf = async (kind: string) =>
  (await at.query<{ id: number }>('select id from account where kind = $1', [kind])).rows[0]?.id ?? 0

const works: Readonly<Record<string, () => Promise<unknown>>> = {
  'an order of one': () => order(1),
  'an order of three': () => order(3),
  'an order without a limit': () => order(2, 'q'),
  'a refund': refund,
  'what is due matures': () => matureProfits(at, { actor: 'test' }),
  'what was not paid is released': () => releaseUnpaid(at),
  'the orders of a buyer': () => ordersOfBuyer(at, buyer(9), {}),
  'the orders of a tenant': () => listOrders(at, ownerActor, { tenant: 'agent:a', limit: 10 }),
  'the orders of everybody': () => listOrders(at, ownerActor, { limit: 10 }),
  'one order': () => showOrder(at, ownerActor, { order: 500 }),
  'the transactions of a customer': () => customerHistory(at, ownerActor, { id: 'c9' }),
  'an account': async () => listEntries(at, ownerActor, { account: await accountOf('pending'), limit: 10 }),
  'entries of a customer': () => listEntries(at, ownerActor, { customer: 'c9', limit: 10 }),
  'entries of an order': () => listEntries(at, ownerActor, { order: 500, limit: 10 }),
  'entries of a tenant': () => listEntries(at, ownerActor, { tenant: 'agent:a', limit: 10 }),
}

test.each(Object.entries(works))('%s reads a few rows', async (_, work) => {
  // Seven times: after five Postgres may settle for a plan that fits every value.
  for (let round = 0; round < 7; round += 1) {
    if (round > 0) await order(1)
    expect(await rowsRead(work)).toBeLessThan(rowsMax)
  }
})

test('a sold-out product is known to be so at once', async () => {
  await at.query(`update stock_unit set state = 'spoilt' where product_id = 'q' and state = 'available'`)
  await at.query('vacuum (index_cleanup on) stock_unit')
  for (let round = 0; round < 7; round += 1) expect(await rowsRead(() => order(2, 'q'))).toBeLessThan(rowsMax)
})
