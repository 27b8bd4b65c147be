/** Parts that many endpoints are made of. */
import { z } from 'zod'
import { Failure } from '../failure.ts'
import { type Currency, currencies } from '../money.ts'
import { parseAgent, parseShop } from '../tenant.ts'

/** Bytes of a request body, far above any body of the contract but files. */
export const requestBytesMax = 64 * 1024

export const instant = z.iso.datetime().meta({ description: 'ISO 8601 in UTC' })
export const optionalInstant = instant.nullable()
/** An amount of money: a decimal string, never a float. */
export const amount = z.string().regex(/^-?\d{1,30}(\.\d{1,18})?$/, 'must be an amount such as "10" or "0.5"')

/** An amount that somebody asks for: 0 or more. How many digits its currency has is the money's own question. */
export const amountAsked = z.string().regex(/^\d{1,30}(\.\d{1,18})?$/, 'must be an amount such as "10" or "0.5"')

export const currencyCode = z.enum(Object.keys(currencies) as [Currency, ...Currency[]])

const instanceId = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,49}$/, 'is no id of a bot')
/** The path of one bot. */
export const ofInstance = z.strictObject({ id: instanceId })

/** Letters, digits and the few signs that ids have. */
export const idText = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9:._-]{0,99}$/, 'is no id')
export const ofId = z.strictObject({ id: idText })

/** What is counted is named by its number; as text, in a path or a query. */
export const numberText = z
  .string()
  .regex(/^[1-9]\d{0,14}$/, 'is no number of anything')
  .transform(Number)
export const ofNumber = z.strictObject({ id: numberText })
/** The same in a body. */
export const countedId = z.int().min(1).max(999_999_999_999_999)

/** Why something is done, which somebody else reads. */
export const reason = z.string().trim().min(1).max(500)

/** A text that one of our parsers reads; what the parser refuses is said of the field. */
const parsedBy = (parse: (text: string) => string) =>
  z
    .string()
    .max(100)
    .transform((text, context) => {
      try {
        return parse(text)
      } catch (error) {
        context.addIssue({ code: 'custom', message: error instanceof Failure ? error.message : 'cannot be read' })
        return z.NEVER
      }
    })

/** A tenant as a person may write it: `master`, `agent:ada` or `ada`. */
export const tenant = parsedBy(parseShop)
/** The tenant of an agent, by its id or its tenant: `ada` or `agent:ada`. */
export const agentTenant = parsedBy(parseAgent)

/** Bytes in base64, of at most so many; a browser makes it of a file. */
export const base64 = (bytesMax: number) =>
  z
    .string()
    .max(Math.ceil(bytesMax / 3) * 4, `has more than ${bytesMax} bytes`)
    .transform((text, context) => {
      const bytes = Buffer.from(text, 'base64')
      if (bytes.toString('base64') === text) return bytes
      context.addIssue({ code: 'custom', message: 'must be base64, with its padding' })
      return z.NEVER
    })
    .meta({ description: 'base64' })

/** A list in an answer. */
export const listOf = <Item extends z.ZodType>(item: Item) => z.array(item).readonly()

/** A flag of a query: `true` or `false`. */
export const flag = z.enum(['true', 'false']).transform((word) => word === 'true')

/** How many rows a page has. */
export const limit = (most = 500, usual = 50) => z.coerce.number().int().min(1).max(most).default(usual)
/** Where a page begins: what the page before said as `next_cursor`, the id of its last row. */
export const cursor = idText.meta({ description: 'The next_cursor of the page before.' })

/** The same where things are numbered. */
export const numberCursor = numberText.meta({ description: 'The next_cursor of the page before.' })

/** A page of a list; `next_cursor` is null on the last one. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.strictObject({ items: z.array(item), next_cursor: z.string().nullable() })
}
