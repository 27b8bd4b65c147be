/**
 * The composition of one server: database, keys, first owner, master bot, gateway, orchestrator, panel. `serve` and
 * `demo` both start it; what it starts it stops in reverse order.
 */
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Database } from '../db/database.ts'
import type { Actor } from '../domain/actor.ts'
import type { Failure } from '../domain/failure.ts'
import type { Keyring } from '../domain/keyring.ts'
import { Gateway } from '../gateway/gateway.ts'
import { Supervisor } from '../orchestrator/supervisor.ts'
import { startPanel } from '../panel/api/start-panel.ts'
import { systemClock } from '../runtime/clock.ts'
import type { Config } from '../runtime/config.ts'
import type { Log } from '../runtime/log.ts'
import { Metrics } from '../runtime/metrics.ts'
import { makeFirstOwner } from './first-owner.ts'
import { makeMasterBot } from './master-bot.ts'
import { openServerDatabase } from './server-database.ts'
import { openServerKeyring } from './server-keyring.ts'

const root = join(import.meta.dirname, '..')
/** This program's version, as health, server list and logs show it. */
export const version = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version

export interface RunningServer {
  readonly database: Database
  readonly keyring: () => Keyring
  readonly actor: Actor
  readonly panelUrl: string
  /**
   * Complete: ends the workers, frees the name, closes everything; may be called twice. With `keepWorkers` the workers
   * go on for the next server of this name.
   */
  stop(options?: { keepWorkers?: boolean }): Promise<void>
}

export interface StartServer {
  readonly config: Config
  readonly log: Log
  /** Says a line to a person at a terminal; undefined when nobody watches. */
  readonly terminal: ((line: string) => void) | undefined
  /** The supervisor gave up by itself: its name was taken by another. */
  readonly onGivenUp: (failure: Failure) => void
  /** Where one chats with the bots of the demo. */
  readonly sandboxUrl?: string
}

/**
 * Starts a server; resolves when it holds its name and its panel listens. Throws `conflict` when another supervisor
 * holds the name or a port is taken, `unavailable` when the database does not answer; what had started is stopped.
 */
export async function startServer(given: StartServer): Promise<RunningServer> {
  const { config, log, terminal, onGivenUp, sandboxUrl } = given
  const { settings, paths } = config
  const stops: ((options: { keepWorkers?: boolean }) => Promise<void>)[] = []
  const stop = async (options: { keepWorkers?: boolean } = {}) => {
    for (const stopOne of stops.splice(0).reverse()) await stopOne(options)
  }
  try {
    const opened = await openServerDatabase(config, log)
    const { url, database } = opened
    stops.push(() => opened.close())
    const keyring = await openServerKeyring(config, database)
    const actor: Actor = {
      name: `system:serve@${settings.SERVERNAME}`,
      userId: null,
      role: 'owner',
      tenant: null,
      source: `serve@${hostname()}`,
    }
    await makeFirstOwner(config, database, actor, { log, terminal })
    const parts: { supervisor?: Supervisor } = {}
    const metrics = new Metrics({ server: settings.SERVERNAME, version, perBot: settings.METRICS_PER_BOT })
    const panel = await startPanel({
      host: settings.HOST,
      port: settings.PORT,
      publicOrigins: settings.PUBLIC_URL,
      trustedProxies: settings.TRUSTED_PROXIES,
      database,
      databaseUrl: url,
      logFolder: paths.logs,
      settings,
      serverName: settings.SERVERNAME,
      keyring,
      version,
      sandboxUrl,
      log,
      metrics,
      vitals: () => ({ holdsLease: parts.supervisor?.holdsLease ?? false }),
    })
    stops.push(() => panel.stop())
    const gateway = new Gateway({
      server: settings.SERVERNAME,
      socketFolder: paths.sockets,
      database,
      keyring,
      settings,
      fleet: () => parts.supervisor,
      log,
      metrics,
    })
    const supervisor = new Supervisor(
      {
        server: settings.SERVERNAME,
        settings,
        database,
        databaseUrl: url,
        log,
        metrics,
        clock: systemClock,
        keyring,
        logFolder: join(paths.logs, settings.SERVERNAME),
        workerBundle: (platform) => join(root, 'dist', `worker-${platform}.mjs`),
        door: gateway,
        url: settings.PEER_URL ?? panel.url,
        version,
      },
      onGivenUp,
    )
    parts.supervisor = supervisor
    stops.push((options) => supervisor.stop(options))
    await supervisor.start()
    await makeMasterBot(config, { database, keyring: keyring(), actor, log })
    return { database, keyring, actor, panelUrl: panel.url, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
