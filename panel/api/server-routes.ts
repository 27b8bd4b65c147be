/** Servers over HTTP, and what this one runs with. */
import * as api from '../../domain/api/servers.ts'
import { effectiveSettings } from '../../domain/effective-settings.ts'
import { clockJumpMaxMs } from '../../domain/expiry-pause.ts'
import { Failure } from '../../domain/failure.ts'
import { confirmClock } from '../../services/confirm-clock.ts'
import { countInstances } from '../../services/count-instances.ts'
import { listServers } from '../../services/list-servers.ts'
import { readExpiryPause } from '../../services/read-expiry-pause.ts'
import { setServerDraining } from '../../services/set-server-draining.ts'
import { DatabaseProbe } from './database-probe.ts'
import { change, open, type PanelRoute, type RouteContext, read } from './route.ts'

export function serverRoutes(context: RouteContext): PanelRoute[] {
  const { database, serverName, settings } = context
  return [
    healthRoute(context),
    read(api.serverInfo, async () => {
      const counts = await countInstances(database, { server: serverName })
      return {
        server_name: serverName,
        total_bots: counts.total,
        new_bots: counts.new,
        approved_bots: counts.approved,
        expired_bots: counts.expired,
      }
    }),
    read(api.listServers, async ({ actor }) => {
      const items = await listServers(database, actor)
      const { pause, clockMs } = await readExpiryPause(database, actor)
      return { self: serverName, items, expiry_pause: pause, clock: new Date(clockMs).toISOString() }
    }),
    change(api.drainServer, (tx, { actor, params, body }) =>
      setServerDraining(tx, actor, { ...params, ...body, draining: true }),
    ),
    change(api.undrainServer, (tx, { actor, params }) => setServerDraining(tx, actor, { ...params, draining: false })),
    change(api.confirmClock, async (tx, { actor, body }) => {
      const { pause, clockMs } = await readExpiryPause(tx, actor)
      if (pause !== null && !body.force && Math.abs(clockMs - Date.now()) > clockJumpMaxMs) {
        throw new Failure(
          'conflict',
          `the database's clock says ${new Date(clockMs).toISOString()}, this host's ${new Date().toISOString()}: set the wrong one right first, or force it if the database's is the right one`,
        )
      }
      return confirmClock(tx, actor)
    }),
    read(api.effectiveSettings, async () => ({ server: serverName, items: effectiveSettings(settings) })),
  ]
}

function healthRoute({ database, version, serverName }: RouteContext): PanelRoute {
  const probe = new DatabaseProbe(database)
  return open(api.health, async ({ response }) => {
    const healthy = await probe.answers()
    response.status(healthy ? 200 : 503)
    return {
      status: healthy ? ('healthy' as const) : ('degraded' as const),
      service: 'Botfleet',
      version,
      server: serverName,
      timestamp: new Date().toISOString(),
    }
  })
}
