/** Agents and their owners over HTTP. */
import * as api from '../../domain/api/agents.ts'
import type { BodyOf } from '../../domain/api/endpoint.ts'
import { Failure } from '../../domain/failure.ts'
import type { Settings } from '../../domain/settings.ts'
import { parseAgent } from '../../domain/tenant.ts'
import { addOwner } from '../../services/agents/add-owner.ts'
import { createAgent } from '../../services/agents/create-agent.ts'
import { createClaimLink } from '../../services/agents/create-claim-link.ts'
import { listAgents } from '../../services/agents/list-agents.ts'
import { listOwners } from '../../services/agents/list-owners.ts'
import { pauseAgent } from '../../services/agents/pause-agent.ts'
import { removeOwner } from '../../services/agents/remove-owner.ts'
import { resumeAgent } from '../../services/agents/resume-agent.ts'
import { showAgent } from '../../services/agents/show-agent.ts'
import { periodOf } from './instance-routes.ts'
import { assertCursor, pageOf } from './page.ts'
import { change, type PanelRoute, type RouteContext, read } from './route.ts'
import { type CheckedToken, checkedToken } from './telegram-check.ts'

export function agentRoutes(context: RouteContext): PanelRoute[] {
  const { database } = context
  return [
    read(api.listAgents, async ({ actor, query: { limit, cursor, status } }) => {
      await assertCursor(cursor, (id) => showAgent(database, actor, { tenant: parseAgent(id) }))
      return pageOf(limit, (most) => listAgents(database, actor, { status, after: cursor, limit: most }))
    }),
    createRoute(context),
    read(api.showAgent, ({ actor, params }) => showAgent(database, actor, { tenant: params.id })),
    change(api.pauseAgent, (tx, { actor, params }) => pauseAgent(tx, actor, { tenant: params.id })),
    change(api.resumeAgent, (tx, { actor, params }) => resumeAgent(tx, actor, { tenant: params.id })),
    ...ownerRoutes(context),
  ]
}

/** Telegram is asked before the transaction begins: no row is locked while it thinks. */
function createRoute(context: RouteContext): PanelRoute {
  const { keyring, serverName, settings } = context
  return change(
    api.createAgent,
    async (tx, { actor, body }, checked: CheckedToken | undefined) => {
      const { platform = body.token === undefined ? 'whatsapp' : 'telegram', server = serverName } = body
      const { agent } = await createAgent(tx, actor, {
        id: body.id,
        platform,
        name: body.name,
        owner: body.owner_id,
        phone: body.phone_number,
        placement: body.placement,
        server,
        keyring: keyring(),
        ...checked,
        approve: approvalOf(settings, body),
      })
      return agent
    },
    { prepare: async ({ body }) => (body.token === undefined ? undefined : checkedToken(context, body.token)) },
  )
}

function approvalOf(settings: Settings, body: BodyOf<typeof api.createAgent>) {
  const { duration_months, price, currency, payment } = body
  if (duration_months !== undefined) return periodOf(settings, { duration_months, price, currency, payment })
  if (price === undefined && currency === undefined && payment === undefined) return undefined
  throw new Failure('usage', 'what was paid is kept with the months that it bought: duration_months')
}

function ownerRoutes({ database }: RouteContext): PanelRoute[] {
  return [
    read(api.listOwners, async ({ actor, params }) => ({
      items: await listOwners(database, actor, { tenant: params.id }),
    })),
    change(api.addOwner, async (tx, { actor, params, body }) => ({
      items: await addOwner(tx, actor, {
        tenant: params.id,
        platform: body.platform,
        platformUserId: body.platform_user_id,
      }),
    })),
    change(api.removeOwner, async (tx, { actor, params }) => ({
      items: await removeOwner(tx, actor, {
        tenant: params.id,
        platform: params.platform,
        platformUserId: params.platform_user_id,
      }),
    })),
    change(api.createClaimLink, async (tx, { actor, params }) => {
      const { link, message, expiresAt } = await createClaimLink(tx, actor, { tenant: params.id })
      return { tenant: params.id, link, message, expires_at: expiresAt }
    }),
  ]
}
