import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { balanceOf } from '../../../services/import/balance-agents.ts'
import { priceOf } from '../../../services/import/decode/price-of.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { oid } from './old-export.ts'
import { importOld } from './run-import.ts'
import { unbalancedAccounts } from './state-of.ts'

let place: TestDatabase
beforeAll(async () => {
  place = await createTestDatabase()
})
afterAll(() => place.drop())

const amount = fc.bigInt({ min: 0n, max: 10n ** 13n })
const positive = fc.bigInt({ min: 1n, max: 10n ** 12n })

/** An amount as mongoexport, or the programs before it, may have written it. */
const styles: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => `"${text}"`,
  (text) => `{"$numberDouble":"${text}"}`,
  (text) => `{"$numberDecimal":"${text}"}`,
  (text) => `${text}e+0`,
]
const written = (value: bigint, style: number) => (styles[style] ?? String)(decimal(value))

function decimal(value: bigint): string {
  const digits = value.toString().padStart(7, '0')
  return `${digits.slice(0, -6)}.${digits.slice(-6)}`
}

interface ShopPlan {
  readonly users: readonly { readonly balance: bigint; readonly agent: boolean; readonly style: number }[]
  readonly orders: readonly {
    readonly buyer: number
    readonly base: bigint
    readonly markup: bigint
    readonly quantity: number
    readonly off: bigint
    readonly state: string
    readonly style: number
  }[]
  readonly topUps: readonly { readonly buyer: number; readonly amount: bigint; readonly confirmed: boolean }[]
  readonly withdrawn: number
}

const plan: fc.Arbitrary<ShopPlan> = fc.record({
  users: fc.array(fc.record({ balance: amount, agent: fc.boolean(), style: fc.nat(4) }), {
    minLength: 1,
    maxLength: 12,
  }),
  orders: fc.array(
    fc.record({
      buyer: fc.nat(11),
      base: positive,
      markup: fc.bigInt({ min: 0n, max: 10n ** 10n }),
      quantity: fc.integer({ min: 1, max: 1000 }),
      off: fc.bigInt({ min: 0n, max: 1000n }),
      state: fc.constantFrom('pending', 'matured', 'withdrawn', 'reverted'),
      style: fc.nat(4),
    }),
    { maxLength: 20 },
  ),
  topUps: fc.array(fc.record({ buyer: fc.nat(11), amount: positive, confirmed: fc.boolean() }), { maxLength: 10 }),
  withdrawn: fc.nat(100),
})

/** The shop in files, and what its numbers come to, added up apart from any code of ours. */
function shopOf(planned: ShopPlan, run: number) {
  const agent = `shop${run}`
  const id = (kind: number, at: number) => JSON.stringify(oid(run * 1_000_000 + kind * 10_000 + at))
  const tenantOf = (user: number) => (planned.users[user]?.agent === true ? `agent:${agent}` : 'master')
  const userId = (user: number) => run * 1000 + user + 1
  const sums = { pending: 0n, matured: 0n, revenue: 0n, topUps: 0n }
  const files: Record<'users' | 'orders' | 'agent_ledger' | 'topups', string[]> = {
    users: [],
    orders: [],
    agent_ledger: [],
    topups: [],
  }
  for (const [at, { balance, style }] of planned.users.entries()) {
    files.users.push(
      `{"_id":${id(1, at)},"user_id":${userId(at)},"tenant":"${tenantOf(at)}","USDT":${written(balance, style)}}`,
    )
  }
  for (const [at, order] of planned.orders.entries()) {
    const buyer = order.buyer % planned.users.length
    const tenant = tenantOf(buyer)
    const markup = tenant === 'master' ? 0n : order.markup
    const unit = order.base + markup
    const most = order.base * BigInt(order.quantity)
    const total = unit * BigInt(order.quantity) - (order.off > most ? most : order.off)
    const profit = markup * BigInt(order.quantity)
    const isReverted = tenant !== 'master' && profit > 0n && order.state === 'reverted'
    files.orders.push(
      `{"_id":${id(2, at)},"bianhao":"R${run}-${at}","user_id":${userId(buyer)},"tenant":"${tenant}","nowuid":"thing${run}",` +
        `"base_price":${written(order.base, order.style)},"agent_price":${written(unit, order.style)},"count":${order.quantity},` +
        `"total":${written(total, order.style)},"time":{"$date":"2025-01-0${1 + (at % 9)}T00:00:00Z"}}`,
    )
    if (!isReverted) sums.revenue += total
    if (tenant === 'master' || profit === 0n) continue
    files.agent_ledger.push(
      `{"_id":${id(3, at)},"agent_id":"${agent}","order_id":"R${run}-${at}","type":"sale","status":"${order.state}",` +
        `"profit":${written(profit, order.style)},"created_at":{"$date":"2025-01-01T00:00:00Z"}}`,
    )
    if (order.state === 'pending') sums.pending += profit
    else if (order.state !== 'reverted') sums.matured += profit
  }
  for (const [at, { buyer, amount: paid, confirmed }] of planned.topUps.entries()) {
    const user = buyer % planned.users.length
    files.topups.push(
      `{"_id":${id(4, at)},"user_id":${userId(user)},"tenant":"${tenantOf(user)}","money":${written(paid, at % 5)},` +
        `"status":"${confirmed ? 'completed' : 'expired'}","time":{"$date":"2025-01-01T00:00:00Z"}}`,
    )
    if (confirmed) sums.topUps += paid
  }
  const paidOut = (sums.matured * BigInt(planned.withdrawn)) / 100n
  const withdrawal = `{"_id":${id(5, 0)},"agent_id":"${agent}","amount":${written(paidOut, 1)},"wallet_address":"T","status":"paid","requested_at":{"$date":"2025-01-05T00:00:00Z"},"paid_at":{"$date":"2025-01-06T00:00:00Z"},"txid":"tx-${run}"}`
  return {
    sums,
    paidOut,
    agent: `agent:${agent}`,
    userId,
    tenantOf,
    collections: {
      ...Object.fromEntries(Object.entries(files).map(([name, lines]) => [name, lines.join('\n')])),
      agents: `{"_id":${id(6, 0)},"agent_id":"${agent}"}`,
      agent_withdrawals: paidOut > 0n ? withdrawal : '',
    },
  }
}

test('whatever the numbers, and however they are written, every account comes to what the files say', async () => {
  let run = 0
  await fc.assert(
    fc.asyncProperty(plan, async (planned) => {
      run += 1
      const shop = shopOf(planned, run)
      const report = await importOld(place.url, shop.collections)
      expect(report.sums.filter(({ matches }) => !matches)).toEqual([])
      const { rows } = await place.database.query<{
        tenant: string
        kind: string
        buyer: string | null
        amount: string
      }>(
        `select a.tenant_id as tenant, a.kind, c.platform_user_id as buyer,
           sum(case when t.to_account = a.id then t.amount else -t.amount end)::text as amount
         from account a join transfer t on a.id in (t.from_account, t.to_account)
         left join customer c on c.id = a.customer_id
         where a.tenant_id = $1 or a.customer_id is not null group by 1, 2, 3`,
        [shop.agent],
      )
      const of = (tenant: string, kind: string, buyer: string | null) =>
        BigInt(rows.find((row) => row.tenant === tenant && row.kind === kind && row.buyer === buyer)?.amount ?? 0)
      for (const [at, { balance }] of planned.users.entries()) {
        expect(of(shop.tenantOf(at), 'customer', String(shop.userId(at)))).toBe(balance)
      }
      expect(of(shop.agent, 'pending', null)).toBe(shop.sums.pending)
      expect(of(shop.agent, 'available', null)).toBe(shop.sums.matured - shop.paidOut)
      expect(of(shop.agent, 'paid_out', null)).toBe(shop.paidOut)
      expect(await unbalancedAccounts(place.database)).toEqual([])
    }),
    { numRuns: 25 },
  )
})

test('floats are rounded only when asked to be, and what that adds up to is told', async () => {
  const users = [0.1 + 0.2, 1e-7, 100.000_000_5, 12.345_678_9].map((balance, at) => ({
    _id: oid(9_000_000 + at),
    user_id: 99_000 + at,
    USDT: balance,
  }))
  await expect(importOld(place.url, { users })).rejects.toMatchObject({ details: { misfits: 4 } })
  const report = await importOld(place.url, { users }, { rounds: true })
  // -0.00000000000000004 - 0.0000001 + 0.0000005 + 0.0000001
  expect(report.sums.find(({ what }) => what === 'customers and their balances')).toMatchObject({
    source: { count: 4, amount: '112.64568' },
    matches: true,
  })
  expect(report.rounded).toEqual({ amounts: 4, sum: '0.00000049999999996' })
})

test('the numbers of an order always satisfy what an order must, or are refused with a reason', () => {
  const maybe = fc.option(fc.bigInt({ min: -5n, max: 10n ** 12n }))
  const said = fc.record({
    quantity: fc.option(fc.integer({ min: 1, max: 1000 })),
    base: maybe,
    unit: maybe,
    markup: maybe,
    total: maybe,
  })
  const ledger = fc.option(
    fc.record({
      tenant: fc.constant('agent:a'),
      quantity: fc.option(fc.integer({ min: 1, max: 1000 })),
      base: maybe,
      unit: maybe,
      profit: amount,
      isReverted: fc.boolean(),
    }),
  )
  fc.assert(
    fc.property(said, ledger, fc.constantFrom('master', 'agent:a'), (says, entry, tenant) => {
      let price: ReturnType<typeof priceOf>
      try {
        price = priceOf(tenant, says, tenant === 'master' ? undefined : entry)
      } catch (error) {
        expect((error as Error).message).toMatch(/^its |^it has /)
        return
      }
      const quantity = BigInt(price.quantity ?? 7)
      const discount = price.discount ?? quantity
      expect(price.base > 0n && price.markup >= 0n && discount >= 0n && discount <= price.base * quantity).toBe(true)
      expect((price.base + price.markup) * quantity - discount).toBe(price.total)
      // What the agent earned is never more than can be taken back by a refund of all units.
      if (tenant !== 'master' && entry !== null && price.knowledge !== 'unknown')
        expect(price.markup * quantity <= entry.profit).toBe(true)
      if (says.total !== null) expect(price.total).toBe(says.total)
    }),
    { numRuns: 3000 },
  )
})

test('an agent’s balance is all that was earned, and nothing else, or there is a reason', () => {
  fc.assert(
    fc.property(amount, amount, amount, amount, amount, (matured, open, paid, takenBack, pending) => {
      const facts = {
        tenant: 'agent:a',
        line: 1,
        hasLedger: true,
        counters: null,
        pending,
        matured,
        withdrawn: 0n,
        takenBack,
        open,
        paid,
        fees: 0n,
      }
      const balance = balanceOf(facts)
      if (typeof balance === 'string') {
        expect(matured + takenBack < open + paid).toBe(true)
        return
      }
      expect(balance.available + balance.held + balance.paidOut + balance.debt).toBe(matured)
      expect(balance.available >= 0n && balance.debt <= 0n && (balance.available === 0n || balance.debt === 0n)).toBe(
        true,
      )
    }),
  )
})
