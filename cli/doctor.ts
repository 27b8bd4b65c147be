import { stat, statfs } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { Database } from '../db/database.ts'
import { migrationStatus } from '../db/migrate.ts'
import { clockJumpMaxMs, describePause } from '../domain/expiry-pause.ts'
import { type Config, loadConfig } from '../runtime/config.ts'
import { countOldSeals } from '../services/count-old-seals.ts'
import { type GatewayRoleState, gatewayRoleState } from '../services/gateway-role-state.ts'
import { listServers } from '../services/list-servers.ts'
import { countMessages } from '../services/outbox/count-messages.ts'
import { readExpiryPause } from '../services/read-expiry-pause.ts'
import type { Cli } from './command.ts'
import { cliActor, readKeyring, withDatabase } from './context.ts'
import { examine, type Finding, printFindings } from './diagnosis.ts'
import { formatBytes, formatDuration } from './format.ts'

/** The longest path that a unix socket may have (`sun_path` less its end). */
const socketPathMax = 107
const diskWarnBytes = 1024 ** 3
const diskFailBytes = 100 * 1024 ** 2
const reachLimitMs = 4000

type Look = Omit<Finding, 'name'>

/** Looks at everything that a server of this folder needs; changes nothing but what any command would. */
export async function examineServer(cli: Cli): Promise<void> {
  const config = loadConfig(cli.environment, cli.cwd)
  const findings: Finding[] = [
    await examine('node', examineNode),
    await examine('home', () => examineHome(config)),
    await examine('disk', () => examineDisk(config)),
    await examine('socket path', () => examineSocketPath(config)),
  ]
  let isServerAlive = false
  findings.push(
    ...(await examineDatabase(cli, config, async (database) => {
      const server = await examine('server', async () => {
        const look = await examineOwnServer(config, database)
        isServerAlive = look.verdict === 'ok'
        return look
      })
      const clock = await examine('clock', () => examineClock(database))
      const outbox = await examine('outbox', () => examineOutbox(database))
      const role = await examine('gateway role', () => examineRole(database))
      return [await examine('keys', () => examineKeys(config, database)), clock, role, server, outbox]
    })),
    await examine('ports', () => examinePorts(config, isServerAlive)),
    await examine('telegram', () => examineTelegram(config)),
  )
  printFindings(cli.output, findings)
}

async function examineNode(): Promise<Look> {
  const major = Number(process.versions.node.split('.')[0])
  if (major >= 24) return { verdict: 'ok', detail: `Node ${process.versions.node}` }
  return { verdict: 'fail', detail: `Node ${process.versions.node}; 24 or newer is needed`, todo: 'npm ci' }
}

async function examineHome(config: Config): Promise<Look> {
  const found = await stat(config.home).catch(() => undefined)
  if (found === undefined) {
    return { verdict: 'ok', detail: `${config.home} is made when it is first needed` }
  }
  // The embedded Postgres of a root user needs to pass through (0711); reading is another matter.
  const open = (found.mode & 0o066) !== 0
  const keys = await stat(config.paths.keys).catch(() => undefined)
  if (keys !== undefined && (keys.mode & 0o077) !== 0) {
    return {
      verdict: 'fail',
      detail: `others can look into ${config.paths.keys}`,
      todo: `chmod 700 ${config.paths.keys} && chmod 600 ${join(config.paths.keys, '*')}`,
    }
  }
  return open
    ? { verdict: 'warn', detail: `others can look into ${config.home}`, todo: `chmod go-rw ${config.home}` }
    : { verdict: 'ok', detail: config.home }
}

async function examineDisk(config: Config): Promise<Look> {
  const found = await statfs(config.home).catch(() => statfs(process.cwd()))
  const free = found.bavail * found.bsize
  const detail = `${formatBytes(free)} free`
  if (free < diskFailBytes) return { verdict: 'fail', detail, todo: 'free some space: the database needs it' }
  return free < diskWarnBytes ? { verdict: 'warn', detail, todo: 'free some space soon' } : { verdict: 'ok', detail }
}

async function examineSocketPath(config: Config): Promise<Look> {
  // The longest name that the gateway binds has its epoch in it.
  const path = join(config.paths.sockets, `gw-${config.settings.SERVERNAME}-1000000.sock`)
  const length = Buffer.byteLength(path)
  if (length <= socketPathMax) return { verdict: 'ok', detail: `${length} of ${socketPathMax} bytes` }
  return {
    verdict: 'fail',
    detail: `${path} has ${length} bytes, ${socketPathMax} are possible`,
    todo: 'set BOTFLEET_HOME to a shorter path',
  }
}

async function examineOutbox(database: Database): Promise<Look> {
  const { waiting, overdue, dead } = await countMessages(database)
  const detail = `${waiting} waiting (${overdue} for over a minute), ${dead} dead letters`
  if (dead > 0) return { verdict: 'warn', detail, todo: './botfleet outbox list --state dead' }
  return overdue > 0 ? { verdict: 'warn', detail, todo: './botfleet outbox list' } : { verdict: 'ok', detail }
}

async function examineRole(database: Database): Promise<Look> {
  const state = await gatewayRoleState(database)
  if (state === 'ready') return { verdict: 'ok', detail: 'row-level security stands behind the gateway' }
  const { rows } = await database.query<{ name: string }>('select quote_ident(current_user) as name')
  return {
    verdict: 'warn',
    detail: `row-level security is without effect: the role botfleet_gateway is ${state.replace('_', ' ')}`,
    todo: roleRemedies[state](rows[0]?.name ?? ''),
  }
}

/** What a user who may create roles is to run; migrating or starting a server does the rest. */
const roleRemedies: Record<Exclude<GatewayRoleState, 'ready'>, (user: string) => string> = {
  missing: (user) =>
    `as an administrator: create role botfleet_gateway nologin; grant botfleet_gateway to ${user}; then ./botfleet migrate`,
  not_granted: (user) => `as an administrator: grant botfleet_gateway to ${user}; then restart the server`,
  not_equipped: () => './botfleet migrate, then restart the server',
  unbound: () => 'as an administrator: alter role botfleet_gateway nosuperuser nobypassrls; then restart the server',
}

/** The database, its version and schema, and then whatever needs them. */
async function examineDatabase(
  cli: Cli,
  config: Config,
  rest: (database: Database) => Promise<Finding[]>,
): Promise<Finding[]> {
  const name = config.settings.DATABASE_URL === undefined ? 'embedded postgres' : 'database'
  try {
    return await withDatabase(cli, async ({ database, startedByUs }) => {
      const reached = await examine(name, () => examineVersion(database, startedByUs))
      if (reached.verdict === 'fail') return [reached]
      const schema = await examine('schema', () => examineSchema(config, database))
      const isUsable = schema.verdict !== 'fail' && !schema.detail.startsWith('empty')
      return [reached, schema, ...(isUsable ? await rest(database) : [])]
    })
  } catch (error) {
    return [await examine(name, () => Promise.reject(error))]
  }
}

async function examineVersion(database: Database, startedByUs: boolean): Promise<Look> {
  const { rows } = await database.query<{ number: number; version: string }>(
    `select current_setting('server_version_num')::int as number, current_setting('server_version') as version`,
  )
  const { number = 0, version = '' } = rows[0] ?? {}
  const detail = `Postgres ${version}${startedByUs ? ', started for this command' : ''}`
  if (number >= 150_000) return { verdict: 'ok', detail }
  return { verdict: 'fail', detail, todo: 'use Postgres 15 or newer' }
}

async function examineSchema(config: Config, database: Database): Promise<Look> {
  const status = await migrationStatus(database)
  if (status.unknown.length > 0) {
    return {
      verdict: 'fail',
      detail: `newer than this program: ${status.unknown.join(', ')}`,
      todo: 'upgrade botfleet',
    }
  }
  if (status.pending.length === 0) return { verdict: 'ok', detail: `up to date (${status.applied.at(-1) ?? 'none'})` }
  const detail = `${status.applied.length === 0 ? 'empty' : 'behind'}: ${status.pending.join(', ')} to apply`
  // The first command that needs the embedded database brings it up to date.
  if (config.settings.DATABASE_URL === undefined) return { verdict: 'ok', detail }
  return { verdict: 'fail', detail, todo: './botfleet migrate' }
}

async function examineKeys(config: Config, database: Database): Promise<Look> {
  const keyring = await readKeyring(config, database)
  const source = config.settings.AGENT_TOKEN_AES_KEY === undefined ? config.paths.keys : 'AGENT_TOKEN_AES_KEY'
  const detail = `${keyring.activeKeyId} from ${source}`
  const old = await countOldSeals(database, cliActor(), { keyId: keyring.activeKeyId })
  if (old.credentials + old.whatsapp + old.units === 0) return { verdict: 'ok', detail }
  const what = `${old.credentials} credentials, ${old.whatsapp} rows of WhatsApp bots and ${old.units} units of stock are under an older key`
  return { verdict: 'warn', detail: `${detail}; ${what}`, todo: './botfleet key rotate' }
}

async function examineClock(database: Database): Promise<Look> {
  const { pause, clockMs } = await readExpiryPause(database, cliActor())
  if (pause !== null) {
    return {
      verdict: 'warn',
      detail: `expiry is paused: ${describePause(pause)}`,
      todo: 'set the clock right, then ./botfleet server confirm-clock',
    }
  }
  const aheadMs = clockMs - Date.now()
  if (Math.abs(aheadMs) <= clockJumpMaxMs) return { verdict: 'ok', detail: 'the database and this host agree' }
  return {
    verdict: 'warn',
    detail: `the database's clock is ${formatDuration(Math.abs(aheadMs))} ${aheadMs > 0 ? 'ahead of' : 'behind'} this host's`,
    todo: 'set the wrong one right: subscriptions end by the database',
  }
}

async function examineOwnServer(config: Config, database: Database): Promise<Look> {
  const name = config.settings.SERVERNAME
  const server = (await listServers(database, cliActor())).find((candidate) => candidate.name === name)
  if (server?.alive !== true) {
    return { verdict: 'warn', detail: `no server named ${name} is running`, todo: './botfleet serve' }
  }
  const age = server.started_at === null ? '' : `, up ${formatDuration(Date.now() - Date.parse(server.started_at))}`
  const troubled = server.troubled === 0 ? '' : `, ${server.troubled} in trouble`
  return {
    verdict: 'ok',
    detail: `${name} runs ${server.running} of ${server.assigned} bots${troubled}${age}${server.draining ? ', drained' : ''}`,
  }
}

async function examinePorts(config: Config, isServerAlive: boolean): Promise<Look> {
  const { HOST: host, PORT: port, WORKER_PORT_BASE: base, WORKER_PORT_COUNT: count } = config.settings
  if (base + count - 1 > 65_535) {
    return {
      verdict: 'fail',
      detail: `worker ports ${base} to ${base + count - 1} reach beyond 65535`,
      todo: 'lower WORKER_PORT_BASE or WORKER_PORT_COUNT',
    }
  }
  const workers = `workers ${base}-${base + count - 1}`
  if (isServerAlive) return { verdict: 'ok', detail: `${workers}, panel ${host}:${port} (in use by the server)` }
  const trouble = await listenTrouble(host, port)
  if (trouble === undefined) return { verdict: 'ok', detail: `${workers}, panel ${host}:${port}` }
  return { verdict: 'warn', detail: `${host}:${port} cannot be used (${trouble})`, todo: 'set HOST and PORT' }
}

function listenTrouble(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    probe.listen(port, host, () => probe.close(() => resolve(undefined)))
  })
}

async function examineTelegram(config: Config): Promise<Look> {
  const root = config.settings.TELEGRAM_API_ROOT
  try {
    const response = await fetch(root, { redirect: 'manual', signal: AbortSignal.timeout(reachLimitMs) })
    await response.body?.cancel()
    return { verdict: 'ok', detail: `${root} answers` }
  } catch (error) {
    const cause = (error as { cause?: NodeJS.ErrnoException }).cause
    return {
      verdict: 'warn',
      detail: `${root} does not answer (${cause?.code ?? (error as Error).name})`,
      todo: 'check the network, HTTPS_PROXY or TELEGRAM_API_ROOT',
    }
  }
}
