/**
 * Whatever people do at once: orders, payments, refunds, top-ups, corrections, maturing and withdrawals, in random order on
 * several connections, over and over with the same keys. Afterwards the ledger is in order, and nothing but what may be
 * refused was refused.
 */
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Database } from '../../../db/database.ts'
import type { Tx } from '../../../db/transaction.ts'
import { Failure } from '../../../domain/failure.ts'
import { tronAddressOf } from '../../../domain/tron-address.ts'
import { cancelOrder } from '../../../services/orders/cancel-order.ts'
import { payOrder } from '../../../services/orders/pay-order.ts'
import { placeOrder } from '../../../services/orders/place-order.ts'
import { refundOrder } from '../../../services/orders/refund-order.ts'
import { releaseUnpaid } from '../../../services/orders/release-unpaid.ts'
import { adjustBalance } from '../../../services/top-ups/adjust-balance.ts'
import { creditPayment } from '../../../services/top-ups/credit-payment.ts'
import { approveWithdrawal } from '../../../services/withdrawals/approve-withdrawal.ts'
import { cancelWithdrawal } from '../../../services/withdrawals/cancel-withdrawal.ts'
import { matureProfits } from '../../../services/withdrawals/mature-profits.ts'
import { payWithdrawal } from '../../../services/withdrawals/pay-withdrawal.ts'
import { rejectWithdrawal } from '../../../services/withdrawals/reject-withdrawal.ts'
import { requestWithdrawal } from '../../../services/withdrawals/request-withdrawal.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { ownerActor } from '../../support/rig.ts'
import { clean } from '../orders/ledger-verdict.ts'

const connections = 6
const runs = 12
const rules = { minimum: 1000n, fee: 100n, twoPeopleAbove: 1_000_000_000n }
const address = tronAddressOf(createHash('sha256').update('somebody').digest().subarray(0, 20))

let test_: TestDatabase
let at: Database
beforeAll(async () => {
  test_ = await createTestDatabase()
  at = Database.open(test_.url, { applicationName: 'botfleet interleavings', connectionsMax: connections })
})
afterAll(async () => {
  await at.close()
  await test_.drop()
})

/** One thing that somebody does. Numbers choose among what there is: customers, orders, withdrawals of this run. */
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      what: fc.constant('order' as const),
      who: fc.nat(3),
      product: fc.nat(2),
      quantity: fc.integer({ min: 1, max: 3 }),
      hold: fc.constantFrom(null, null, 5, 0),
      key: fc.nat(40),
      hours: fc.constantFrom(0, 0, 48),
    }),
  },
  { weight: 2, arbitrary: fc.record({ what: fc.constantFrom('pay' as const, 'cancel' as const), order: fc.nat(60) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      what: fc.constant('refund' as const),
      order: fc.nat(60),
      units: fc.constantFrom(0, 1, 2),
      restock: fc.boolean(),
      key: fc.nat(3),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      what: fc.constant('adjust' as const),
      who: fc.nat(3),
      amount: fc.integer({ min: -3_000_000, max: 5_000_000 }),
      key: fc.nat(10),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      what: fc.constant('credit' as const),
      who: fc.nat(3),
      amount: fc.nat(6_000_000),
      key: fc.nat(10),
    }),
  },
  { weight: 2, arbitrary: fc.record({ what: fc.constantFrom('mature' as const, 'release' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      what: fc.constant('withdraw' as const),
      shop: fc.nat(1),
      amount: fc.integer({ min: 1000, max: 400_000 }),
      key: fc.nat(8),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      what: fc.constantFrom('approve' as const, 'paid' as const, 'reject' as const, 'withdrawn' as const),
      withdrawal: fc.nat(10),
    }),
  },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** A shop of its own for a run: two agents, four customers, three products with few units. */
class Scene {
  readonly name: string
  readonly reached = new Set<string>()

  constructor(name: string) {
    this.name = name
  }

  async open(): Promise<void> {
    for (const number of [0, 1]) {
      await at.query('insert into tenant (id, name, markup_hundredths) values ($1, $1, $2)', [
        this.shop(number),
        number * 700 + 300,
      ])
    }
    for (const number of [0, 1, 2, 3]) {
      await at.query(
        `insert into customer (id, tenant_id, platform, platform_user_id) values ($1, $2, 'telegram', $1)`,
        [this.customer(number), this.shop(number % 2)],
      )
    }
    for (const number of [0, 1, 2]) {
      await at.query(
        `insert into product (id, name, currency, base_price, created_by, limit_per_customer)
         values ($1, 'P', 'USDT', $2, 'x', $3)`,
        [this.product(number), 333_333 * (number + 1), number === 2 ? 4 : null],
      )
      await at.query(
        `insert into stock_unit (product_id, key_id, sealed, fingerprint)
         select $1, 'k', 's', sha256(n::text::bytea) from generate_series(1, 12) n`,
        [this.product(number)],
      )
    }
  }

  readonly shop = (number: number) => `agent:${this.name}_${number}`
  readonly customer = (number: number) => `${this.name}_c${number}`
  readonly product = (number: number) => `${this.name}_p${number}`

  async nth<Row>(query: string, number: number): Promise<Row | undefined> {
    const { rows } = await at.query<Row>(`${query} order by id`, [`agent:${this.name}_%`])
    return rows[number % Math.max(1, rows.length)]
  }

  async take(one: Step): Promise<void> {
    try {
      const word = await this.#act(one)
      this.reached.add(`${one.what} ${word}`)
    } catch (error) {
      const allowed = error instanceof Failure && ['conflict', 'not_found'].includes(error.code)
      if (!allowed) throw error
      this.reached.add(`${one.what} ${error.code}`)
    }
  }

  async #act(one: Step): Promise<string> {
    switch (one.what) {
      case 'order':
        return this.#order(one)
      case 'pay':
      case 'cancel':
        return this.#endHold(one)
      case 'refund':
        return this.#refund(one)
      case 'adjust': {
        const { who, amount, key } = one
        const input = {
          customer: this.customer(who),
          currency: 'USDT' as const,
          amount: BigInt(amount),
          key: `a${key}`,
        }
        return (await run((tx) => adjustBalance(tx, ownerActor, { ...input, reason: 'x' }))).kind
      }
      case 'credit': {
        const { who, amount, key } = one
        const externalId = `${this.name} ${key}`
        const input = { provider: 'manual', externalId, customer: this.customer(who), currency: 'USDT' as const }
        return (await run((tx) => creditPayment(tx, ownerActor, { ...input, amount: BigInt(amount + 1) }))).kind
      }
      case 'mature':
        return (await run((tx) => matureProfits(tx, { actor: 'test' }))) > 0 ? 'done' : 'nothing'
      case 'release':
        return (await run((tx) => releaseUnpaid(tx))) > 0 ? 'done' : 'nothing'
      case 'withdraw': {
        const { shop, amount, key } = one
        const input = { tenant: this.shop(shop), amount: BigInt(amount), address, key: `w${key}`, rules }
        return (await run((tx) => requestWithdrawal(tx, ownerActor, input))).kind
      }
      default:
        return this.#endWithdrawal(one)
    }
  }

  async #order({ who, product, quantity, hold, key, hours }: Extract<Step, { what: 'order' }>): Promise<string> {
    const buyer = { tenant: this.shop(who % 2), customerId: this.customer(who), instanceId: null }
    const placed = await run((tx) =>
      placeOrder(tx, buyer, {
        product: this.product(product),
        quantity,
        key: `k${key}`,
        shownUnitPrice: null,
        hold: hold !== null,
        ...(hold === null ? {} : { holdMinutes: hold }),
        maturityHours: hours,
        actor: 'test',
      }),
    )
    return placed.refusal ?? placed.status
  }

  async #endHold({ what, order }: Extract<Step, { what: 'pay' | 'cancel' }>): Promise<string> {
    const found = await this.nth<{ id: number; tenant: string; customer: string }>(
      `select id, tenant_id as tenant, customer_id as customer from customer_order where tenant_id like $1 and pay_until is not null`,
      order,
    )
    if (found === undefined) return 'nothing'
    const own = { tenant: found.tenant, customerId: found.customer }
    const ended = await run((tx) =>
      what === 'pay'
        ? payOrder(tx, own, { order: found.id, maturityHours: 0, actor: 'test' })
        : cancelOrder(tx, own, { order: found.id }),
    )
    return ended.refusal ?? ended.status
  }

  async #refund({ order, units, restock, key }: Extract<Step, { what: 'refund' }>): Promise<string> {
    const found = await this.nth<{ id: number }>(
      `select id from customer_order where tenant_id like $1 and paid_at is not null`,
      order,
    )
    if (found === undefined) return 'nothing'
    const { rows } = await at.query<{ id: number }>('select id from stock_unit where order_id = $1 limit $2', [
      found.id,
      units,
    ])
    const chosen = units === 0 ? undefined : rows.map(({ id }) => id)
    const input = { order: found.id, units: chosen, key: `r${key}`, restock, reason: 'x' }
    const { order: after } = await run((tx) => refundOrder(tx, ownerActor, input))
    return after.status
  }

  async #endWithdrawal({ what, withdrawal }: Extract<Step, { withdrawal: number }>): Promise<string> {
    const found = await this.nth<{ id: string }>('select id from withdrawal where tenant_id like $1', withdrawal)
    if (found === undefined) return 'nothing'
    const { id } = found
    const txid = createHash('sha256').update(id).digest('hex')
    const ended = await run((tx) => {
      if (what === 'approve') return approveWithdrawal(tx, ownerActor, { id })
      if (what === 'paid') return payWithdrawal(tx, ownerActor, { id, txid })
      if (what === 'reject') return rejectWithdrawal(tx, ownerActor, { id, reason: 'no', force: true })
      return cancelWithdrawal(tx, ownerActor, { id })
    })
    return ended.kind === 'done' ? 'done' : ended.refusal
  }
}

const run = <T>(work: (tx: Tx) => Promise<T>) => at.transaction(work)

/** What the runs together must have come to, or they tried nothing. */
const mustBeReached = [
  'order paid',
  'order reserved',
  'order not_enough_balance',
  'order sold_out',
  'order over_limit',
  'order conflict',
  'pay paid',
  'pay cancelled',
  'cancel cancelled',
  'release done',
  'refund partly_refunded',
  'refund refunded',
  'refund conflict',
  'credit done',
  'credit refused',
  'adjust done',
  'adjust refused',
  'mature done',
  'withdraw done',
  'withdraw refused',
  'approve done',
  'paid done',
  'reject done',
  'withdrawn done',
]

test('the ledger is in order whatever happens at once', { timeout: 240_000 }, async () => {
  const reached = new Set<string>()
  let number = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(step, { minLength: 40, maxLength: 50, size: 'max' }), {
        minLength: connections,
        maxLength: connections,
      }),
      async (people) => {
        const scene = new Scene(`s${(number += 1)}`)
        await scene.open()
        await Promise.all(
          people.map(async (steps) => {
            for (const one of steps) await scene.take(one)
          }),
        )
        for (const word of scene.reached) reached.add(word)
        expect(await clean(at)).toEqual([])
      },
    ),
    { numRuns: runs, endOnFailure: true },
  )
  expect(mustBeReached.filter((what) => !reached.has(what))).toEqual([])
})
