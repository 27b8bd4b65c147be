/**
 * The people behind the shop: they give customers money, keep goods for them, refund, and handle withdrawals, by the
 * services that the command line and the panel call. Whatever fails is done again with the same key until it is known,
 * and so is some of what did not fail.
 */
import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { Database } from '../../../db/database.ts'
import type { Tx } from '../../../db/transaction.ts'
import { Failure } from '../../../domain/failure.ts'
import { setMarkup } from '../../../services/agents/set-markup.ts'
import { createProduct } from '../../../services/catalogue/create-product.ts'
import { cancelOrder } from '../../../services/orders/cancel-order.ts'
import { payOrder } from '../../../services/orders/pay-order.ts'
import { placeOrder } from '../../../services/orders/place-order.ts'
import { refundOrder } from '../../../services/orders/refund-order.ts'
import { addStock } from '../../../services/stock/add-stock.ts'
import { adjustBalance } from '../../../services/top-ups/adjust-balance.ts'
import { approveWithdrawal } from '../../../services/withdrawals/approve-withdrawal.ts'
import { payWithdrawal } from '../../../services/withdrawals/pay-withdrawal.ts'
import { rejectWithdrawal } from '../../../services/withdrawals/reject-withdrawal.ts'
import { ownerActor } from '../../support/rig.ts'
import type { SeededRandom } from '../../support/seeded-random.ts'
import type { ChaosFleet } from './chaos-fleet.ts'

const maturityHours = 0.0003
const holdMinutes = 0.03
const giveUpMs = 60_000

/** What the servers are told: profit matures, and what is kept is given back, within seconds. */
export const moneySettings = {
  // Longer than a busy machine lets a process wait, else bots do little but come and go.
  LEASE_TTL_SECONDS: '8',
  MATURITY_HOURS: String(maturityHours),
  MATURITY_CHECK_SECONDS: '1',
  EXPIRY_CHECK_SECONDS: '2',
  WITHDRAWAL_MIN: '0.5',
  WITHDRAWAL_FEE: '0.1',
}

const products = [
  { id: 'plenty', units: 2500, basePrice: 1_500_000n },
  { id: 'scarce', units: 40, basePrice: 2_000_001n },
] as const

interface Customer {
  readonly id: string
  readonly tenant: string
}

export class MoneyOffice {
  /** What each customer was given, in the smallest unit. */
  readonly given = new Map<string, bigint>()
  readonly imported = products.reduce((sum, { units }) => sum + units, 0)
  readonly #database: Database
  readonly #fleet: ChaosFleet
  readonly #random: SeededRandom
  readonly #customers: Customer[] = []
  #stopped = false
  #keys = 0

  constructor(fleet: ChaosFleet, random: SeededRandom) {
    this.#fleet = fleet
    this.#random = random
    this.#database = Database.open(fleet.databaseUrl, { applicationName: 'botfleet chaos office' })
  }

  /** Puts two products on the shelf, one of which will run out. */
  async open(): Promise<void> {
    const { keyring } = this.#fleet
    for (const { id, units, basePrice } of products) {
      const lines = Buffer.from(Array.from({ length: units }, (_none, at) => `${id}-${at + 1}-of-stock`).join('\n'))
      await this.#database.transaction(async (tx) => {
        await createProduct(tx, ownerActor, { id, name: id, currency: 'USDT', basePrice })
        await addStock(tx, ownerActor, { product: id, keyring, source: 'chaos', goods: { lines } })
      })
    }
    const markup = { kind: 'percent', hundredths: 3333n } as const
    await this.#database.transaction((tx) => setMarkup(tx, ownerActor, { tenant: 'agent:ann', markup }))
  }

  /** Gives everybody who has come so far some money, and looks after them from now on. */
  async welcome(): Promise<void> {
    const { rows } = await this.#database.query<Customer>(
      `select id, tenant_id as tenant from customer
       where platform_user_id not in (select platform_user_id from tenant_owner) order by platform_user_id, tenant_id`,
    )
    this.#customers.push(...rows)
    for (const customer of this.#customers) await this.#give(customer)
  }

  stop(): void {
    this.#stopped = true
  }

  async work(): Promise<void> {
    const chores = [
      () => this.#give(this.#random.pick(this.#customers)),
      () => this.#keep(this.#random.pick(this.#customers)),
      () => this.#refund(),
      () => this.#refund(),
      () => this.#review(),
      () => this.#review(),
    ]
    while (!this.#stopped) {
      await this.#random.pick(chores)()
      await delay(this.#random.between(50, 250))
    }
    await this.#database.close()
  }

  #key(): string {
    this.#keys += 1
    return `office-${this.#keys}`
  }

  /** Does it until it is known to be done, and now and then once more, as people do. */
  async #surely<T>(work: (tx: Tx) => Promise<T>): Promise<T | undefined> {
    const outcome = await this.#once(work)
    if (this.#random.between(0, 1) < 0.3) await this.#once(work)
    return outcome
  }

  /** A refusal is an outcome, too. */
  async #once<T>(work: (tx: Tx) => Promise<T>): Promise<T | undefined> {
    for (const endMs = performance.now() + giveUpMs; ; await delay(100)) {
      try {
        return await this.#database.transaction(work)
      } catch (error) {
        if (error instanceof Failure && error.code === 'conflict') return undefined
        if (!(error instanceof Failure) || error.code !== 'unavailable' || performance.now() > endMs) throw error
      }
    }
  }

  async #give({ id: customer }: Customer): Promise<void> {
    const amount = BigInt(Math.floor(this.#random.between(1_000_000, 15_000_000)))
    const gift = { customer, currency: 'USDT', amount, reason: 'a gift', key: this.#key() } as const
    await this.#surely((tx) => adjustBalance(tx, ownerActor, gift))
    this.given.set(customer, (this.given.get(customer) ?? 0n) + amount)
  }

  /** Keeps goods for a customer, who pays in time, thinks better of it, or forgets. */
  async #keep({ id: customerId, tenant }: Customer): Promise<void> {
    const buyer = { tenant, customerId, instanceId: null }
    const wish = { product: 'plenty', quantity: this.#random.pick([1, 2]), key: this.#key(), shownUnitPrice: null }
    const order = await this.#surely((tx) =>
      placeOrder(tx, buyer, { ...wish, hold: true, holdMinutes, maturityHours, actor: ownerActor.name }),
    )
    if (order?.status !== 'reserved') return
    const then = this.#random.pick(['pay', 'pay', 'cancel', 'forget'])
    const question = { order: order.id, maturityHours, actor: ownerActor.name }
    if (then === 'pay') await this.#surely((tx) => payOrder(tx, buyer, question))
    if (then === 'cancel') await this.#surely((tx) => cancelOrder(tx, buyer, question))
  }

  async #refund(): Promise<void> {
    const { rows } = await this.#database.query<{ order: number; units: number[] }>(
      `select o.id as order, array_agg(u.id::int order by u.id) as units
       from customer_order o join stock_unit u on u.order_id = o.id and u.state = 'sold'
       where o.status in ('paid', 'partly_refunded') group by o.id order by o.id desc limit 40`,
    )
    if (rows.length === 0) return
    const { order, units } = this.#random.pick(rows)
    const some = this.#random.between(0, 1) < 0.5 ? undefined : [this.#random.pick(units)]
    const restock = this.#random.between(0, 1) < 0.5
    const refund = { order, units: some, key: this.#key(), restock, reason: 'chaos' }
    await this.#surely((tx) => refundOrder(tx, ownerActor, refund))
  }

  /** Takes a step of a withdrawal's path; what is refused was done by somebody else. */
  async #review(): Promise<void> {
    const { rows } = await this.#database.query<{ id: string; state: string }>(
      `select id, state from withdrawal where state in ('requested', 'approved') order by id`,
    )
    if (rows.length === 0) return
    const { id, state } = this.#random.pick(rows)
    const isGood = this.#random.between(0, 1) < 0.75
    const txid = createHash('sha256').update(id).digest('hex')
    await this.#surely((tx) => {
      if (!isGood) return rejectWithdrawal(tx, ownerActor, { id, reason: 'chaos', force: true })
      return state === 'requested'
        ? approveWithdrawal(tx, ownerActor, { id })
        : payWithdrawal(tx, ownerActor, { id, txid })
    })
  }
}
