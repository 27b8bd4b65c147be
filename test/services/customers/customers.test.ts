/** Customers: found, blocked, erased; and the history of their money. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { blockCustomer } from '../../../services/customers/block-customer.ts'
import { customerHistory } from '../../../services/customers/customer-history.ts'
import { ensureCustomer } from '../../../services/customers/ensure-customer.ts'
import { eraseCustomer } from '../../../services/customers/erase-customer.ts'
import { listCustomers } from '../../../services/customers/list-customers.ts'
import { showCustomer } from '../../../services/customers/show-customer.ts'
import { transactionsOf } from '../../../services/customers/transactions-of.ts'
import { unblockCustomer } from '../../../services/customers/unblock-customer.ts'
import { dumpTables } from '../../support/backup.ts'
import { ownerActor } from '../../support/rig.ts'
import { type AgentWorld, agentActor, createAgentWorld } from '../agents/agents-fixture.ts'
import { overlap } from '../people/people-fixture.ts'

let world: AgentWorld
let tenant: string
let bot: string
beforeAll(async () => {
  world = await createAgentWorld()
  await world.addStock('coin', 100)
})
afterAll(() => world.drop())
beforeEach(async () => {
  ;({ tenant, bot } = await world.addAgent())
})

const arrive = (platformUserId: string, more: { username?: string; displayName?: string } = {}) =>
  world.database.transaction(async (tx) => {
    const person = { platformUserId, username: null, displayName: null, languageHint: null, ...more }
    const { id } = await ensureCustomer(tx, { tenant, platform: 'telegram', person })
    await tx.query(
      `insert into customer_chat (instance_id, customer_id, chat_id) values ($1, $2, $3)
       on conflict (instance_id, customer_id) do nothing`,
      [bot, id, platformUserId],
    )
    return { customerId: id }
  })
const idsOf = async (input: Parameters<typeof listCustomers>[2]) =>
  (await world.run(listCustomers, input)).map(({ id }) => id)

describe('the list of customers', () => {
  it('is by shop, the one seen last first, with balances', async () => {
    const rich = await world.addCustomer(tenant, { balance: 12_500_000n })
    const poor = await world.addCustomer(tenant)
    await world.database.query(`update customer set last_seen_at = now() - interval '1 day' where id = $1`, [poor])
    const customers = await world.run(listCustomers, { tenant })
    expect(customers.map(({ id }) => id)).toEqual([rich, poor])
    expect(customers[0]).toMatchObject({ tenant, orders: 0, balances: [{ currency: 'USDT', amount: '12.5' }] })
    expect(customers[1]?.balances).toEqual([])
    expect(await idsOf({ tenant, limit: 1 })).toEqual([rich])
    const after = { id: rich, lastSeenMs: Date.parse(customers[0]?.last_seen_at ?? '') }
    expect(await idsOf({ tenant, limit: 1, after })).toEqual([poor])
  })

  it('is searched by names and ids, letter by letter', async () => {
    const ann = (await arrive('77001', { username: 'Ann_99', displayName: 'Ann 100% Real' })).customerId
    const bob = (await arrive('77002', { username: 'bob', displayName: 'Боб' })).customerId
    for (const search of ['ann', 'ANN', '@Ann_99', '100% r', '77001', ann.slice(0, 12)]) {
      expect(await idsOf({ tenant, search }), search).toEqual([ann])
    }
    for (const search of ['БОБ', 'боб', 'Боб', 'o']) expect(await idsOf({ tenant, search }), search).toEqual([bob])
    for (const search of ['%', '_']) expect(await idsOf({ tenant, search }), search).toEqual([ann])
    for (const search of ['7700', 'nobody', '0%r']) expect(await idsOf({ tenant, search }), search).toEqual([])
  })

  it('is of blocked ones where they are asked for', async () => {
    const good = await world.addCustomer(tenant)
    const bad = await world.addCustomer(tenant)
    await world.run(blockCustomer, { id: bad, reason: 'fraud' })
    expect(await idsOf({ tenant, blocked: true })).toEqual([bad])
    expect(await idsOf({ tenant, blocked: false })).toEqual([good])
  })
})

describe('a blocked customer', () => {
  it('buys nothing until the block is lifted, and its money is refundable all the while', async () => {
    const id = await world.addCustomer(tenant, { balance: 50_000_000n })
    const order = await world.buy(tenant, id, 'coin')
    const view = await world.run(blockCustomer, { id, reason: ' fraud ' })
    expect(view).toMatchObject({ blocked_reason: 'fraud', balances: [{ amount: '40' }], orders: 1 })
    expect((await world.buy(tenant, id, 'coin')).outcome).toBe('customer_blocked')
    await world.database.query(`select refund_order($1, null, 'r', false, 'sorry', 'test')`, [order.id])
    expect((await world.run(showCustomer, { id })).balances).toEqual([{ currency: 'USDT', amount: '50' }])
    expect(await world.run(unblockCustomer, { id })).toMatchObject({ blocked_at: null, blocked_reason: null })
    expect((await world.buy(tenant, id, 'coin')).outcome).toBe('paid')
  })

  it('has a reason, which may be corrected; lifting twice is one audit row', async () => {
    const id = await world.addCustomer(tenant)
    for (const reason of ['', '  ', 'x'.repeat(501)]) {
      await expect(world.run(blockCustomer, { id, reason })).rejects.toMatchObject({ code: 'usage' })
    }
    const first = await world.run(blockCustomer, { id, reason: 'one' })
    const second = await world.run(blockCustomer, { id, reason: 'two' })
    expect(second).toMatchObject({ blocked_at: first.blocked_at, blocked_reason: 'two' })
    await world.run(unblockCustomer, { id })
    await world.run(unblockCustomer, { id })
    expect((await world.audit('customer.unblock')).filter((row) => row['target_id'] === id)).toHaveLength(1)
    await expect(world.database.query('update customer set blocked_at = now() where id = $1', [id])).rejects.toThrow(
      /customer_blocked_for_a_reason/,
    )
  })
})

describe('an erased customer', () => {
  /** A customer with everything that a person leaves behind. */
  async function known(balance?: bigint): Promise<string> {
    const { customerId: id } = await arrive('88001', { username: 'zoe', displayName: 'Zoe Zimmer' })
    if (balance !== undefined) {
      await world.database.query(`select * from credit_payment(null, 'test', $1, $2, 'USDT', $3, 'test')`, [
        randomUUID(),
        id,
        balance,
      ])
    }
    const { database } = world
    await database.query(
      `update customer set language = 'fa', language_hint = 'fa', broadcasts_off_at = now() where id = $1`,
      [id],
    )
    await database.query(`insert into conversation_state values ($1, $2, '{"awaiting": "zoe"}')`, [bot, id])
    await database.query(`insert into restock_wish values ('coin', $1, $2)`, [id, bot])
    await database.query(
      `insert into outbox_message (tenant_id, customer_id, kind, payload, reference, state)
       values ($1, $2, 'x', '{"to": "zoe"}', 'a', 'queued'), ($1, $2, 'x', '{"to": "zoe"}', 'b', 'sent')`,
      [tenant, id],
    )
    await database.query(
      `insert into top_up (tenant_id, customer_id, key, currency, amount, pay_until)
       values ($1, $2, $3, 'USDT', 1, now() + interval '1 day')`,
      [tenant, id, randomUUID()],
    )
    return id
  }

  it('has nothing left that says who it was; its orders and its ledger stay', async () => {
    const id = await known(20_000_000n)
    await world.run(blockCustomer, { id, reason: 'shouting' })
    await world.run(unblockCustomer, { id })
    await world.buy(tenant, id, 'coin', 2)
    const view = await world.run(eraseCustomer, { id, withBalance: false })
    expect(view).toMatchObject({ id, username: null, display_name: null, language: null, chats: [], orders: 1 })
    expect(view.platform_user_id).toMatch(/^erased:/)
    const left = Object.entries(await dumpTables(world.database)).flatMap(([table, lines]) =>
      lines.filter((line) => /zoe|zimmer|88001/i.test(line)).map((line) => `${table}: ${line}`),
    )
    expect(left).toEqual([])
    const states = await world.database.query(
      `select state from outbox_message where customer_id = $1 and kind = 'x' order by id`,
      [id],
    )
    expect(states.rows).toEqual([{ state: 'dropped' }, { state: 'sent' }])
    const topUps = await world.database.query('select state from top_up where customer_id = $1', [id])
    expect(topUps.rows).toEqual([{ state: 'cancelled' }])
    expect(await world.run(customerHistory, { id })).toMatchObject([{ amount: '-20' }, { amount: '20' }])
    expect(await idsOf({ tenant, search: 'zoe' })).toEqual([])
    expect(await idsOf({ tenant })).toEqual([])
    expect(await idsOf({ tenant, erased: true })).toEqual([id])
  })

  it('is a new customer when it writes again, also when it writes at that moment', async () => {
    const id = await known()
    const [, arrived] = await overlap(
      world.database,
      (tx) => eraseCustomer(tx, ownerActor, { id, withBalance: false }),
      (tx) =>
        ensureCustomer(tx, {
          tenant,
          platform: 'telegram',
          person: { platformUserId: '88001', username: 'zoe', displayName: 'Zoe', languageHint: null },
        }),
    )
    expect(arrived.id).not.toBe(id)
    expect(await world.run(showCustomer, { id: arrived.id })).toMatchObject({ orders: 0, balances: [] })
    expect((await world.run(showCustomer, { id })).platform_user_id).toMatch(/^erased:/)
  })

  it('keeps its balance from being forgotten: erasing needs a word for that', async () => {
    const id = await known(3_000_000n)
    await expect(world.run(eraseCustomer, { id, withBalance: false })).rejects.toMatchObject({
      code: 'conflict',
      details: { balances: [{ currency: 'USDT', amount: '3' }] },
    })
    expect(await world.run(showCustomer, { id })).toMatchObject({ username: 'zoe', erased_at: null })
    const view = await world.run(eraseCustomer, { id, withBalance: true })
    expect(view.balances).toEqual([{ currency: 'USDT', amount: '3' }])
    expect((await world.audit('customer.erase')).at(-1)?.['details']).toEqual({
      balances: [{ currency: 'USDT', amount: '3' }],
    })
  })

  it('buys nothing, and is neither blocked nor erased again', async () => {
    const id = await known(50_000_000n)
    await world.run(eraseCustomer, { id, withBalance: true })
    expect((await world.buy(tenant, id, 'coin')).outcome).toBe('customer_blocked')
    await expect(world.run(blockCustomer, { id, reason: 'x' })).rejects.toMatchObject({ code: 'conflict' })
    await expect(world.run(unblockCustomer, { id })).rejects.toMatchObject({ code: 'conflict' })
    await expect(world.run(eraseCustomer, { id, withBalance: true })).rejects.toMatchObject({ code: 'conflict' })
  })

  it('is erased once, also by two at once', async () => {
    const id = await known()
    const erase = () => world.run(eraseCustomer, { id, withBalance: false })
    const outcomes = await Promise.allSettled([erase(), erase()])
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect((await world.audit('customer.erase')).filter((row) => row['target_id'] === id)).toHaveLength(1)
  })

  it('cannot be given a name again, not even by hand', async () => {
    const id = await known()
    await world.run(eraseCustomer, { id, withBalance: false })
    for (const set of [
      `username = 'zoe'`,
      `display_name = 'Zoe'`,
      `platform_user_id = '88001'`,
      `language = 'fa'`,
      `language_hint = 'fa'`,
    ]) {
      await expect(world.database.query(`update customer set ${set} where id = $1`, [id])).rejects.toThrow(
        /customer_erased/,
      )
    }
  })
})

describe('the history of a customer', () => {
  it('is every movement of its money, with the order or the payment that it is of', async () => {
    const id = await world.addCustomer(tenant)
    const { database } = world
    await database.query(`select * from credit_payment(null, 'tron', 'tx-1', $1, 'USDT', 30000000, 'test')`, [id])
    const order = await world.buy(tenant, id, 'coin', 2)
    await database.query(`select refund_order($1, null, 'r1', false, 'broken', 'test')`, [order.id])
    await database.query(`select adjust_balance($1, 'USDT', -5000000, 'k1', 'gave too much', 'test')`, [id])
    await world.buy(tenant, id, 'coin', 99)
    const history = await world.run(customerHistory, { id })
    const none = { order: null, product_name: null, payment: null, reason: null }
    expect(history.map(({ id: _id, at: _at, ...rest }) => rest)).toEqual([
      { ...none, kind: 'adjustment', amount: '-5', currency: 'USDT', reason: 'gave too much' },
      {
        ...none,
        kind: 'refund',
        amount: '20',
        currency: 'USDT',
        order: order.id,
        product_name: 'coin',
        reason: 'broken',
      },
      { ...none, kind: 'sale', amount: '-20', currency: 'USDT', order: order.id, product_name: 'coin' },
      { ...none, kind: 'top_up', amount: '30', currency: 'USDT', payment: 'tron:tx-1' },
    ])
    const total = history.reduce((sum, { amount }) => sum + Number(amount), 0)
    expect((await world.run(showCustomer, { id })).balances).toEqual([{ currency: 'USDT', amount: String(total) }])
  })

  it('of an agent’s sale counts both parts of the price', async () => {
    await world.database.query('update tenant set markup_hundredths = 1000 where id = $1', [tenant])
    const id = await world.addCustomer(tenant, { balance: 11_000_000n })
    const order = await world.buy(tenant, id, 'coin')
    const history = await world.run(customerHistory, { id })
    const sale = history.filter(({ kind }) => kind === 'sale')
    expect(sale.map(({ amount, order: of }) => ({ amount, of }))).toEqual([{ amount: '-11', of: order.id }])
  })

  it('comes page by page', async () => {
    const id = await world.addCustomer(tenant)
    for (let n = 1; n <= 5; n += 1) {
      await world.database.query(`select adjust_balance($1, 'USDT', $2, $3, 'gift', 'test')`, [id, n, String(n)])
    }
    const buyer = { tenant, customerId: id }
    const first = await transactionsOf(world.database, buyer, { limit: 2 })
    const second = await transactionsOf(world.database, buyer, { limit: 2, before: first.at(-1)?.id })
    const amounts = [...first, ...second].map(({ amount }) => amount)
    expect(amounts).toEqual(['0.000005', '0.000004', '0.000003', '0.000002'])
  })

  it('of another shop’s customer is empty, whatever id is asked for', async () => {
    const id = await world.addCustomer(tenant, { balance: 1n })
    expect(await transactionsOf(world.database, { tenant: 'master', customerId: id }, {})).toEqual([])
    const other = await world.addAgent()
    const foreign = world.run(customerHistory, { id }, agentActor(other.tenant))
    await expect(foreign).rejects.toMatchObject({ code: 'not_found' })
  })
})
