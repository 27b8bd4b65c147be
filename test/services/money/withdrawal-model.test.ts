/**
 * The machine W as a model: an agent earns, its customers are refunded, it asks for withdrawals and takes them back,
 * people approve, reject and pay them, in any order and mostly in a wrong one. The database must say what the model says
 * to every step, and have the same balances after it.
 *
 * WITHDRAWAL_MODEL_RUNS and WITHDRAWAL_MODEL_SEED set the number of runs and repeat a failure.
 */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Database } from '../../../db/database.ts'
import type { Actor } from '../../../domain/actor.ts'
import { formatAmount } from '../../../domain/money.ts'
import type { WithdrawalOutcome, WithdrawalRefusal, WithdrawalState } from '../../../domain/withdrawal.ts'
import { approveWithdrawal } from '../../../services/withdrawals/approve-withdrawal.ts'
import { cancelWithdrawal } from '../../../services/withdrawals/cancel-withdrawal.ts'
import { matureProfits } from '../../../services/withdrawals/mature-profits.ts'
import { payWithdrawal } from '../../../services/withdrawals/pay-withdrawal.ts'
import { rejectWithdrawal } from '../../../services/withdrawals/reject-withdrawal.ts'
import { showWithdrawal } from '../../../services/withdrawals/show-withdrawal.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import {
  addCustomer,
  addTenant,
  addUser,
  ask,
  earnings,
  ledgerDifferences,
  machine,
  ownerOf,
  sell,
  txid,
  usdt,
} from './money-fixture.ts'

interface ModelWithdrawal {
  readonly amount: bigint
  readonly requester: string | null
  readonly approvers: Set<string>
  state: WithdrawalState
  txid: string | null
}

/** What should be: all in the smallest unit. */
interface Model {
  available: bigint
  held: bigint
  debt: bigint
  paidOut: bigint
  readonly orders: { readonly profit: bigint; state: 'due' | 'matured' | 'refunded' }[]
  readonly withdrawals: ModelWithdrawal[]
}

interface Real {
  readonly at: Database
  readonly tenant: string
  readonly customer: string
  readonly people: Readonly<Record<string, Actor>>
  readonly orders: number[]
  readonly withdrawals: string[]
  readonly reached: Map<string, number>
}

const fee = usdt(1)
const least = usdt(10)
const twoAbove = usdt(30)
const modelRules = { minimum: least, fee, twoPeopleAbove: twoAbove }

/** Everything due becomes available, debts first; as the maturing job and each request do. */
function settle(model: Model): void {
  for (const order of model.orders) {
    if (order.state !== 'due') continue
    const repaid = order.profit < model.debt ? order.profit : model.debt
    model.debt -= repaid
    model.available += order.profit - repaid
    order.state = 'matured'
  }
}

async function expectSame(model: Model, real: Real): Promise<void> {
  const due = model.orders.reduce((sum, order) => (order.state === 'due' ? sum + order.profit : sum), 0n)
  const repaid = due < model.debt ? due : model.debt
  const show = (amount: bigint) => formatAmount(amount, 'USDT')
  expect(await earnings(real.at, real.tenant)).toEqual({
    available: show(model.available + due - repaid),
    pending: '0',
    held: show(model.held),
    paidOut: show(model.paidOut),
    debt: show(model.debt - repaid),
  })
  for (const [at, withdrawal] of model.withdrawals.entries()) {
    const view = await showWithdrawal(real.at, machine, { id: real.withdrawals[at] ?? '' })
    expect(view).toMatchObject({ status: withdrawal.state, txid: withdrawal.txid })
    expect(view?.approvals).toHaveLength(withdrawal.approvers.size)
  }
}

type Expected = WithdrawalRefusal | 'done' | 'repeated'

abstract class Step implements fc.AsyncCommand<Model, Real> {
  abstract check(model: Readonly<Model>): boolean
  abstract act(model: Model, real: Real): Promise<void>
  abstract toString(): string

  async run(model: Model, real: Real): Promise<void> {
    await this.act(model, real)
    await expectSame(model, real)
  }

  said(real: Real, outcome: WithdrawalOutcome, expected: Expected): void {
    const word = outcome.kind === 'refused' ? outcome.refusal : outcome.repeated ? 'repeated' : 'done'
    expect(word).toBe(expected)
    const what = `${this.constructor.name}: ${word}`
    real.reached.set(what, (real.reached.get(what) ?? 0) + 1)
  }
}

class Earn extends Step {
  readonly profit: bigint
  constructor(profit: bigint) {
    super()
    this.profit = profit
  }
  check = () => true
  toString = () => `earn ${this.profit}`
  async act(model: Model, { at, tenant, customer, orders }: Real): Promise<void> {
    orders.push(await sell(at, { tenant, customer, profit: this.profit }))
    model.orders.push({ profit: this.profit, state: 'due' })
  }
}

class Mature extends Step {
  check = () => true
  toString = () => 'mature'
  async act(model: Model, { at }: Real): Promise<void> {
    while ((await matureProfits(at, { actor: 'system:maturity@test' })) > 0);
    settle(model)
  }
}

class Refund extends Step {
  readonly pick: number
  constructor(pick: number) {
    super()
    this.pick = pick
  }
  check = (model: Readonly<Model>) => model.orders.length > 0
  toString = () => `refund ${this.pick}`
  async act(model: Model, { at, orders }: Real): Promise<void> {
    const index = this.pick % model.orders.length
    const order = model.orders[index]
    if (order === undefined) return
    // A key of its own: asked again, it says the same.
    await at.query(`select refund_order($1, null, 'r', false, null, 'test')`, [orders[index]])
    if (order.state === 'matured') {
      const free = order.profit < model.available ? order.profit : model.available
      model.available -= free
      model.debt += order.profit - free
    }
    order.state = 'refunded'
  }
}

class Request extends Step {
  readonly amount: bigint
  readonly requester: string
  constructor(amount: bigint, requester: string) {
    super()
    this.amount = amount
    this.requester = requester
  }
  check = () => true
  toString = () => `request ${this.amount} by ${this.requester}`
  async act(model: Model, real: Real): Promise<void> {
    const { at, tenant, people, withdrawals } = real
    const actor = people[this.requester] ?? ownerOf(tenant)
    const outcome = await ask(at, this.amount, { tenant, actor, rules: modelRules, key: `k${withdrawals.length}` })
    if (this.amount < least) return this.said(real, outcome, 'below_minimum')
    settle(model)
    if (model.debt > 0n) return this.said(real, outcome, 'in_debt')
    if (this.amount > model.available) return this.said(real, outcome, 'above_available')
    this.said(real, outcome, 'done')
    if (outcome.kind !== 'done') return
    model.available -= this.amount
    model.held += this.amount
    withdrawals.push(outcome.withdrawal.id)
    const requester = actor.userId
    model.withdrawals.push({ amount: this.amount, requester, approvers: new Set(), state: 'requested', txid: null })
  }
}

/** A step on one of the withdrawals there are. */
abstract class StepOnOne extends Step {
  readonly pick: number
  constructor(pick: number) {
    super()
    this.pick = pick
  }
  check(model: Readonly<Model>): boolean {
    return model.withdrawals.length > 0
  }
  async act(model: Model, real: Real): Promise<void> {
    const index = this.pick % model.withdrawals.length
    const withdrawal = model.withdrawals[index]
    const id = real.withdrawals[index]
    if (withdrawal !== undefined && id !== undefined) await this.on({ model, real, withdrawal, id })
  }
  abstract on(one: { model: Model; real: Real; withdrawal: ModelWithdrawal; id: string }): Promise<void>
}
type One = Parameters<StepOnOne['on']>[0]

class Approve extends StepOnOne {
  readonly person: string
  constructor(pick: number, person: string) {
    super(pick)
    this.person = person
  }
  toString = () => `approve ${this.pick} by ${this.person}`
  async on({ real, withdrawal, id }: One): Promise<void> {
    const actor = real.people[this.person] ?? machine
    const outcome = await real.at.transaction((tx) => approveWithdrawal(tx, actor, { id }))
    const needed = withdrawal.amount > twoAbove ? 2 : 1
    const approver = actor.userId ?? actor.name
    const { state, approvers } = withdrawal
    if (state === 'approved' && approvers.has(approver)) return this.said(real, outcome, 'repeated')
    if (state !== 'requested') return this.said(real, outcome, 'wrong_state')
    if (needed > 1 && actor.userId === null) return this.said(real, outcome, 'person_unknown')
    if (needed > 1 && actor.userId === withdrawal.requester) return this.said(real, outcome, 'own_request')
    if (approvers.has(approver)) return this.said(real, outcome, 'repeated')
    this.said(real, outcome, 'done')
    approvers.add(approver)
    if (approvers.size >= needed) withdrawal.state = 'approved'
  }
}

class Reject extends StepOnOne {
  readonly force: boolean
  constructor(pick: number, force: boolean) {
    super(pick)
    this.force = force
  }
  toString = () => `reject ${this.pick}${this.force ? ' by force' : ''}`
  async on({ model, real, withdrawal, id }: One): Promise<void> {
    const { force } = this
    const outcome = await real.at.transaction((tx) => rejectWithdrawal(tx, machine, { id, reason: 'no', force }))
    if (withdrawal.state === 'rejected') return this.said(real, outcome, 'repeated')
    if (withdrawal.state === 'approved' && !force) return this.said(real, outcome, 'needs_force')
    if (withdrawal.state !== 'requested' && withdrawal.state !== 'approved') {
      return this.said(real, outcome, 'wrong_state')
    }
    this.said(real, outcome, 'done')
    giveBack(model, withdrawal, 'rejected')
  }
}

class Cancel extends StepOnOne {
  toString = () => `cancel ${this.pick}`
  async on({ model, real, withdrawal, id }: One): Promise<void> {
    const outcome = await real.at.transaction((tx) => cancelWithdrawal(tx, ownerOf(real.tenant), { id }))
    if (withdrawal.state === 'cancelled') return this.said(real, outcome, 'repeated')
    if (withdrawal.state !== 'requested') return this.said(real, outcome, 'wrong_state')
    this.said(real, outcome, 'done')
    giveBack(model, withdrawal, 'cancelled')
  }
}

function giveBack(model: Model, withdrawal: ModelWithdrawal, state: 'rejected' | 'cancelled'): void {
  model.held -= withdrawal.amount
  model.available += withdrawal.amount
  withdrawal.state = state
}

class Pay extends StepOnOne {
  readonly hash: number
  constructor(pick: number, hash: number) {
    super(pick)
    this.hash = hash
  }
  toString = () => `pay ${this.pick} by ${this.hash}`
  async on({ model, real, withdrawal, id }: One): Promise<void> {
    const hash = txid(`${real.tenant} ${this.hash}`)
    const outcome = await real.at.transaction((tx) => payWithdrawal(tx, machine, { id, txid: hash }))
    if (withdrawal.state === 'paid' && withdrawal.txid === hash) return this.said(real, outcome, 'repeated')
    if (withdrawal.state !== 'approved') return this.said(real, outcome, 'wrong_state')
    if (model.withdrawals.some((other) => other.txid === hash)) return this.said(real, outcome, 'txid_used')
    this.said(real, outcome, 'done')
    model.held -= withdrawal.amount
    model.paidOut += withdrawal.amount - fee
    withdrawal.state = 'paid'
    withdrawal.txid = hash
  }
}

const pick = fc.nat(3)
const amount = fc.constantFrom(9.5, 10, 12.000001, 20, 30, 30.5, 45).map(usdt)
const steps = fc.commands<Model, Real, false>(
  [
    fc.constantFrom(5, 20, 40, 60).map((profit) => new Earn(usdt(profit))),
    fc.constantFrom(20, 60).map((profit) => new Earn(usdt(profit))),
    fc.constant(new Mature()),
    pick.map((which) => new Refund(which)),
    fc.tuple(amount, fc.constantFrom('owner', 'ann', 'bob')).map((given) => new Request(...given)),
    fc.tuple(amount, fc.constantFrom('owner', 'ann')).map((given) => new Request(...given)),
    fc.tuple(pick, fc.constantFrom('ann', 'bob', 'cas', 'machine')).map((given) => new Approve(...given)),
    fc.tuple(pick, fc.constantFrom('ann', 'bob', 'cas')).map((given) => new Approve(...given)),
    fc.tuple(pick, fc.boolean()).map((given) => new Reject(...given)),
    fc.tuple(pick, fc.nat(2)).map((given) => new Pay(...given)),
    fc.tuple(fc.nat(2), fc.nat(1)).map((given) => new Pay(...given)),
    pick.map((which) => new Cancel(which)),
  ],
  { maxCommands: 30, size: 'max' },
)

/** Where a run begins: with nothing, with requests that wait, or with some of them handled. */
const asked = [new Earn(usdt(80)), new Request(usdt(30.5), 'ann'), new Request(usdt(20), 'owner')]
const handled = [
  new Approve(0, 'bob'),
  new Approve(0, 'cas'),
  new Approve(1, 'machine'),
  new Pay(0, 0),
  new Request(usdt(10), 'owner'),
  new Cancel(2),
]
const beginnings = fc.constantFrom([], asked, [...asked, ...handled.slice(0, 3)], [...asked, ...handled])

/** Meets every answer there is, so that no run of chance has to. */
const tour = [
  ...asked,
  new Request(usdt(9.5), 'owner'),
  new Request(usdt(45), 'owner'),
  new Approve(0, 'machine'),
  new Approve(0, 'ann'),
  ...handled,
  new Approve(1, 'machine'),
  new Reject(1, false),
  new Pay(0, 0),
  new Pay(1, 0),
  new Cancel(2),
  new Cancel(0),
  new Approve(2, 'bob'),
  new Pay(2, 1),
  new Reject(1, true),
  new Reject(1, true),
  new Reject(0, true),
  new Mature(),
  new Refund(0),
  new Request(usdt(10), 'owner'),
]

const mustBeReached = [
  ...['done', 'below_minimum', 'in_debt', 'above_available'].map((word) => `Request: ${word}`),
  ...['done', 'repeated', 'wrong_state', 'person_unknown', 'own_request'].map((word) => `Approve: ${word}`),
  ...['done', 'repeated', 'wrong_state', 'needs_force'].map((word) => `Reject: ${word}`),
  ...['done', 'repeated', 'wrong_state', 'txid_used'].map((word) => `Pay: ${word}`),
  ...['done', 'repeated', 'wrong_state'].map((word) => `Cancel: ${word}`),
]

let test_: TestDatabase
beforeAll(async () => {
  test_ = await createTestDatabase()
})
afterAll(() => test_.drop())

test('whatever is tried in whatever order, the database does what the model says', { timeout: 600_000 }, async () => {
  const { WITHDRAWAL_MODEL_RUNS: runs = '60', WITHDRAWAL_MODEL_SEED: seed } = process.env
  const at = test_.database
  const people = {
    ann: await addUser(at, 'ann', 'admin'),
    bob: await addUser(at, 'bob', 'owner'),
    cas: await addUser(at, 'cas', 'admin'),
  }
  const reached = new Map<string, number>()
  let worlds = 0
  const walk = async (...legs: Iterable<fc.AsyncCommand<Model, Real>>[]) => {
    const tenant = `agent:world_${(worlds += 1)}`
    await addTenant(at, tenant)
    const customer = await addCustomer(at, tenant)
    const real: Real = { at, tenant, customer, people, orders: [], withdrawals: [], reached }
    const model: Model = { available: 0n, held: 0n, debt: 0n, paidOut: 0n, orders: [], withdrawals: [] }
    for (const leg of legs) await fc.asyncModelRun(async () => ({ model, real }), leg)
  }
  await walk(tour)
  expect(mustBeReached.filter((what) => !reached.has(what))).toEqual([])
  await fc.assert(
    fc.asyncProperty(beginnings, steps, (beginning, tried) => walk(beginning, tried)),
    { numRuns: Number(runs), ...(seed === undefined ? {} : { seed: Number(seed) }), endOnFailure: false },
  )
  expect(await ledgerDifferences(at)).toEqual([])
})
