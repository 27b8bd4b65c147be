import { createHash } from 'node:crypto'
import type { Row } from '../row.ts'
import type { Decoded } from './decoded.ts'

/** A category of the old menu. */
export function decodeCategory(row: Row): Decoded {
  const id = row.need(row.text('uid', 'category_id', '_id'), 'uid')
  return {
    key: row.key(id),
    tenant: null,
    number: id,
    state: 'there',
    amount: 0n,
    details: {},
    columns: {
      name: row.need(row.text('projectname', 'name'), 'name').slice(0, 100),
      position: row.whole({ min: 0, max: 1_000_000 }, 'row', 'position') ?? 0,
    },
  }
}

/** A product of the old menu; stock and orders name it by its `nowuid`. */
export function decodeProduct(row: Row): Decoded {
  const original = row.need(row.text('nowuid', 'product_id', '_id'), 'nowuid')
  const price = row.amount('money', 'price', 'base_price')
  return {
    key: row.key(original),
    tenant: null,
    number: original,
    state: 'there',
    amount: price !== null && price > 0n ? price : 0n,
    details: {},
    columns: {
      product: productIdOf(original),
      name: (row.text('projectname', 'name', 'title') ?? original).slice(0, 200),
      description: row.text('description')?.slice(0, 3000) ?? '',
      category: row.text('uid', 'category_id', 'category'),
      position: row.whole({ min: 0, max: 1_000_000 }, 'row', 'position') ?? 0,
    },
  }
}

/** A product's id here: the old one where it has the form of an id, else one made of it that is always the same. */
export function productIdOf(original: string): string {
  if (/^[a-z0-9][a-z0-9_-]{0,29}$/.test(original)) return original
  return `old-${createHash('sha256').update(original).digest('hex').slice(0, 20)}`
}
