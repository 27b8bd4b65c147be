/**
 * The embedded Postgres: a process of its own under BOTFLEET_HOME, found again by the next supervisor, shared by every
 * command of the same home, stopped by the last `serve` that leaves (design section 8). Passwords only (scram), TCP on
 * loopback only. Started by root it runs as another user, and its files move to a folder which that user can reach.
 *
 * Starting, finding and stopping happen under one lock of the host, and whoever finds it running holds a connection from
 * within the lock on: so it is started once, and never stopped under somebody who has just been given its address.
 */
import { randomBytes } from 'node:crypto'
import { Socket } from 'node:net'
import pg from 'pg'
import { Failure } from '../domain/failure.ts'
import { withHostLock } from './host-lock.ts'
import { type PostgresBinaries, type PostgresPlace, placeFor } from './postgres-place.ts'
import { addressOf, initialise, keepLogSmall, startPostmaster, stopPostmaster } from './postmaster.ts'

const readyLimitMs = 60_000
const lockLimitMs = 120_000
const answerLimitMs = 2000

export interface EmbeddedPostgres {
  readonly url: string
  /** This call started it. */
  readonly startedByUs: boolean
  /** Where its files are; outside the home when its user cannot reach the home. */
  readonly folder: string
}

interface Hold {
  readonly client: pg.Client
  readonly socket: Socket
}

/** Tells the holding connections of this process from those of others. */
const ownName = `botfleet hold ${randomBytes(6).toString('hex')}`
/** The connection that shows others that this process uses the Postgres of a data directory. */
const holds = new Map<string, Hold>()

/**
 * Makes sure that the embedded Postgres of this home runs, making its files at the first call; several callers at
 * once all succeed. It is not stopped by others while this process lives, unless it calls
 * `stopEmbeddedPostgresIfUnused`. Throws `unavailable` when it cannot be started, naming its log.
 */
export async function ensureEmbeddedPostgres(
  home: string,
  binariesOf?: () => Promise<PostgresBinaries>,
): Promise<EmbeddedPostgres> {
  const place = await placeFor(home, binariesOf)
  return withHostLock(place.data, lockLimitMs, async () => {
    await initialise(place)
    keepLogSmall(place)
    let startedByUs = false
    const deadline = performance.now() + readyLimitMs
    for (;;) {
      const url = addressOf(place)
      if (url === undefined) {
        await startPostmaster(place)
        startedByUs = true
      } else if (await hold(place, url)) {
        return { url, startedByUs, folder: place.folder }
      }
      if (performance.now() > deadline) {
        throw new Failure(
          'unavailable',
          `the embedded Postgres takes no connections within ${readyLimitMs / 1000} s: see ${place.logFile}`,
        )
      }
      if (url !== undefined) await new Promise((resolve) => setTimeout(resolve, 50))
    }
  })
}

/**
 * Stops it unless another botfleet process is connected. This process must have closed its own connections.
 * @returns whether it was stopped.
 */
export async function stopEmbeddedPostgresIfUnused(
  home: string,
  binariesOf?: () => Promise<PostgresBinaries>,
): Promise<boolean> {
  const place = await placeFor(home, binariesOf)
  return withHostLock(place.data, lockLimitMs, async () => {
    const url = addressOf(place)
    if (url === undefined) {
      await release(place)
      return false
    }
    // Whoever cannot be asked may be in use.
    const used = !(await hold(place, url)) || (await hasOtherUsers(place))
    await release(place)
    if (used) return false
    await stopPostmaster(place)
    return true
  })
}

/** Connects, or checks the connection that this process has; false when Postgres does not take it yet. */
async function hold(place: PostgresPlace, url: string): Promise<boolean> {
  if (await answers(holds.get(place.data))) return true
  await release(place)
  const socket = new Socket()
  const client = new pg.Client({
    connectionString: url,
    application_name: ownName,
    connectionTimeoutMillis: answerLimitMs,
    query_timeout: answerLimitMs,
    stream: () => socket,
  })
  client.on('error', () => {})
  client.once('end', () => {
    if (holds.get(place.data)?.client === client) holds.delete(place.data)
  })
  try {
    await client.connect()
  } catch (error) {
    socket.destroy()
    if ((error as NodeJS.ErrnoException).code !== '28P01') return false
    throw new Failure('unavailable', `the embedded Postgres in ${place.data} does not accept its own password`, {
      cause: error,
    })
  }
  // A held connection must not keep a finished program alive.
  socket.unref()
  holds.set(place.data, { client, socket })
  return true
}

async function release(place: PostgresPlace): Promise<void> {
  const held = holds.get(place.data)
  holds.delete(place.data)
  held?.socket.ref()
  await held?.client.end().catch(() => {})
}

async function answers(held: Hold | undefined): Promise<boolean> {
  if (held === undefined) return false
  return held.client.query('select 1').then(
    () => true,
    () => false,
  )
}

async function hasOtherUsers(place: PostgresPlace): Promise<boolean> {
  const outcome = await holds
    .get(place.data)
    ?.client.query<{ others: string }>(
      `select count(*) as others from pg_stat_activity
       where backend_type = 'client backend' and application_name like 'botfleet%' and application_name <> $1`,
      [ownName],
    )
    .catch(() => undefined)
  return outcome?.rows[0]?.others !== '0'
}
