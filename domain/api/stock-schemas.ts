/** What the API shows of stock: units without their goods. */
import { z } from 'zod'
import { type LineTrouble, troubleWords } from '../stock-lines.ts'
import {
  type AddedStock,
  type ProductStock,
  type RemovedStock,
  type StockUnitView,
  stockStates,
  unitKinds,
} from '../stock-unit.ts'
import { countsShape } from './catalogue-schemas.ts'
import { instant, listOf, optionalInstant } from './parts.ts'

export const unitSchema = z
  .strictObject({
    id: z.int(),
    product: z.string(),
    kind: z.enum(unitKinds),
    file_name: z.string().nullable(),
    state: z.enum(stockStates),
    /** The import that it came with, and where that came from. */
    import: z.int().nullable(),
    source: z.string().nullable(),
    order: z.int().nullable(),
    added_at: instant,
    reserved_until: optionalInstant,
    sold_at: optionalInstant,
  })
  .meta({ id: 'StockUnit', description: 'A unit of goods, without the goods.' }) satisfies z.ZodType<StockUnitView>

export const shelfSchema = z
  .strictObject({
    product: z.string(),
    name: z.string(),
    ...countsShape,
    low_stock_threshold: z.int().nullable(),
    low_stock: z.boolean(),
    /** Customers who asked to hear when it is there again. */
    wishes: z.int(),
  })
  .meta({ id: 'Shelf', description: 'Units of a product by their state.' }) satisfies z.ZodType<ProductStock>

const troubles = Object.keys(troubleWords) as [LineTrouble, ...LineTrouble[]]

export const addedSchema = z
  .strictObject({
    product: z.string(),
    /** By which its units can be listed and removed. */
    import: z.int(),
    added: z.int(),
    /** How many records are no new unit; the first 1,000 of them follow. */
    skipped_count: z.int(),
    skipped: listOf(z.strictObject({ line: z.int(), trouble: z.enum(troubles), same_as: z.int().exactOptional() })),
    /** Units that can be bought now. */
    available: z.int(),
  })
  .meta({ id: 'AddedStock', description: 'What an upload came to.' }) satisfies z.ZodType<AddedStock>

export const removedSchema = z
  .strictObject({
    product: z.string(),
    removed: z.int(),
    /** Never to be sold: as asked for, or because an order of the past holds them. */
    spoilt: z.int(),
    /** Reserved, sold, or being bought at this moment. */
    kept: z.int(),
  })
  .meta({ id: 'RemovedStock' }) satisfies z.ZodType<RemovedStock>
