/** Parts that many endpoints are made of. */
import { z } from 'zod'
import { Failure } from '../failure.ts'
import { type Currency, currencies } from '../money.ts'
import { parseShop } from '../tenant.ts'

/** Bytes of a request body, far above any body of the contract but files. */
export const requestBytesMax = 64 * 1024

export const instant = z.iso.datetime().meta({ description: 'ISO 8601 in UTC' })
export const optionalInstant = instant.nullable()
/** An amount of money: a decimal string, never a float. */
export const amount = z.string().regex(/^-?\d{1,30}(\.\d{1,18})?$/, 'must be an amount such as "10" or "0.5"')

export const currencyCode = z.enum(Object.keys(currencies) as [Currency, ...Currency[]])

const instanceId = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,49}$/, 'is no id of a bot')
/** The path of one bot. */
export const ofInstance = z.strictObject({ id: instanceId })

/** Letters, digits and the few signs that ids have. */
const idText = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9:._-]{0,99}$/, 'is no id')
export const ofId = z.strictObject({ id: idText })

/** A tenant as a person may write it: `master`, `agent:ada` or `ada`. */
export const tenant = z
  .string()
  .max(100)
  .transform((text, context) => {
    try {
      return parseShop(text)
    } catch (error) {
      context.addIssue({ code: 'custom', message: error instanceof Failure ? error.message : 'is no tenant' })
      return z.NEVER
    }
  })

/** A flag of a query: `true` or `false`. */
export const flag = z.enum(['true', 'false']).transform((word) => word === 'true')

/** How many rows a page has. */
export const limit = (most = 500, usual = 50) => z.coerce.number().int().min(1).max(most).default(usual)
/** Where a page begins: what the page before said as `next_cursor`, the id of its last row. */
export const cursor = idText.meta({ description: 'The next_cursor of the page before.' })

/** A page of a list; `next_cursor` is null on the last one. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.strictObject({ items: z.array(item), next_cursor: z.string().nullable() })
}
