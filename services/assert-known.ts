import type { Queryable } from '../db/transaction.ts'
import type { Actor } from '../domain/actor.ts'
import { showShop } from './agents/show-shop.ts'
import { assertProduct } from './catalogue/read-products.ts'
import { showCustomer } from './customers/show-customer.ts'
import { showOrder } from './orders/show-order.ts'

/** What a request names. */
export interface Named {
  readonly tenant?: string | undefined
  readonly customer?: string | undefined
  readonly product?: string | undefined
  readonly order?: number | undefined
}

/**
 * Looks up what a request names, so that a mistyped name is said to be one and does not just match nothing. Throws
 * `not_found`, also for what the actor may not see.
 */
export async function assertKnown(
  database: Queryable,
  actor: Actor,
  { tenant, customer, product, order }: Named,
): Promise<void> {
  if (tenant !== undefined) await showShop(database, actor, { tenant })
  if (customer !== undefined) await showCustomer(database, actor, { id: customer })
  if (product !== undefined) await assertProduct(database, product)
  if (order !== undefined) await showOrder(database, actor, { order })
}
