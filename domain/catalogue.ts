/** What is for sale, as services and faces name it: categories, products, pictures. */
import { Failure } from './failure.ts'
import { type Currency, formatAmount } from './money.ts'

export const productStatuses = ['active', 'hidden', 'archived'] as const
export type ProductStatus = (typeof productStatuses)[number]

export const nameMax = 200
export const categoryNameMax = 100
export const descriptionMax = 3000
export const pictureBytesMax = 5 * 1024 * 1024
export const productIdMax = 30

/** In smallest units: a thousand units of it at the largest markup still fit where amounts are kept. */
const basePriceMax = 1_000_000_000_000n

/** Throws `usage` for what is no price of one unit, in its currency's smallest unit. */
export function assertBasePrice(price: bigint, currency: Currency): void {
  if (price > 0n && price <= basePriceMax) return
  throw new Failure('usage', `a price is above 0 and at most ${formatAmount(basePriceMax, currency)} ${currency}`)
}

/** A category as operators see it. */
export interface CategoryView {
  readonly id: number
  readonly name: string
  /** Names in other languages, by language. */
  readonly names: Readonly<Record<string, string>>
  readonly position: number
  /** Products that are not archived. */
  readonly products: number
  readonly archived_at: string | null
}

/** A product as operators see it; times are ISO 8601 in UTC. */
export interface ProductView {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly translations: Readonly<Record<string, { readonly name?: string; readonly description?: string }>>
  readonly category: { readonly id: number; readonly name: string } | null
  readonly currency: Currency
  /** The master's price of one unit, as a decimal string. */
  readonly base_price: string
  readonly status: ProductStatus
  readonly visible_to_agents: boolean
  readonly limit_per_customer: number | null
  readonly low_stock_threshold: number | null
  /** Whether there are not more units than the threshold. */
  readonly low_stock: boolean
  readonly position: number
  readonly picture: PictureView | null
  readonly stock: StockCounts
  readonly created_at: string
  readonly created_by: string
  readonly updated_at: string
}

export interface PictureView {
  readonly type: PictureType
  readonly bytes: number
  /** Another one for another picture. */
  readonly id: string
}

/** Units by their state. */
export interface StockCounts {
  readonly available: number
  readonly reserved: number
  readonly sold: number
  readonly spoilt: number
}

export const pictureTypes = ['image/jpeg', 'image/png', 'image/webp'] as const
export type PictureType = (typeof pictureTypes)[number]

const pngSignature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
const jpegSignature = Buffer.from([0xff, 0xd8, 0xff])

/** What a picture is by its own first bytes, whatever its name says; throws `usage` when it is none or too large. */
export function pictureTypeOf(picture: Buffer): PictureType {
  if (picture.length > pictureBytesMax) {
    throw new Failure('usage', `a picture has at most ${pictureBytesMax / 1024 / 1024} MB`)
  }
  if (begins(picture, jpegSignature)) return 'image/jpeg'
  if (begins(picture, pngSignature)) return 'image/png'
  if (picture.toString('latin1', 0, 4) === 'RIFF' && picture.toString('latin1', 8, 12) === 'WEBP') return 'image/webp'
  throw new Failure('usage', 'the picture is no JPEG, PNG or WebP file')
}

function begins(bytes: Buffer, signature: Buffer): boolean {
  return bytes.subarray(0, signature.length).equals(signature)
}

/** An id for a name: `VPN, 1 month` is `vpn-1-month`; of a name without Latin letters or digits `item`. */
export function productIdFrom(name: string): string {
  const plain = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, productIdMax)
    .replace(/-+$/, '')
  return plain === '' ? 'item' : plain
}

/** The next id to try when one is taken: `vpn`, `vpn-2`, `vpn-3`, never longer than an id may be. */
export function numberedProductId(id: string, number: number): string {
  if (number === 1) return id
  const ending = `-${number}`
  return `${id.slice(0, productIdMax - ending.length).replace(/-+$/, '')}${ending}`
}

/** Checks an id that somebody chose; throws `usage`. */
export function parseProductId(text: string): string {
  if (/^[a-z0-9][a-z0-9_-]{0,29}$/.test(text)) return text
  throw new Failure(
    'usage',
    `a product's id has 1 to ${productIdMax} lower-case letters, digits, _ or -, beginning with a letter or digit`,
  )
}

/** Trims a name and checks that it is one line of 1 to `max` characters; throws `usage` naming `what` it is. */
export function parseLine(text: string, what: string, max: number): string {
  const line = text.trim()
  if (line.length >= 1 && line.length <= max && !/\p{Cc}/u.test(line)) return line
  throw new Failure('usage', `${what} is one line of 1 to ${max} characters`)
}

/** Trims a description and checks its length and that nothing but lines of text is in it; throws `usage`. */
export function parseDescription(text: string): string {
  const description = text.replace(/\r\n?/g, '\n').trim()
  if (description.length <= descriptionMax && !/[^\P{Cc}\n\t]/u.test(description)) return description
  throw new Failure('usage', `a description is text of at most ${descriptionMax} characters`)
}
