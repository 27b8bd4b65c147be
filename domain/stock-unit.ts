/** Units of goods as services and faces name them; times are ISO 8601 in UTC. */
import type { StockCounts } from './catalogue.ts'
import type { LineTrouble } from './stock-lines.ts'

/** The states of a unit of goods; which leads to which, the database guards (migration 0006). */
export const stockStates = ['available', 'reserved', 'sold', 'spoilt'] as const
export type StockState = (typeof stockStates)[number]

/** A line of a file, or a file that keeps its name. */
export const unitKinds = ['line', 'file'] as const
export type UnitKind = (typeof unitKinds)[number]

/** A unit without its goods. */
export interface StockUnitView {
  readonly id: number
  readonly product: string
  readonly kind: UnitKind
  readonly file_name: string | null
  readonly state: StockState
  /** The import that it came with, and where that came from. */
  readonly import: number | null
  readonly source: string | null
  readonly order: number | null
  readonly added_at: string
  readonly reserved_until: string | null
  readonly sold_at: string | null
}

/** The shelf of one product. */
export interface ProductStock extends StockCounts {
  readonly product: string
  readonly name: string
  readonly low_stock_threshold: number | null
  readonly low_stock: boolean
  /** Customers who asked to hear when it is there again. */
  readonly wishes: number
}

/** A line that is no new unit, and why. */
export interface SkippedLine {
  readonly line: number
  readonly trouble: LineTrouble
  /** The line of the same file that has the same goods, for `repeated`. */
  readonly same_as?: number
}

/** What an import came to. */
export interface AddedStock {
  readonly product: string
  /** The import, by which its units can be found and removed. */
  readonly import: number
  readonly added: number
  /** Every line that is no new unit, in the order of the file. */
  readonly skipped: readonly SkippedLine[]
  /** Units that can be bought now. */
  readonly available: number
}

export interface RemovedStock {
  readonly product: string
  readonly removed: number
  /** Units that were sold once and came back: they are kept for their order's sake, and not sold again. */
  readonly spoilt: number
  /** Units that are reserved, sold, or being ordered at this moment: they stay. */
  readonly kept: number
}

/** A unit that was sold, with its goods in plain. */
export interface SoldUnit {
  readonly order: number
  readonly unit: number
  readonly product: string
  readonly tenant: string
  readonly customer: string
  readonly sold_at: string
  /** Null unless it was refunded. */
  readonly refunded_at: string | null
  readonly kind: UnitKind
  readonly file_name: string | null
  readonly encoding: 'utf-8' | 'base64'
  readonly content: string
}
