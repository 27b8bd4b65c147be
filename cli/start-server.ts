/**
 * The composition of one server: database, keys, first owner, master bot, gateway, orchestrator, panel. `serve` and
 * `demo` both start it; what it starts it stops in reverse order.
 */
import { createRequire } from 'node:module'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Actor } from '../domain/actor.ts'
import type { Failure } from '../domain/failure.ts'
import { Gateway } from '../gateway/gateway.ts'
import type { OrchestratorContext } from '../orchestrator/context.ts'
import { Supervisor } from '../orchestrator/supervisor.ts'
import { type RunningPanel, startPanel } from '../panel/api/start-panel.ts'
import { systemClock } from '../runtime/clock.ts'
import type { Config } from '../runtime/config.ts'
import type { Log } from '../runtime/log.ts'
import { ensureServer } from '../services/ensure-server.ts'
import { ensureMaster } from './ensure-master.ts'
import { ensureOwner } from './ensure-owner.ts'
import { type OpenDatabase, openDatabase } from './open-database.ts'
import { openKeyring } from './open-keyring.ts'

export const version = (createRequire(import.meta.url)('../package.json') as { version: string }).version

export interface RunningServer {
  readonly database: OpenDatabase
  readonly panelUrl: string
  readonly supervisor: Supervisor
  stop(): Promise<void>
}

/** The actor of what a server does by itself. */
export function serveActor(server: string): Actor {
  return { name: `system:serve@${server}`, userId: null, role: 'owner', tenant: null, source: `serve@${hostname()}` }
}

/**
 * Starts a server; resolves when it holds its name and its panel listens.
 * Throws `conflict` when another supervisor holds the name, `unavailable` when the database does not answer.
 */
export async function startServer(
  config: Config,
  log: Log,
  onGivenUp: (failure: Failure) => void,
): Promise<RunningServer> {
  const { settings, paths } = config
  const stops: (() => Promise<void>)[] = []
  const stop = async () => {
    for (const stopOne of stops.splice(0).reverse()) await stopOne()
  }
  try {
    const database = await openDatabase(config, { applicationName: `botfleet serve ${settings.SERVERNAME}`, log })
    stops.push(() => database.close())
    const keyring = await openKeyring(config, database.database)
    const actor = serveActor(settings.SERVERNAME)
    await database.database.transaction((tx) =>
      ensureServer(tx, { name: settings.SERVERNAME, capacity: settings.MAX_INSTANCES }),
    )
    await ensureOwner(config, database.database, actor)
    const holder: { supervisor?: Supervisor } = {}
    const gateway = new Gateway({
      server: settings.SERVERNAME,
      socketFolder: paths.sockets,
      database: database.database,
      keyring: keyring.current,
      fleet: () => holder.supervisor,
      log,
    })
    const panel: RunningPanel = await startPanel({
      host: settings.HOST,
      port: settings.PORT,
      database: database.database,
      serverName: settings.SERVERNAME,
      version,
      log,
    })
    stops.push(() => panel.stop())
    const context: OrchestratorContext = {
      server: settings.SERVERNAME,
      settings,
      database: database.database,
      databaseUrl: database.url,
      log,
      clock: systemClock,
      keyring: keyring.current,
      logFolder: join(paths.logs, settings.SERVERNAME),
      workerBundle: (platform) => join(import.meta.dirname, '..', 'dist', `worker-${platform}.mjs`),
      door: gateway,
      url: panel.url,
      version,
    }
    const supervisor = new Supervisor(context, onGivenUp)
    holder.supervisor = supervisor
    stops.push(() => supervisor.stop())
    await supervisor.start()
    await ensureMaster(config, { database: database.database, keyring: keyring.current(), actor, log })
    return { database, panelUrl: panel.url, supervisor, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
