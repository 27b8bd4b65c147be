/**
 * The embedded Postgres: a process of its own under BOTFLEET_HOME, found again by the next supervisor, shared by every
 * command of the same home, stopped by the last `serve` that leaves (design section 8). Passwords only (scram), TCP on
 * loopback only. Started by root it runs as another user, and its files move to a folder which that user can reach.
 */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chownSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { Failure } from '../domain/failure.ts'
import { type PostgresBinaries, type PostgresPlace, packagedBinaries, placeFor } from './postgres-place.ts'

const run = promisify(execFile)
const startLimitMs = 60_000
const logBytesMax = 5 * 1024 * 1024

interface Connection {
  readonly password: string
}

export interface EmbeddedPostgres {
  readonly url: string
  /** This call started it. */
  readonly startedByUs: boolean
  /** Where its files are; outside the home when its user cannot reach the home. */
  readonly folder: string
}

/**
 * Makes sure that the embedded Postgres of this home runs, making its files at the first call; several callers at
 * once all succeed. Throws `unavailable` when it cannot be started, naming its log.
 */
export async function ensureEmbeddedPostgres(
  home: string,
  binaries: () => Promise<PostgresBinaries> = packagedBinaries,
): Promise<EmbeddedPostgres> {
  const place = await placeFor(home, binaries)
  const deadline = Date.now() + startLimitMs
  await initialise(place)
  let startedByUs = false
  for (;;) {
    const running = await findRunning(place)
    if (running !== undefined) return { url: running, startedByUs, folder: place.folder }
    if (Date.now() > deadline) {
      throw new Failure(
        'unavailable',
        `the embedded Postgres did not start within ${startLimitMs / 1000} s: see ${place.logFile}`,
      )
    }
    if (!isPostmasterAlive(place)) startedByUs = (await start(place)) || startedByUs
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/**
 * Stops it unless another botfleet process is connected.
 * @returns whether it was stopped.
 */
export async function stopEmbeddedPostgresIfUnused(
  home: string,
  binaries: () => Promise<PostgresBinaries> = packagedBinaries,
): Promise<boolean> {
  const place = await placeFor(home, binaries)
  const url = await findRunning(place)
  if (url === undefined) return false
  if ((await countOthers(url)) > 0) return false
  await pgCtl(place, ['stop', '-D', place.data, '-m', 'fast', '-w', '-t', '30', '-s']).catch(() => {})
  return true
}

/** Initialises the data directory under a temporary name and renames it: of several first callers one wins. */
async function initialise(place: PostgresPlace): Promise<void> {
  if (exists(join(place.data, 'PG_VERSION'))) return
  mkdirSync(place.folder, { recursive: true, mode: 0o700 })
  if (place.user !== undefined) chownSync(place.folder, place.user.uid, place.user.gid)
  const suffix = `${process.pid}.${randomBytes(4).toString('hex')}`
  const temporary = join(place.folder, `new.${suffix}`)
  const passwordFile = join(place.folder, `pw.${suffix}`)
  const password = randomBytes(24).toString('base64url')
  try {
    writeOwned(place, passwordFile, password)
    mkdirSync(temporary, { mode: 0o700 })
    if (place.user !== undefined) chownSync(temporary, place.user.uid, place.user.gid)
    await runAs(place, place.binaries.initdb, [
      '-D',
      temporary,
      '-U',
      'botfleet',
      '-A',
      'scram-sha-256',
      `--pwfile=${passwordFile}`,
      '-E',
      'UTF8',
      '--locale=C',
      '--no-instructions',
    ])
    // The password travels with the directory, so that whoever wins the rename is also whose password is right.
    writeOwned(place, join(temporary, 'botfleet.json'), JSON.stringify({ password } satisfies Connection))
    renameSync(temporary, place.data)
  } catch (error) {
    if (!exists(join(place.data, 'PG_VERSION'))) {
      const reason = ((error as { stderr?: string }).stderr ?? (error as Error).message).trim().split('\n').at(-1)
      throw new Failure('unavailable', `the embedded Postgres could not be set up in ${place.folder}: ${reason}`, {
        cause: error,
      })
    }
  } finally {
    rmSync(passwordFile, { force: true })
    rmSync(temporary, { recursive: true, force: true })
  }
}

/** Starts the postmaster detached; false when another caller was faster. */
async function start(place: PostgresPlace): Promise<boolean> {
  keepLogSmall(place.logFile)
  const port = await preferredPort(place)
  const options = [
    `-p ${port}`,
    '-c listen_addresses=127.0.0.1',
    '-c unix_socket_directories=',
    '-c max_connections=200',
    '-c shared_buffers=64MB',
    '-c password_encryption=scram-sha-256',
    '-c log_min_messages=warning',
    '-c log_line_prefix=%m_[%p]_',
  ]
  try {
    await pgCtl(place, ['start', '-D', place.data, '-l', place.logFile, '-o', options.join(' '), '-W', '-s'])
    return true
  } catch {
    return false
  }
}

/** The URL of the running server, when it accepts our password. */
async function findRunning(place: PostgresPlace): Promise<string | undefined> {
  const port = readPostmaster(place)?.port
  if (port === undefined) return undefined
  const { password } = JSON.parse(readFileSync(join(place.data, 'botfleet.json'), 'utf8')) as Connection
  const url = `postgres://botfleet:${password}@127.0.0.1:${port}/postgres`
  try {
    await withClient(url, (client) => client.query('select 1'))
    return url
  } catch {
    return undefined
  }
}

async function countOthers(url: string): Promise<number> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ others: string }>(
      `select count(*) as others from pg_stat_activity
       where pid <> pg_backend_pid() and backend_type = 'client backend' and application_name like 'botfleet%'`,
    )
    return Number(rows[0]?.others ?? 0)
  }).catch(() => 1)
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'probe',
    connectionTimeoutMillis: 2000,
    query_timeout: 2000,
  })
  client.on('error', () => {})
  try {
    await client.connect()
    return await work(client)
  } finally {
    await client.end().catch(() => {})
  }
}

function readPostmaster(place: PostgresPlace): { pid: number; port: number | undefined } | undefined {
  try {
    const lines = readFileSync(join(place.data, 'postmaster.pid'), 'utf8').split('\n')
    const port = Number(lines[3])
    return { pid: Number(lines[0]), port: Number.isInteger(port) && port > 0 ? port : undefined }
  } catch {
    return undefined
  }
}

/** Whether the pid file names a running Postgres; a stale one is left to Postgres itself, which knows how to judge it. */
function isPostmasterAlive(place: PostgresPlace): boolean {
  const pid = readPostmaster(place)?.pid
  if (pid === undefined) return false
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(place.data)
  } catch {
    return false
  }
}

function pgCtl(place: PostgresPlace, parameters: string[]): Promise<unknown> {
  return runAs(place, place.binaries.pgCtl, parameters)
}

function runAs(place: PostgresPlace, program: string, parameters: string[]): Promise<unknown> {
  return run(program, parameters, {
    cwd: '/',
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C' },
    timeout: startLimitMs,
    ...(place.user === undefined ? {} : { uid: place.user.uid, gid: place.user.gid }),
  })
}

function writeOwned(place: PostgresPlace, path: string, text: string): void {
  writeFileSync(path, text, { mode: 0o600 })
  if (place.user !== undefined) chownSync(path, place.user.uid, place.user.gid)
}

function keepLogSmall(logFile: string): void {
  try {
    if (statSync(logFile).size > logBytesMax) truncateSync(logFile, 0)
  } catch {
    // There is none yet.
  }
}

function exists(path: string): boolean {
  try {
    closeSync(openSync(path, 'r'))
    return true
  } catch {
    return false
  }
}

/** The port of the last start when it is free, so that pools survive a restart of Postgres; else any free one. */
async function preferredPort(place: PostgresPlace): Promise<number> {
  const portFile = join(place.folder, 'port')
  const last = exists(portFile) ? Number(readFileSync(portFile, 'utf8')) : 0
  const port = await freePort(last).catch(() => freePort(0))
  writeOwned(place, portFile, String(port))
  return port
}

async function freePort(wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(wanted, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() =>
        typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no port')),
      )
    })
  })
}
