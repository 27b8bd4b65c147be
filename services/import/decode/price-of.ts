import { formatAmount } from '../../../domain/money.ts'
import { masterTenant } from '../../../domain/tenant.ts'
import { Misfit } from '../misfit.ts'
import { oldCurrency } from '../row.ts'

/** What an order says of its price; null is what it does not say. */
export interface SaidPrice {
  readonly quantity: number | null
  readonly base: bigint | null
  readonly unit: bigint | null
  readonly markup: bigint | null
  readonly total: bigint | null
}

/** What the agents' ledger says of an order's price. */
export interface LedgerPrice {
  readonly tenant: string
  readonly quantity: number | null
  readonly base: bigint | null
  readonly unit: bigint | null
  /** The agent's profit from the whole order. */
  readonly profit: bigint
  readonly isReverted: boolean
}

/** Numbers that an order here can have: `total = (base + markup) * quantity - discount`. */
export interface OrderPrice {
  /** Null: as many as units of stock say that they were sold by it. */
  readonly quantity: number | null
  readonly base: bigint
  readonly markup: bigint
  /** Null: all of the price, of whatever quantity it turns out to be. */
  readonly discount: bigint | null
  readonly total: bigint
  /**
   * `said`: as the document has it; `fitted`: the total is what it says, and a discount makes up for the difference;
   * `unknown`: it says nothing of money, so none is invented: one smallest unit each, all of it discounted.
   */
  readonly knowledge: 'said' | 'fitted' | 'unknown'
}

/** The old system rounded a unit's markup and an order's profit to cents, each by itself. */
const centOfUnit = 10_000n

/**
 * Finds the numbers of an order. `ledger`: what the agents' ledger says of it, undefined where the agent keeps none: then
 * the markup is what the order says. Throws `Misfit` where what is said contradicts itself.
 */
export function priceOf(tenant: string, said: SaidPrice, inLedger: LedgerPrice | null | undefined): OrderPrice {
  const ledger = inLedger ?? null
  const isProfitable = tenant !== masterTenant && inLedger !== null
  if (ledger !== null && ledger.tenant !== tenant) {
    throw new Misfit(`it belongs to ${tenant}, but its profit in agent_ledger to ${ledger.tenant}`)
  }
  const unit = unitOf(said, ledger)
  const quantity = quantityOf(said, ledger, unit)
  if (unit === null && said.total === null) {
    if (ledger !== null && ledger.profit > 0n) throw new Misfit('it has a profit in agent_ledger, but no price')
    return { quantity, base: 1n, markup: 0n, discount: null, total: 0n, knowledge: 'unknown' }
  }
  const pieces = BigInt(quantity ?? 1)
  const each = unit ?? ceilingOf(said.total ?? 0n, pieces)
  const total = said.total ?? each * pieces
  if (each < 0n || total < 0n) throw new Misfit('its price is negative')
  // What was given away has the form of what has no price.
  if (each === 0n && total === 0n && (ledger?.profit ?? 0n) === 0n)
    return { quantity: quantity ?? 1, base: 1n, markup: 0n, discount: null, total: 0n, knowledge: 'said' }
  const discount = each * pieces - total
  if (discount < 0n) {
    throw new Misfit(`its total ${shown(total)} is more than ${pieces} times its price ${shown(each)}`)
  }
  const markup = isProfitable ? markupOf(said, ledger, each, pieces) : 0n
  const base = each - markup
  if (markup < 0n || base <= 0n) {
    throw new Misfit(`its price ${shown(each)} leaves a base price of ${shown(base)} and a markup of ${shown(markup)}`)
  }
  if (discount > base * pieces) {
    throw new Misfit(`its total ${shown(total)} is less than the agent's markup of ${shown(markup * pieces)}`)
  }
  return { quantity: quantity ?? 1, base, markup, discount, total, knowledge: discount === 0n ? 'said' : 'fitted' }
}

function unitOf(said: SaidPrice, ledger: LedgerPrice | null): bigint | null {
  const added = said.base !== null && said.markup !== null ? said.base + said.markup : null
  return said.unit ?? added ?? ledger?.unit ?? said.base
}

function quantityOf(said: SaidPrice, ledger: LedgerPrice | null, unit: bigint | null): number | null {
  const given = said.quantity ?? ledger?.quantity ?? null
  if (given !== null || said.total === null || unit === null || unit <= 0n) return given
  const whole = said.total / unit
  return whole >= 1n && whole <= 1000n && whole * unit === said.total ? Number(whole) : null
}

/** The agent's part of a unit: what the ledger says they earned; else what the order says. */
function markupOf(said: SaidPrice, ledger: LedgerPrice | null, each: bigint, pieces: bigint): bigint {
  const base = said.base ?? ledger?.base ?? null
  const byPrices = base === null ? (said.markup ?? 0n) : each - base
  if (ledger === null) return byPrices
  const earned = ledger.profit / pieces
  const difference = byPrices * pieces - ledger.profit
  const tolerance = centOfUnit * (pieces + 1n)
  if ((base !== null || said.markup !== null) && (difference > tolerance || difference < -tolerance)) {
    throw new Misfit(
      `its markup is ${shown(byPrices)} a unit, but its profit in agent_ledger is ${shown(ledger.profit)} of ${pieces}`,
    )
  }
  return earned
}

function ceilingOf(total: bigint, pieces: bigint): bigint {
  return (total + pieces - 1n) / pieces
}

function shown(amount: bigint): string {
  return formatAmount(amount, oldCurrency)
}
