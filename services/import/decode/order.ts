import { type Row, storable, translate } from '../row.ts'
import type { Decoded } from './decoded.ts'
import type { LedgerPrice } from './price-of.ts'
import { priceOf } from './price-of.ts'
import { productIdOf } from './product.ts'
import { userIdOf } from './user.ts'

/** Orders of the old system were written when they were done; later ones have a status. */
const statuses = {
  completed: 'paid',
  complete: 'paid',
  paid: 'paid',
  success: 'paid',
  delivered: 'paid',
  done: 'paid',
  refunded: 'refunded',
  refund: 'refunded',
  cancelled: 'cancelled',
  canceled: 'cancelled',
  failed: 'cancelled',
  expired: 'cancelled',
  pending: 'cancelled',
} as const

const quantityMax = 1000

/** The order's number, by which the ledger and the stock name it. */
export function orderNumberOf(row: Row): string {
  return row.need(row.text('bianhao', 'order_id', 'order_no', '_id'), 'bianhao')
}

/**
 * An order of `orders` (`gmjlu`) in numbers that hold together (seed rows S0-089 to S0-093). `ledger`: what its agent's
 * ledger says of it; `undefined` where the agent has none, null where it has one without this order.
 */
export function decodeOrder(row: Row, ledger: LedgerPrice | null | undefined): Decoded {
  const tenant = row.tenant()
  const number = orderNumberOf(row)
  const state = translate(row.word('status') ?? 'completed', statuses, 'status')
  const original = row.text('nowuid', 'product_id', 'original_nowuid')
  const said = {
    quantity: row.whole({ min: 1, max: quantityMax }, 'count', 'qty', 'quantity'),
    base: row.amount('base_price', 'cost_price'),
    unit: row.amount('agent_price', 'unit_price', 'price'),
    markup: row.amount('markup_value', 'markup_per_item', 'markup'),
    total: row.amount('total', 'total_price', 'total_amount', 'amount', 'money'),
  }
  const price = priceOf(tenant, said, ledger)
  const columns = {
    buyer: userIdOf(row, 'user_id', 'customer_id', 'buyer_id'),
    product: original === null ? null : productIdOf(original),
    product_name: row.text('projectname', 'product_name', 'product')?.slice(0, 200) ?? null,
    at: row.bornAt('time', 'created_at', 'timer', 'order_time'),
  }
  return {
    key: row.key(number),
    tenant,
    number,
    state,
    amount: price.total,
    details: { price: price.knowledge, said: wordsOf(row) },
    columns: {
      ...columns,
      quantity: price.quantity,
      base_price: price.base.toString(),
      markup: price.markup.toString(),
      discount: price.discount?.toString() ?? null,
      is_refunded: state === 'refunded' || ledger?.isReverted === true,
    },
    identity: [tenant, number, state, said, columns].map((part) => JSON.stringify(part, asText)),
  }
}

const keptFields = [
  'count',
  'qty',
  'base_price',
  'agent_price',
  'markup_value',
  'price',
  'total',
  'total_price',
  'leixing',
  'status',
] as const

/** The numbers as they stood there; never the goods. */
function wordsOf(row: Row): Record<string, string> {
  const words = keptFields.map((name) => [name, row.fields[name]] as const)
  return Object.fromEntries(
    words.flatMap(([name, word]) => (typeof word === 'string' && word !== '' ? [[name, storable(word)]] : [])),
  )
}

function asText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}
