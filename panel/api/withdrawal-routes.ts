/** Agents' profit and its withdrawals over HTTP, by our routes and by the seeds'. */

import { randomUUID } from 'node:crypto'
import type { Queryable } from '../../db/transaction.ts'
import type { Actor } from '../../domain/actor.ts'
import * as own from '../../domain/api/own-agent.ts'
import * as api from '../../domain/api/withdrawals.ts'
import { parseAmount } from '../../domain/money.ts'
import { settledWithdrawal, withdrawalFailure } from '../../domain/money-refusals.ts'
import { quoteWithdrawal, withdrawalCurrency, withdrawalRulesOf } from '../../domain/withdrawal.ts'
import { setMarkup } from '../../services/agents/set-markup.ts'
import { assertAgentExists, assertMayIn } from '../../services/agents/tenant-not-found.ts'
import { assertKnown } from '../../services/assert-known.ts'
import { approveWithdrawal } from '../../services/withdrawals/approve-withdrawal.ts'
import { cancelWithdrawal } from '../../services/withdrawals/cancel-withdrawal.ts'
import { earningsOf } from '../../services/withdrawals/earnings-of.ts'
import { listWithdrawals } from '../../services/withdrawals/list-withdrawals.ts'
import { payWithdrawal } from '../../services/withdrawals/pay-withdrawal.ts'
import { rejectWithdrawal } from '../../services/withdrawals/reject-withdrawal.ts'
import { requestWithdrawal } from '../../services/withdrawals/request-withdrawal.ts'
import { showWithdrawal } from '../../services/withdrawals/show-withdrawal.ts'
import { withdrawalStats } from '../../services/withdrawals/withdrawal-stats.ts'
import { lastingKey } from './once.ts'
import { ownTenantOf, tenantOf } from './own-tenant.ts'
import { assertCursor, noCursor, pageOf } from './page.ts'
import { change, type PanelRoute, type RouteContext, read } from './route.ts'
import { markupWishOf } from './shop-routes.ts'

export function withdrawalRoutes(context: RouteContext): PanelRoute[] {
  return [...readRoutes(context), ...stepRoutes(context), ...ownRoutes(context)]
}

function readRoutes({ database, settings }: RouteContext): PanelRoute[] {
  return [
    read(api.listWithdrawals, async ({ actor, query: { cursor: before, limit, ...filter } }) => {
      await assertKnown(database, actor, { tenant: filter.tenant })
      await assertCursor(before, (id) => knownWithdrawal(database, actor, id))
      return pageOf(limit, (most) => listWithdrawals(database, actor, { ...filter, before, limit: most }))
    }),
    read(api.withdrawalStats, async ({ actor, query }) => {
      await assertKnown(database, actor, query)
      return { items: await withdrawalStats(database, actor, query) }
    }),
    read(api.adminWithdrawalStats, async ({ actor }) => ({ items: await withdrawalStats(database, actor) })),
    read(api.quoteWithdrawal, async ({ query }) => {
      const quoted = quoteWithdrawal(parseAmount(query.amount, withdrawalCurrency), withdrawalRulesOf(settings))
      if (quoted.kind === 'refused') throw withdrawalFailure(quoted)
      return quoted.quote
    }),
    read(api.showWithdrawal, async ({ actor, params }) => {
      const view = await showWithdrawal(database, actor, params)
      if (view === undefined) throw withdrawalFailure({ kind: 'refused', refusal: 'not_found', detail: null })
      return view
    }),
    read(api.earningsOfAgent, async ({ actor, params: { id: tenant } }) => {
      assertMayIn(actor, 'withdrawal.read', tenant)
      await assertAgentExists(database, tenant)
      return { tenant, items: await earningsOf(database, actor, { tenant }) }
    }),
  ]
}

function stepRoutes({ settings }: RouteContext): PanelRoute[] {
  const rules = withdrawalRulesOf(settings)
  return [
    change(api.requestWithdrawal, async (tx, call) => {
      const { actor, body } = call
      const tenant = tenantOf(actor, 'withdrawal.request', body.tenant)
      await assertAgentExists(tx, tenant)
      const amount = parseAmount(body.amount, withdrawalCurrency)
      const key = lastingKey(call)
      return settledWithdrawal(
        await requestWithdrawal(tx, actor, { tenant, amount, address: body.address, key, rules }),
      )
    }),
    change(api.approveWithdrawal, async (tx, { actor, params }) =>
      settledWithdrawal(await approveWithdrawal(tx, actor, params)),
    ),
    change(api.rejectWithdrawal, async (tx, { actor, params, body }) =>
      settledWithdrawal(await rejectWithdrawal(tx, actor, { ...params, ...body })),
    ),
    change(api.payWithdrawal, async (tx, { actor, params, body }) =>
      settledWithdrawal(await payWithdrawal(tx, actor, { ...params, ...body })),
    ),
    change(api.cancelWithdrawal, async (tx, { actor, params }) =>
      settledWithdrawal(await cancelWithdrawal(tx, actor, params)),
    ),
  ]
}

/** The seeds' routes: of whoever asks. */
function ownRoutes({ database, settings }: RouteContext): PanelRoute[] {
  const rules = withdrawalRulesOf(settings)
  return [
    read(own.ownEarnings, async ({ actor }) => {
      const tenant = ownTenantOf(actor)
      return { tenant, items: await earningsOf(database, actor, { tenant }) }
    }),
    read(own.ownWithdrawals, async ({ actor, query: { cursor: before, limit, status } }) => {
      const tenant = ownTenantOf(actor)
      await assertCursor(before, (id) => knownWithdrawal(database, actor, id))
      return pageOf(limit, (most) => listWithdrawals(database, actor, { tenant, status, before, limit: most }))
    }),
    change(own.requestOwnWithdrawal, async (tx, call) => {
      const { actor, body, request } = call
      const tenant = ownTenantOf(actor)
      const amount = parseAmount(body.amount, withdrawalCurrency)
      const key = request.headers['idempotency-key'] === undefined ? `api:${randomUUID()}` : lastingKey(call)
      return settledWithdrawal(
        await requestWithdrawal(tx, actor, { tenant, amount, address: body.address, key, rules }),
      )
    }),
    change(own.setOwnPricing, async (tx, { actor, body }) => {
      const tenant = ownTenantOf(actor)
      return setMarkup(tx, actor, { tenant, markup: markupWishOf(body) })
    }),
  ]
}

async function knownWithdrawal(database: Queryable, actor: Actor, id: string): Promise<void> {
  if ((await showWithdrawal(database, actor, { id })) === undefined) throw noCursor()
}
