/** Top-ups over HTTP. */
import * as api from '../../domain/api/top-ups.ts'
import { parseAmount } from '../../domain/money.ts'
import { settledTopUp, topUpFailure } from '../../domain/money-refusals.ts'
import { topUpCurrency, topUpLimitsOf } from '../../domain/top-up.ts'
import { assertKnown } from '../../services/assert-known.ts'
import { confirmTopUp } from '../../services/top-ups/confirm-top-up.ts'
import { listTopUps } from '../../services/top-ups/list-top-ups.ts'
import { rejectTopUp } from '../../services/top-ups/reject-top-up.ts'
import { requestTopUpFor } from '../../services/top-ups/request-top-up-for.ts'
import { showTopUp } from '../../services/top-ups/show-top-up.ts'
import { lastingKey } from './once.ts'
import { pageOf } from './page.ts'
import { change, type PanelRoute, type RouteContext, read } from './route.ts'

export function topUpRoutes({ database, settings }: RouteContext): PanelRoute[] {
  return [
    read(api.listTopUps, async ({ actor, query: { cursor: before, limit, ...filter } }) => {
      await assertKnown(database, actor, { tenant: filter.tenant, customer: filter.customer })
      return pageOf(limit, (most) => listTopUps(database, actor, { ...filter, before, limit: most }))
    }),
    read(api.showTopUp, async ({ actor, params }) => {
      const view = await showTopUp(database, actor, params)
      if (view === undefined) throw topUpFailure({ kind: 'refused', refusal: 'not_found', detail: null })
      return view
    }),
    change(api.requestTopUp, async (tx, call) => {
      const { actor, body } = call
      const limits = topUpLimitsOf(settings)
      const amount = parseAmount(body.amount, limits.currency)
      const key = lastingKey(call)
      return settledTopUp(await requestTopUpFor(tx, actor, { customer: body.customer, amount, key, limits }))
    }),
    change(api.confirmTopUp, async (tx, { actor, params, body }) => {
      const amount = body.amount === undefined ? undefined : parseAmount(body.amount, topUpCurrency)
      return settledTopUp(await confirmTopUp(tx, actor, { ...params, externalId: body.reference, amount }))
    }),
    change(api.rejectTopUp, async (tx, { actor, params, body }) =>
      settledTopUp(await rejectTopUp(tx, actor, { ...params, ...body })),
    ),
  ]
}
