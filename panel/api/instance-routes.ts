/** Bots over HTTP. What is asked stands in domain/api/instances.ts, what it means in the services. */
import type { Tx } from '../../db/transaction.ts'
import type { Actor } from '../../domain/actor.ts'
import type { BodyOf, Endpoint } from '../../domain/api/endpoint.ts'
import * as api from '../../domain/api/instances.ts'
import type { ofInstance } from '../../domain/api/parts.ts'
import { parseDuration } from '../../domain/duration.ts'
import { Failure } from '../../domain/failure.ts'
import type { InstanceView } from '../../domain/instance.ts'
import { parsePaid } from '../../domain/period.ts'
import type { Settings } from '../../domain/settings.ts'
import { activateInstance } from '../../services/activate-instance.ts'
import { approveInstance } from '../../services/approve-instance.ts'
import { createInstance } from '../../services/create-instance.ts'
import { deleteInstance } from '../../services/delete-instance.ts'
import { editInstance } from '../../services/edit-instance.ts'
import { expireInstance } from '../../services/expire-instance.ts'
import { listInstanceEvents } from '../../services/list-instance-events.ts'
import { listInstances } from '../../services/list-instances.ts'
import { listPeriods } from '../../services/list-periods.ts'
import { listSamples } from '../../services/list-samples.ts'
import { moveInstance } from '../../services/move-instance.ts'
import { quotePeriods } from '../../services/quote-periods.ts'
import { renewInstance } from '../../services/renew-instance.ts'
import { restartInstance } from '../../services/restart-instance.ts'
import { setToken } from '../../services/set-token.ts'
import { showInstance } from '../../services/show-instance.ts'
import { startInstance } from '../../services/start-instance.ts'
import { stopInstance } from '../../services/stop-instance.ts'
import { suspendInstance } from '../../services/suspend-instance.ts'
import { assertCursor, pageOf } from './page.ts'
import { tagged } from './revision.ts'
import { type ChangeOptions, change, type PanelRoute, type RouteContext, read } from './route.ts'
import { type CheckedToken, checkedToken, judgeToken } from './telegram-check.ts'

export function instanceRoutes(context: RouteContext): PanelRoute[] {
  return [...readRoutes(context), ...changeRoutes(context), ...tokenRoutes(context)]
}

function readRoutes({ database, serverName, settings }: RouteContext): PanelRoute[] {
  return [
    read(api.listInstances, async ({ actor, query }) => {
      const { server = serverName, expiring_within: within, q, cursor, limit, ...filter } = query
      const input = {
        ...filter,
        server: server === '*' ? undefined : server,
        expiringWithinMs: within === undefined ? undefined : durationOf(within),
        text: q,
        after: cursor,
      }
      await assertCursor(cursor, (id) => showInstance(database, actor, { id }))
      return pageOf(limit, (most) => listInstances(database, actor, { ...input, limit: most }))
    }),
    read(api.showInstance, async ({ actor, params, response }) => {
      const view = await showInstance(database, actor, params)
      return tagged(response, view, revisionOf(view))
    }),
    read(api.listEvents, async ({ actor, params, query }) => ({
      items: await listInstanceEvents(database, actor, { ...params, ...query }),
    })),
    read(api.listPeriods, async ({ actor, params }) => ({ items: await listPeriods(database, actor, params) })),
    read(api.quotePeriods, async ({ actor, params }) => ({
      items: await quotePeriods(database, actor, { ...params, daysPerMonth: settings.DAYS_PER_MONTH }),
    })),
    read(api.listSamples, async ({ actor, params, query }) => ({
      items: await listSamples(database, actor, { ...params, ...query }),
    })),
  ]
}

function durationOf(text: string): number {
  const value = parseDuration(text)
  if (value === undefined) throw new Failure('usage', 'expiring_within is a duration such as 30m, 12h, 7d or 2w')
  return value
}

/** What a person decides by: a page that shows an older one is stale. What is observed changes by itself. */
function revisionOf(view: InstanceView): unknown {
  const { id, name, owner, phone_number, status, desired, expires_at, server_name, placement } = view
  const { rate_limit_rps, max_concurrent_requests } = view
  return [
    id,
    name,
    owner,
    phone_number,
    status,
    desired,
    expires_at,
    server_name,
    placement,
    rate_limit_rps,
    max_concurrent_requests,
  ]
}

/** The revision under the row's lock, so that nobody changes it between the look and the change. */
const guarded: ChangeOptions<Endpoint<typeof ofInstance>> = {
  revision: async (tx, { actor, params }) => {
    await tx.query('select 1 from instance where id = $1 for update', [params.id])
    return revisionOf(await showInstance(tx, actor, params))
  },
}

type Act = (tx: Tx, actor: Actor, input: { id: string }) => Promise<InstanceView>

function changeRoutes({ settings }: RouteContext): PanelRoute[] {
  const acting = (endpoint: typeof api.startInstance, act: Act) =>
    change(endpoint, (tx, { actor, params }) => act(tx, actor, params), guarded)
  return [
    change(
      api.editInstance,
      (tx, { actor, params, body }) => editInstance(tx, actor, { ...params, ...editOf(body) }),
      guarded,
    ),
    change(api.deleteInstance, (tx, { actor, params }) => deleteInstance(tx, actor, params), guarded),
    change(
      api.approveInstance,
      async (tx, { actor, params, body }) => {
        const view = await approveInstance(tx, actor, { ...params, ...periodOf(settings, body) })
        return subscribed('Instance approved and started', view)
      },
      guarded,
    ),
    change(
      api.renewInstance,
      async (tx, { actor, params, body }) => {
        const view = await renewInstance(tx, actor, { ...params, ...periodOf(settings, body) })
        return subscribed('Instance renewed', view)
      },
      guarded,
    ),
    acting(api.expireInstance, expireInstance),
    acting(api.activateInstance, activateInstance),
    acting(api.startInstance, startInstance),
    acting(api.stopInstance, stopInstance),
    acting(api.restartInstance, restartInstance),
    change(
      api.suspendInstance,
      (tx, { actor, params, body }) => suspendInstance(tx, actor, { ...params, ...body }),
      guarded,
    ),
    change(api.moveInstance, (tx, { actor, params, body }) => moveInstance(tx, actor, { ...params, ...body }), guarded),
  ]
}

function editOf(body: BodyOf<typeof api.editInstance>) {
  return {
    name: body.name,
    owner: body.owner_id,
    phone: body.phone_number,
    placement: body.placement,
    rateLimitRps: body.rate_limit_rps,
    maxConcurrentRequests: body.max_concurrent_requests,
  }
}

export function periodOf(settings: Settings, body: BodyOf<typeof api.approveInstance>) {
  return {
    months: body.duration_months,
    daysPerMonth: settings.DAYS_PER_MONTH,
    portBase: settings.WORKER_PORT_BASE,
    portCount: settings.WORKER_PORT_COUNT,
    paid: parsePaid(body),
  }
}

/** The seed's answer (seed 004), with the bot beside it. */
function subscribed(message: string, instance: InstanceView) {
  return {
    message,
    instance_id: instance.id,
    duration_months: instance.duration_months ?? 0,
    expires_at: instance.expires_at ?? '',
    port: instance.port,
    instance,
  }
}

/** Telegram is asked before the transaction begins: no row is locked while it thinks. */
function tokenRoutes(context: RouteContext): PanelRoute[] {
  const { keyring, serverName } = context
  return [
    read(api.checkToken, ({ body }) => judgeToken(context, body.token)),
    change(
      api.createInstance,
      (tx, { actor, body }, checked: CheckedToken | undefined) => {
        const { platform = body.token === undefined ? 'whatsapp' : 'telegram', server = serverName } = body
        return createInstance(tx, actor, {
          platform,
          name: body.name,
          server,
          tenant: body.tenant,
          owner: body.owner_id,
          phone: body.phone_number,
          placement: body.placement,
          keyring: keyring(),
          ...checked,
        })
      },
      { prepare: async ({ body }) => (body.token === undefined ? undefined : checkedToken(context, body.token)) },
    ),
    change(
      api.setToken,
      (tx, { actor, params }, checked: CheckedToken) =>
        setToken(tx, actor, { ...params, keyring: keyring(), ...checked }),
      { ...guarded, prepare: ({ body }) => checkedToken(context, body.token) },
    ),
  ]
}
