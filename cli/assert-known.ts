import type { Context } from './context.ts'

/** What a command line names. */
export interface Named {
  readonly tenant?: string | undefined
  readonly customer?: string | undefined
  readonly product?: string | undefined
  readonly order?: number | undefined
}

/** Looks up what a command line names, so that a mistyped name is said to be one and does not just match nothing. Throws `not_found`. */
export async function assertKnown(context: Context, { tenant, customer, product, order }: Named): Promise<void> {
  if (tenant !== undefined) {
    const { showShop } = await import('../services/agents/show-shop.ts')
    await context.run(showShop, { tenant })
  }
  if (customer !== undefined) {
    const { showCustomer } = await import('../services/customers/show-customer.ts')
    await context.run(showCustomer, { id: customer })
  }
  if (product !== undefined) {
    const { showProduct } = await import('../services/catalogue/show-product.ts')
    await context.run(showProduct, { id: product })
  }
  if (order !== undefined) {
    const { showOrder } = await import('../services/orders/show-order.ts')
    await context.run(showOrder, { order })
  }
}
