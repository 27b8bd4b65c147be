/** Makes, starts and stops the Postgres of one place; whoever calls holds the place's lock. */
import { execFile } from 'node:child_process'
import { randomBytes, randomInt } from 'node:crypto'
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { Failure } from '../domain/failure.ts'
import { identityOf } from '../runtime/process-identity.ts'
import type { PostgresPlace } from './postgres-place.ts'

const run = promisify(execFile)
const startLimitMs = 60_000
const stopLimitMs = 30_000
const logBytesMax = 5 * 1024 * 1024
const failedStartsMax = 3
/** Below the range that Linux takes for outgoing connections, so that none of those sits on our port. */
const portsFrom = 15_000
const portsTo = 30_000

const serverOptions = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'max_connections=200',
  'shared_buffers=64MB',
  'password_encryption=scram-sha-256',
  // The file holds what an operator of the server needs; statements that fail are the business of who sent them.
  'log_min_messages=log',
  'log_checkpoints=off',
  'log_line_prefix=%m_[%p]_',
]

interface Secrets {
  readonly password: string
}

/** Initialises the data directory under a temporary name and renames it, so that a killed caller leaves no half of one. */
export async function initialise(place: PostgresPlace): Promise<void> {
  if (existsSync(join(place.data, 'PG_VERSION'))) return
  mkdirSync(place.folder, { recursive: true, mode: 0o700 })
  giveAway(place, place.folder)
  for (const left of readdirSync(place.folder).filter((name) => /^(new|pw)\./.test(name))) {
    rmSync(join(place.folder, left), { recursive: true, force: true })
  }
  const suffix = `${process.pid}.${randomBytes(4).toString('hex')}`
  const temporary = join(place.folder, `new.${suffix}`)
  const passwordFile = join(place.folder, `pw.${suffix}`)
  const password = randomBytes(24).toString('base64url')
  try {
    writeOwned(place, passwordFile, password)
    mkdirSync(temporary, { mode: 0o700 })
    giveAway(place, temporary)
    const settings = ['--username=botfleet', '--auth=scram-sha-256', '--encoding=UTF8', '--locale=C']
    await runAs(place, place.binaries.initdb, [
      `--pgdata=${temporary}`,
      `--pwfile=${passwordFile}`,
      ...settings,
      '--no-instructions',
    ])
    writeOwned(place, join(temporary, 'botfleet.json'), JSON.stringify({ password } satisfies Secrets))
    renameSync(temporary, place.data)
  } catch (error) {
    throw new Failure(
      'unavailable',
      `the embedded Postgres could not be set up in ${place.folder}: ${reasonOf(error)}`,
      {
        cause: error,
      },
    )
  } finally {
    rmSync(passwordFile, { force: true })
    rmSync(temporary, { recursive: true, force: true })
  }
}

/** Where the running Postgres of this place is reached; undefined when none runs. */
export function addressOf(place: PostgresPlace): string | undefined {
  const postmaster = readPostmaster(place)
  if (postmaster?.port === undefined || !isOurs(place, postmaster.pid)) return undefined
  return `postgres://botfleet:${readPassword(place)}@127.0.0.1:${postmaster.port}/postgres`
}

/**
 * Starts it as a process of its own and waits until it takes connections. Throws `unavailable` with Postgres' own last
 * word when it does not start.
 */
export async function startPostmaster(place: PostgresPlace): Promise<void> {
  await refuseOtherVersion(place)
  keepLogSmall(place)
  const deadline = performance.now() + startLimitMs
  for (let failed = 0; ; ) {
    clearForeignPidFile(place)
    const port = await choosePort(place)
    const options = [`-p ${port}`, ...serverOptions.map((option) => `-c ${option}`)].join(' ')
    try {
      await runPgCtl(place, 'start', startLimitMs, [`--log=${place.logFile}`, `--options=${options}`])
      writeOwned(place, join(place.folder, 'port'), String(port))
      return
    } catch (error) {
      const lastWord = lastFatalLine(place)
      // Its predecessor was killed and its last backends are still ending: that passes.
      if (!/still in use/.test(lastWord)) failed += 1
      if (failed >= failedStartsMax || performance.now() > deadline) {
        throw new Failure(
          'unavailable',
          `the embedded Postgres does not start (${lastWord === '' ? reasonOf(error) : lastWord}): see ${place.logFile}`,
          { cause: error },
        )
      }
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }
}

/** Stops it, ending the sessions that are left. */
export async function stopPostmaster(place: PostgresPlace): Promise<void> {
  try {
    await runPgCtl(place, 'stop', stopLimitMs, ['--mode=fast'])
  } catch (error) {
    if (addressOf(place) === undefined) return
    throw new Failure('unavailable', `the embedded Postgres does not stop: see ${place.logFile}`, { cause: error })
  }
}

/** Its log is cut when it has grown; it is opened for appending, so Postgres goes on at the new end. */
export function keepLogSmall(place: PostgresPlace): void {
  const size = statSync(place.logFile, { throwIfNoEntry: false })?.size ?? 0
  if (size > logBytesMax) truncateSync(place.logFile, 0)
}

function readPassword(place: PostgresPlace): string {
  const file = join(place.data, 'botfleet.json')
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as Secrets).password
  } catch (cause) {
    throw new Failure('unavailable', `${file}, the password of the embedded Postgres, cannot be read`, { cause })
  }
}

/** What Postgres' pid file says; its second line is the data directory, its fourth the port. */
function readPostmaster(place: PostgresPlace): { pid: number; port: number | undefined } | undefined {
  try {
    const lines = readFileSync(join(place.data, 'postmaster.pid'), 'utf8').split('\n')
    const port = Number(lines[3])
    return { pid: Number(lines[0]), port: Number.isInteger(port) && port > 0 ? port : undefined }
  } catch {
    return undefined
  }
}

/** Whether this pid is the postmaster of our data directory, and not a stranger who came to have the number. */
function isOurs(place: PostgresPlace, pid: number): boolean {
  const [program = '', ...parameters] = commandLineOf(pid)
  return basename(program) === 'postgres' && parameters.includes(place.data)
}

/**
 * Postgres refuses to start while the pid in its pid file lives, whoever that is: a stranger who came to have the number,
 * or its own zombie where pid 1 does not reap. The file is removed then; sessions that still work on the data prevent
 * the start nevertheless, by their shared memory.
 */
function clearForeignPidFile(place: PostgresPlace): void {
  const postmaster = readPostmaster(place)
  if (postmaster === undefined || isOurs(place, postmaster.pid)) return
  if (identityOf(postmaster.pid) === undefined) return
  rmSync(join(place.data, 'postmaster.pid'), { force: true })
}

/** Empty when there is no such process, or a zombie. */
function commandLineOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1)
  } catch {
    return []
  }
}

async function refuseOtherVersion(place: PostgresPlace): Promise<void> {
  const made = readFileSync(join(place.data, 'PG_VERSION'), 'utf8').trim()
  const { stdout } = await runAs(place, place.binaries.initdb, ['--version'])
  const ours = /\) (\d+)/.exec(stdout)?.[1]
  if (ours === made) return
  throw new Failure(
    'unavailable',
    `${place.data} was made by Postgres ${made}, this program brings Postgres ${ours ?? '?'}; nothing was changed. The way over:
  1. with the botfleet that you had before:  ./botfleet backup FILE
  2. when no botfleet of this home runs:     mv ${place.data} ${place.data}.${made}
  3. with this one:                          ./botfleet restore FILE
The keys stay where they are. See docs/OPERATING.md, Another major version of Postgres.`,
  )
}

/** The last thing Postgres said before it gave up. */
function lastFatalLine(place: PostgresPlace): string {
  try {
    const lines = readFileSync(place.logFile, 'utf8').slice(-10_000).split('\n')
    return lines.findLast((line) => /(FATAL|PANIC):/.test(line))?.replace(/^.*?(FATAL|PANIC): +/, '') ?? ''
  } catch {
    return ''
  }
}

function reasonOf(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message: string }
  return (stderr === undefined || stderr.trim() === '' ? message : stderr).trim().split('\n').at(-1) ?? ''
}

/** Returns when it is done, and not merely asked for. */
function runPgCtl(place: PostgresPlace, command: string, limitMs: number, parameters: string[]): Promise<unknown> {
  const waiting = ['--wait', `--timeout=${limitMs / 1000}`, '--silent']
  return runAs(place, place.binaries.pgCtl, [command, `--pgdata=${place.data}`, ...parameters, ...waiting])
}

function runAs(place: PostgresPlace, program: string, parameters: string[]): Promise<{ stdout: string }> {
  return run(program, parameters, {
    cwd: '/',
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C' },
    timeout: startLimitMs + 10_000,
    ...(place.user === undefined ? {} : { uid: place.user.uid, gid: place.user.gid }),
  })
}

function writeOwned(place: PostgresPlace, path: string, text: string): void {
  writeFileSync(path, text, { mode: 0o600 })
  giveAway(place, path)
}

function giveAway(place: PostgresPlace, path: string): void {
  if (place.user !== undefined) chownSync(path, place.user.uid, place.user.gid)
}

/** The port of the last start when it is free, so that pools find Postgres again; else another free one. */
async function choosePort(place: PostgresPlace): Promise<number> {
  const portFile = join(place.folder, 'port')
  const last = existsSync(portFile) ? Number(readFileSync(portFile, 'utf8')) : 0
  if (last > 0 && (await isFree(last))) return last
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = randomInt(portsFrom, portsTo)
    if (await isFree(port)) return port
  }
  throw new Failure('unavailable', `no free port between ${portsFrom} and ${portsTo} for the embedded Postgres`)
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer()
  return new Promise((resolve) => {
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}
