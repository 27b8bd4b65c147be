/** Customers over HTTP. */

import * as api from '../../domain/api/customers.ts'
import type { Endpoint } from '../../domain/api/endpoint.ts'
import type { ofId } from '../../domain/api/parts.ts'
import type { CustomerDetails, CustomerView } from '../../domain/customer.ts'
import { parseSignedAmount } from '../../domain/money.ts'
import { settledAdjustment } from '../../domain/money-refusals.ts'
import { assertKnown } from '../../services/assert-known.ts'
import { blockCustomer } from '../../services/customers/block-customer.ts'
import { customerHistory } from '../../services/customers/customer-history.ts'
import { eraseCustomer } from '../../services/customers/erase-customer.ts'
import { type ListCustomers, listCustomers } from '../../services/customers/list-customers.ts'
import { showCustomer } from '../../services/customers/show-customer.ts'
import { unblockCustomer } from '../../services/customers/unblock-customer.ts'
import { adjustBalance } from '../../services/top-ups/adjust-balance.ts'
import { lastingKey } from './once.ts'
import { noCursor, pageOf } from './page.ts'
import { tagged } from './revision.ts'
import { type ChangeOptions, change, type PanelRoute, type RouteContext, read } from './route.ts'

export function customerRoutes(context: RouteContext): PanelRoute[] {
  return [...readRoutes(context), ...changeRoutes()]
}

function readRoutes({ database }: RouteContext): PanelRoute[] {
  return [
    read(api.listCustomers, async ({ actor, query: { limit, cursor, q: search, ...filter } }) => {
      await assertKnown(database, actor, { tenant: filter.tenant })
      const input = { ...filter, search, after: cursor === undefined ? undefined : placeOf(cursor) }
      return pageOf(limit, (most) => listCustomers(database, actor, { ...input, limit: most }), cursorOf)
    }),
    read(api.showCustomer, async ({ actor, params, response }) => {
      const customer = await showCustomer(database, actor, params)
      return tagged(response, customer, revisionOf(customer))
    }),
    read(api.customerHistory, ({ actor, params, query: { limit, cursor } }) =>
      pageOf(limit, (most) => customerHistory(database, actor, { ...params, before: cursor, limit: most })),
    ),
  ]
}

/** Where a customer stood in the list: who writes meanwhile moves to its top. */
function cursorOf({ last_seen_at, id }: CustomerView): string {
  return `${Date.parse(last_seen_at)}.${id}`
}

function placeOf(cursor: string): ListCustomers['after'] {
  const [, seen = '', id = ''] = /^(\d{1,15})\.(.+)$/.exec(cursor) ?? []
  if (id === '') throw noCursor()
  return { lastSeenMs: Number(seen), id }
}

/** What people decide of a customer. */
function revisionOf({ id, blocked_at, blocked_reason, erased_at }: CustomerDetails): unknown {
  return [id, blocked_at, blocked_reason, erased_at]
}

const guarded: ChangeOptions<Endpoint<typeof ofId>> = {
  revision: async (tx, { actor, params }) => {
    await tx.query('select 1 from customer where id = $1 for update', [params.id])
    return revisionOf(await showCustomer(tx, actor, params))
  },
}

function changeRoutes(): PanelRoute[] {
  return [
    change(
      api.blockCustomer,
      (tx, { actor, params, body }) => blockCustomer(tx, actor, { ...params, ...body }),
      guarded,
    ),
    change(api.unblockCustomer, (tx, { actor, params }) => unblockCustomer(tx, actor, params), guarded),
    change(
      api.eraseCustomer,
      (tx, { actor, params, body }) => eraseCustomer(tx, actor, { ...params, withBalance: body.with_balance }),
      guarded,
    ),
    change(api.adjustBalance, async (tx, call) => {
      const { actor, params, body } = call
      const { currency, reason } = body
      const amount = parseSignedAmount(body.amount, currency)
      await assertKnown(tx, actor, { customer: params.id })
      const outcome = await adjustBalance(tx, actor, {
        customer: params.id,
        currency,
        amount,
        reason,
        key: lastingKey(call),
      })
      return settledAdjustment(outcome, currency)
    }),
  ]
}
