import type { Fields, Value } from '../../../domain/extended-json.ts'
import { fileBytesMax, lineBytesMax } from '../../../domain/stock-lines.ts'

import { Misfit } from '../misfit.ts'
import { type Row, translate } from '../row.ts'
import type { Decoded } from './decoded.ts'
import { productIdOf } from './product.ts'
import { optionalUserId } from './user.ts'

/** Old words and integers (seed row S0-065). What was reserved, or is of no use, is not put back on the shelf. */
const states = {
  '0': 'available',
  available: 'available',
  unsold: 'available',
  '1': 'sold',
  sold: 'sold',
  '2': 'reserved',
  reserved: 'reserved',
  locked: 'reserved',
  '-1': 'spoilt',
  '3': 'spoilt',
  spoilt: 'spoilt',
  invalid: 'spoilt',
  frozen: 'spoilt',
  refunded: 'spoilt',
} as const

const goodsFields = ['content', 'goods', 'payload', 'card', 'data', 'text'] as const
/** Kinds whose goods were files beside the database; their documents only have the files' name. */
const kindsOfFiles = ['协议号', '直登号']

/** Where a document has its goods when no field says so: `projectname` may be the goods or the product's name. */
export type GoodsIn = 'projectname' | 'hbid'

export interface DecodedStock {
  readonly decoded: Decoded
  readonly product: string
  readonly goods: Goods
}

/** What is sold: a line, or what takes more than one. */
export interface Goods {
  readonly bytes: Buffer
  /** Null for a line. */
  readonly fileName: string | null
}

/** One unit of `stock` (`hb`). */
export function decodeStock(row: Row, goodsIn: GoodsIn): DecodedStock {
  const original = row.need(row.text('nowuid', 'product_id'), 'nowuid')
  const product = productIdOf(original)
  const state = translate(row.need(row.word('state', 'status'), 'state'), states, 'state')
  const { goods, productName } = goodsOf(row, goodsIn, state)
  const price = row.amount('price', 'money', 'base_price')
  return {
    product,
    goods,
    decoded: {
      key: row.key(`${original} ${row.text('hbid') ?? goods.bytes.toString('base64')}`),
      tenant: null,
      number: null,
      state,
      amount: 0n,
      details: {},
      columns: {
        product,
        original,
        product_name: productName?.slice(0, 200) ?? null,
        price: price !== null && price > 0n ? price.toString() : null,
        file_name: goods.fileName,
        buyer: optionalUserId(row, 'gmid', 'buyer_id', 'user_id', 'sold_to'),
        sold_at: row.time('yssj', 'sold_at', 'sold_time'),
        added_at: row.time('timer', 'added_at', 'created_at', 'time'),
        order_number: row.text('order_id', 'bianhao', 'order_no', 'delivery_order_id'),
      },
    },
  }
}

function goodsOf(row: Row, goodsIn: GoodsIn, state: string): { goods: Goods; productName: string | null } {
  const name = row.text('projectname', 'product_name', 'name')
  const named = row.value(...goodsFields)
  if (named !== null) return { goods: packed(textOf(named)), productName: name }
  const goods = row.value(goodsIn, 'projectname')
  if (goods === null) throw new Misfit(`it has no goods: ${goodsFields.join(', ')}, projectname and hbid are empty`)
  if (state === 'available' && kindsOfFiles.includes(row.text('leixing') ?? '')) {
    throw new Misfit(
      'its goods are files of the old server, which are in no export: leave it out, and add the files with ./botfleet stock add',
    )
  }
  return { goods: packed(textOf(goods)), productName: goodsIn === 'hbid' ? name : row.text('product_name', 'name') }
}

/** Goods of several parts become one line: `name: value | name: value`. */
function textOf(value: Value): string {
  if (typeof value !== 'object' || value === null) return String(value)
  return Object.entries(value as Fields)
    .map(([name, part]) => `${name}: ${typeof part === 'string' ? part : JSON.stringify(part)}`)
    .join(' | ')
}

/** A line where it can be one, to the letter; else a file. */
function packed(text: string): Goods {
  const bytes = Buffer.from(text.replace(/[\r\n]+$/, ''))
  if (bytes.toString('utf8').trim() === '') throw new Misfit('its goods are empty')
  if (bytes.length > fileBytesMax) throw new Misfit(`its goods are longer than ${fileBytesMax / 1024 / 1024} MB`)
  const isLine = bytes.length <= lineBytesMax && !/(?!\t)\p{Cc}/u.test(text.trimEnd())
  return { bytes, fileName: isLine ? null : 'goods.txt' }
}

/**
 * Tells in which field goods are when no field says so, from what the documents have in common: where units of one
 * product differ in `projectname`, that is the goods; where they never do, it is the product's name.
 */
export class GoodsGuess {
  readonly #firstName = new Map<string, string>()
  #hasSeveral = false
  #differs = false

  look(row: Row): void {
    const product = row.text('nowuid', 'product_id')
    const name = row.text('projectname')
    if (product === null || name === null || row.value(...goodsFields) !== null) return
    const first = this.#firstName.get(product)
    if (first === undefined) this.#firstName.set(product, name)
    else if (first === name) this.#hasSeveral = true
    else this.#differs = true
  }

  /** Whether any document leaves the question open. */
  get hasLooked(): boolean {
    return this.#firstName.size > 0
  }

  get goodsIn(): GoodsIn {
    return this.#hasSeveral && !this.#differs ? 'hbid' : 'projectname'
  }
}
