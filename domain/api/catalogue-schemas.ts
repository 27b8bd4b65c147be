/** What the API shows of the catalogue. */
import { z } from 'zod'
import { type CategoryView, type ProductView, pictureTypes, productStatuses, type StockCounts } from '../catalogue.ts'
import { languages } from '../once-call.ts'
import { amount, currencyCode, instant, optionalInstant } from './parts.ts'

const ofLanguages = <Value extends z.ZodType>(value: Value) => z.record(z.string(), value)

export const categorySchema = z
  .strictObject({
    id: z.int(),
    name: z.string(),
    /** Names in other languages. */
    names: ofLanguages(z.string()),
    position: z.int(),
    /** Products that are not archived. */
    products: z.int(),
    archived_at: optionalInstant,
  })
  .meta({ id: 'Category', description: 'What products are sorted by.' }) satisfies z.ZodType<CategoryView>

export const countsShape = {
  available: z.int(),
  reserved: z.int(),
  sold: z.int(),
  spoilt: z.int(),
} satisfies Record<keyof StockCounts, z.ZodType>

export const productSchema = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    description: z.string(),
    translations: ofLanguages(
      z.strictObject({ name: z.string().exactOptional(), description: z.string().exactOptional() }),
    ),
    category: z.strictObject({ id: z.int(), name: z.string() }).nullable(),
    currency: currencyCode,
    /** The master's price of one unit. */
    base_price: amount,
    status: z.enum(productStatuses),
    visible_to_agents: z.boolean(),
    limit_per_customer: z.int().nullable(),
    low_stock_threshold: z.int().nullable(),
    low_stock: z.boolean(),
    position: z.int(),
    picture: z.strictObject({ type: z.enum(pictureTypes), bytes: z.int(), id: z.string() }).nullable(),
    /** Units by their state. */
    stock: z.strictObject(countsShape),
    created_at: instant,
    created_by: z.string(),
    updated_at: instant,
  })
  .meta({ id: 'Product', description: 'What is for sale, as operators see it.' }) satisfies z.ZodType<ProductView>

export const language = z.enum(languages)
