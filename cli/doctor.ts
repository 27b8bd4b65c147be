import type { Database } from '../db/database.ts'
import { migrationStatus } from '../db/migrate.ts'
import { clockJumpMaxMs, describePause } from '../domain/expiry-pause.ts'
import { peerTokenMs } from '../domain/peer-token.ts'
import { refusePeerUrl } from '../domain/peer-url.ts'
import { type Config, loadConfig } from '../runtime/config.ts'
import { countOldSeals } from '../services/count-old-seals.ts'
import { type GatewayRoleState, gatewayRoleState } from '../services/gateway-role-state.ts'
import { listServers } from '../services/list-servers.ts'
import { countMessages } from '../services/outbox/count-messages.ts'
import { readExpiryPause } from '../services/read-expiry-pause.ts'
import type { Cli } from './command.ts'
import { cliActor, readKeyring, withDatabase } from './context.ts'
import { examine, type Finding, printFindings } from './diagnosis.ts'
import {
  examineDisk,
  examineHome,
  examineNode,
  examinePorts,
  examineReach,
  examineSecretFiles,
  examineSocketPath,
  type Look,
} from './doctor-host.ts'
import { formatDuration } from './format.ts'

const reachLimitMs = 4000

/** Looks at everything that a server of this folder needs; changes nothing but what any command would. */
export async function examineServer(cli: Cli): Promise<void> {
  const config = loadConfig(cli.environment, cli.cwd)
  const findings: Finding[] = [
    await examine('node', examineNode),
    await examine('home', () => examineHome(config)),
    await examine('secret files', () => examineSecretFiles(config, cli.cwd)),
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
      const peers = await examine('other servers', () => examinePeers(config, database))
      return [await examine('keys', () => examineKeys(config, database)), clock, role, server, peers, outbox]
    })),
    await examine('ports', () => examinePorts(config, isServerAlive)),
    await examine('reach', () => examineReach(config)),
    await examine('telegram', () => examineTelegram(config)),
  )
  printFindings(cli.output, findings)
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
      if (reached.verdict === 'fail') return [unreachable(config, reached)]
      const schema = await examine('schema', () => examineSchema(config, database))
      const isUsable = schema.verdict !== 'fail' && !schema.detail.startsWith('empty')
      return [reached, schema, ...(isUsable ? await rest(database) : [])]
    })
  } catch (error) {
    return [unreachable(config, await examine(name, () => Promise.reject(error)))]
  }
}

function unreachable(config: Config, finding: Finding): Finding {
  const isEmbedded = config.settings.DATABASE_URL === undefined
  const todo = isEmbedded
    ? `look at the disk and at ${config.paths.postgres}/postgres.log`
    : 'start it, or set DATABASE_URL right'
  return { ...finding, todo: finding.todo ?? todo }
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
  const apart = `the database's clock is ${formatDuration(Math.abs(aheadMs))} ${aheadMs > 0 ? 'ahead of' : 'behind'} this host's`
  if (Math.abs(aheadMs) > clockJumpMaxMs) {
    return { verdict: 'warn', detail: apart, todo: 'set the wrong one right: subscriptions end by the database' }
  }
  if (Math.abs(aheadMs) <= peerTokenMs / 2) return { verdict: 'ok', detail: 'the database and this host agree' }
  return { verdict: 'warn', detail: apart, todo: 'keep both by NTP: servers trust each other for half a minute' }
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

/** Servers whose logs this one could not ask for. */
async function examinePeers(config: Config, database: Database): Promise<Look> {
  const { SERVERNAME: self, PEER_PLAIN_HTTP: plainHttp } = config.settings
  const others = (await listServers(database, cliActor())).filter(({ name, alive }) => alive && name !== self)
  const refused = others.flatMap(({ name, url }) => {
    const reason = refusePeerUrl(url, { plainHttp })
    return reason === undefined ? [] : [{ name, reason }]
  })
  const [first] = refused
  if (first === undefined)
    return { verdict: 'ok', detail: others.length === 0 ? 'none' : `${others.length} can be asked` }
  const detail = `the logs of ${refused.map(({ name }) => name).join(', ')} cannot be asked for from here`
  return { verdict: 'warn', detail, todo: `${first.name}: ${first.reason}` }
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
