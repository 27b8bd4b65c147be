import type { Queryable } from '../../db/transaction.ts'
import type { Keyring } from '../../domain/keyring.ts'
import type { Buyer } from '../../domain/shop.ts'
import { type Goods, readGoods } from '../stock/read-goods.ts'
import { ordersOfBuyer } from './orders-of-buyer.ts'

/** Provisional. */
export async function goodsOfOrder(
  tx: Queryable,
  buyer: Buyer,
  keyring: Keyring,
  input: { order: number },
): Promise<Goods[]> {
  const [order] = await ordersOfBuyer(tx, buyer, { id: input.order })
  return order === undefined ? [] : readGoods(tx, keyring, { orderId: order.id })
}
