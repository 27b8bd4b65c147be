import type { Queryable } from '../../db/transaction.ts'
import { Failure } from '../../domain/failure.ts'
import type { Buyer, OrderView } from '../../domain/shop.ts'
import type { Language } from '../../domain/worker-contract.ts'
import { moneyCall } from '../ledger/money-call.ts'
import { type OrderRow, orderColumnsIn, viewOrder } from './order-view.ts'

const quantityMax = 1000
const keyLengthMax = 200
const holdMinutesDefault = 15
/** Keys of orders that were made elsewhere (`import`). */
const foreignKeys = 'import:'
const statement = {
  name: 'place_order',
  text: `select ${orderColumnsIn('$11::text')}
     from place_order($1, $2, $3, $4, $5, $6, $7, $8 * interval '1 minute', $9 * interval '1 hour', $10) o`,
}

export interface PlaceOrder {
  readonly product: string
  readonly quantity: number
  /** One key is one order, for ever and whatever became of it: a press that comes again gets the same answer. */
  readonly key: string
  /** What the buyer was shown for one unit, in the smallest unit; null takes whatever it is now. */
  readonly shownUnitPrice: bigint | null
  /** Keeps the goods for a while, to be paid by `payOrder`, instead of paying at once from the balance. */
  readonly hold: boolean
  /** How long; `ORDER_HOLD_MINUTES`. */
  readonly holdMinutes?: number
  readonly maturityHours: number
  /** Who, for the ledger. */
  readonly actor: string
  /** In which the product is named in what is returned, where it has such a name. */
  readonly language?: Language
}

/**
 * Orders for a buyer, all of it or nothing: price, goods, money, profit and the handing over in one round trip. What the
 * shop refuses is an order of status `refused` that says why; nothing moved. Whoever lost the answer asks again with the
 * same key. Throws `usage` for a quantity or a key that cannot be, `not_found` for an unknown product or customer, and
 * `conflict` for a key that belongs to another order.
 */
export async function placeOrder(
  tx: Queryable,
  buyer: Omit<Buyer, 'instanceId'> & { readonly instanceId: string | null },
  input: PlaceOrder,
): Promise<OrderView> {
  const { quantity, key } = input
  if (!Number.isInteger(quantity) || quantity < 1 || quantity > quantityMax) {
    throw new Failure('usage', `an order is of 1 to ${quantityMax} units`, { details: { quantity } })
  }
  if (key === '' || key.length > keyLengthMax || key.startsWith(foreignKeys)) {
    throw new Failure('usage', `a key has 1 to ${keyLengthMax} characters and does not begin with ${foreignKeys}`)
  }
  const row = await moneyCall<OrderRow>(tx, statement, [
    buyer.tenant,
    buyer.customerId,
    buyer.instanceId,
    input.product,
    quantity,
    key,
    input.shownUnitPrice?.toString() ?? null,
    input.hold ? (input.holdMinutes ?? holdMinutesDefault) : null,
    input.maturityHours,
    input.actor,
    input.language ?? null,
  ])
  return viewOrder(row)
}
