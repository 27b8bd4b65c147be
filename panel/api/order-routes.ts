/** Orders over HTTP. */
import type { Endpoint } from '../../domain/api/endpoint.ts'
import * as api from '../../domain/api/orders.ts'
import type { ofNumber } from '../../domain/api/parts.ts'
import { boughtOrder } from '../../domain/money-refusals.ts'
import type { OrderView } from '../../domain/shop.ts'
import { assertKnown } from '../../services/assert-known.ts'
import { listOrders } from '../../services/orders/list-orders.ts'
import { placeOrderFor } from '../../services/orders/place-order-for.ts'
import { refundOrder } from '../../services/orders/refund-order.ts'
import { showOrder } from '../../services/orders/show-order.ts'
import { lastingKey } from './once.ts'
import { pageOf } from './page.ts'
import { tagged } from './revision.ts'
import { type ChangeOptions, change, type PanelRoute, type RouteContext, read } from './route.ts'

export function orderRoutes({ database, settings }: RouteContext): PanelRoute[] {
  return [
    read(api.listOrders, async ({ actor, query: { limit, cursor, ...filter } }) => {
      await assertKnown(database, actor, filter)
      return pageOf(limit, (most) => listOrders(database, actor, { ...filter, before: cursor, limit: most }))
    }),
    read(api.showOrder, async ({ actor, params, response }) => {
      const order = await showOrder(database, actor, { order: params.id })
      return tagged(response, order, revisionOf(order))
    }),
    change(api.placeOrder, async (tx, call) => {
      const { actor, body } = call
      await assertKnown(tx, actor, { customer: body.customer, product: body.product })
      const input = { ...body, key: lastingKey(call), maturityHours: settings.MATURITY_HOURS }
      return boughtOrder(await placeOrderFor(tx, actor, input))
    }),
    change(
      api.refundOrder,
      async (tx, call) => {
        const { actor, params, body } = call
        await assertKnown(tx, actor, { order: params.id })
        return refundOrder(tx, actor, { order: params.id, ...body, key: lastingKey(call) })
      },
      guarded,
    ),
  ]
}

/** What became of an order. */
function revisionOf({ id, status, refunded_units, refunded }: OrderView): unknown {
  return [id, status, refunded_units, refunded]
}

const guarded: ChangeOptions<Endpoint<typeof ofNumber>> = {
  revision: async (tx, { actor, params }) => {
    await tx.query('select 1 from customer_order where id = $1 for update', [params.id])
    return revisionOf(await showOrder(tx, actor, { order: params.id }))
  },
}
