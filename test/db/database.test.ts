import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { CommitUnknown, Database, type DatabaseOptions } from '../../db/database.ts'
import { Failure } from '../../domain/failure.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'

let db: TestDatabase
let proxy: TcpProxy
const opened: Database[] = []

beforeEach(async () => {
  db = await createTestDatabase({ migrated: false })
  const { hostname, port } = new URL(db.url)
  proxy = await TcpProxy.start({ host: hostname, port: Number(port) })
})
afterEach(async () => {
  await Promise.all(opened.splice(0).map((database) => database.close()))
  await proxy.stop()
  await db.drop()
})

/** A pool whose road to Postgres leads through the proxy. */
function openThroughProxy(options: Partial<DatabaseOptions> = {}): Database {
  const url = new URL(db.url)
  url.port = String(proxy.port)
  const database = Database.open(url.href, {
    applicationName: 'botfleet test',
    queryTimeoutMs: 800,
    connectTimeoutMs: 800,
    ...options,
  })
  opened.push(database)
  return database
}

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error = await work.then(
    () => undefined,
    (caught: unknown) => caught,
  )
  if (!(error instanceof Failure)) throw new Error(`expected a Failure, got ${String(error)}`, { cause: error })
  return error
}

/** Fills the pool with `count` idle connections. */
async function fill(database: Database, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, () => database.query('select pg_sleep(0.05)')))
}

test('a black-holed connection fails within its limit, and the first statement afterwards works', async () => {
  const database = openThroughProxy()
  await fill(database, 5)
  proxy.blackHole()
  const sentAt = performance.now()
  const failure = await failureOf(database.query('select 1'))
  expect(failure.code).toBe('unavailable')
  expect(performance.now() - sentAt).toBeLessThan(10_000)
  proxy.heal()
  // The other four idle connections went down with the first: none of them may be handed out again.
  const { rows } = await database.query<{ one: number }>('select 1 as one')
  expect(rows).toEqual([{ one: 1 }])
})

test('a database that cannot be connected to fails within the connection limit', async () => {
  const database = openThroughProxy()
  proxy.blackHole()
  const sentAt = performance.now()
  expect((await failureOf(database.ping())).code).toBe('unavailable')
  expect(performance.now() - sentAt).toBeLessThan(10_000)
})

test('a process whose connections fell silent still ends when it closes them', async () => {
  const url = new URL(db.url)
  url.port = String(proxy.port)
  const folder = join(import.meta.dirname, '..', '..', 'db')
  const program = `
    import { Database } from '${join(folder, 'database.ts')}'
    import { Listener } from '${join(folder, 'listen.ts')}'
    const database = Database.open(process.env.URL, { applicationName: 'botfleet test' })
    const listener = new Listener(process.env.URL, ['first'], () => {})
    await Promise.all([listener.start(), ...[1, 2, 3].map(() => database.query('select pg_sleep(0.05)'))])
    process.stdin.once('data', async () => {
      process.stdin.destroy()
      await Promise.all([database.close(), database.close(), listener.stop()])
    })
    process.stdout.write('ready')`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    env: { URL: url.href },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  try {
    await once(child.stdout, 'data')
    proxy.blackHole()
    child.stdin.write('close')
    const [code] = (await once(child, 'exit', { signal: AbortSignal.timeout(10_000) })) as [number | null]
    expect(code).toBe(0)
  } finally {
    child.kill('SIGKILL')
  }
})

test('a refused connection is unavailable, and the message holds no password', async () => {
  await proxy.stop()
  const failure = await failureOf(openThroughProxy().ping())
  expect(failure.code).toBe('unavailable')
  expect(failure.exitCode).toBe(6)
  expect(failure.message).not.toContain(new URL(db.url).password)
  proxy = await TcpProxy.start({ host: '127.0.0.1', port: 1 })
})

test('a wrong password and a missing database are said as such', async () => {
  const wrongPassword = new URL(db.url)
  wrongPassword.password = 'canary-wrong-password'
  const missing = new URL(db.url)
  missing.pathname = '/no_such_database'
  const open = (url: URL) => {
    const database = Database.open(url.href, { applicationName: 'botfleet test' })
    opened.push(database)
    return database
  }
  const refused = await failureOf(open(wrongPassword).ping())
  expect(refused.message).toContain('password of DATABASE_URL')
  expect(refused.message).not.toContain('canary')
  expect((await failureOf(open(missing).ping())).message).toContain('does not exist')
})

test('idle connections that the server ends do not end the process, and are replaced', async () => {
  const database = openThroughProxy()
  await fill(database, 3)
  await db.database.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
  )
  await vi.waitFor(() => database.ping(), { timeout: 5000 })
})

test('a connection cut in the middle of a transaction is unavailable, and nothing stands', async () => {
  const database = openThroughProxy()
  await db.database.query('create table kept (id int)')
  const failure = await failureOf(
    database.transaction(async (tx) => {
      await tx.query('insert into kept values (1)')
      proxy.cut()
      await tx.query('insert into kept values (2)')
    }),
  )
  expect(failure).not.toBeInstanceOf(CommitUnknown)
  expect(failure.code).toBe('unavailable')
  proxy.heal()
  expect((await database.query('select from kept')).rowCount).toBe(0)
})

test('a connection that drops while its transaction does something else fails the next statement only', async () => {
  const database = openThroughProxy()
  const failure = await failureOf(
    database.transaction(async (tx) => {
      const { rows } = await tx.query<{ pid: number }>('select pg_backend_pid() as pid')
      proxy.cut()
      await vi.waitFor(async () => {
        const alive = await db.database.query('select from pg_stat_activity where pid = $1', [rows[0]?.pid])
        expect(alive.rowCount).toBe(0)
      })
      await tx.query('select 1')
    }),
  )
  expect(failure.code).toBe('unavailable')
})

test('a COMMIT without an answer is an unknown outcome', async () => {
  const database = openThroughProxy()
  const failure = await failureOf(
    database.transaction(async (tx) => {
      await tx.query('select 1')
      proxy.blackHole()
    }),
  )
  expect(failure).toBeInstanceOf(CommitUnknown)
})

test('what a transaction said stays the answer when its rollback gets none', async () => {
  const database = openThroughProxy()
  const failure = await failureOf(
    database.transaction(async (tx) => {
      await tx.query('select 1')
      proxy.blackHole()
      throw new Failure('conflict', 'already sold')
    }),
  )
  expect(failure.message).toBe('already sold')
  proxy.heal()
  await database.ping()
})

test('a failing statement rolls the whole transaction back, even when its error is swallowed', async () => {
  await db.database.query('create table kept (id int primary key)')
  await expect(
    db.database.transaction(async (tx) => {
      await tx.query('insert into kept values (1)')
      await tx.query('insert into kept values (1)').catch(() => {})
    }),
  ).rejects.toThrow('rolled back')
  expect((await db.database.query('select from kept')).rowCount).toBe(0)
})

test('a statement that waits too long for a lock is unavailable, and its connection stays good', async () => {
  const database = openThroughProxy({ connectionsMax: 1 })
  const backend = async () =>
    (await database.query<{ pid: number }>('select pg_backend_pid() as pid')).rows.map(({ pid }) => pid)
  const before = await backend()
  await db.database.transaction(async (tx) => {
    await tx.query('create table held (id int)')
    await tx.query('select pg_advisory_xact_lock(7)')
    const failure = await failureOf(database.query('select pg_advisory_lock(7)'))
    expect(failure.code).toBe('unavailable')
    expect(failure.message).toContain('lock')
  })
  expect(await backend()).toEqual(before)
})

test('deadlocked transactions are run again until both stand', async () => {
  await db.database.query('create table pair (id int primary key, n int not null default 0)')
  await db.database.query('insert into pair (id) values (1), (2)')
  const met = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const
  const attempts = [0, 0]
  const raise = (first: number, second: number, me: 0 | 1) =>
    db.database.transaction(async (tx) => {
      attempts[me] = (attempts[me] ?? 0) + 1
      await tx.query('update pair set n = n + 1 where id = $1', [first])
      met[me].resolve()
      await met[me === 0 ? 1 : 0].promise
      await tx.query('update pair set n = n + 1 where id = $1', [second])
    })
  await Promise.all([raise(1, 2, 0), raise(2, 1, 1)])
  expect((await db.database.query<{ n: number }>('select n from pair')).rows).toEqual([{ n: 2 }, { n: 2 }])
  expect(attempts.reduce((sum, n) => sum + n, 0)).toBeGreaterThan(2)
})

test('a transaction that stands idle is ended by the server', async () => {
  const database = openThroughProxy({ idleInTransactionMs: 200 })
  const failure = await failureOf(
    database.transaction(async (tx) => {
      await tx.query('select pg_advisory_xact_lock(8)')
      await vi.waitFor(
        async () => {
          const { rows } = await db.database.query<{ free: boolean }>('select pg_try_advisory_lock(8) as free')
          if (rows[0]?.free !== true) throw new Error('still held')
        },
        { timeout: 10_000 },
      )
      await tx.query('select 1')
    }),
  )
  expect(failure.code).toBe('unavailable')
  await database.ping()
})

test('bigint comes as a number while it is exact, and is refused beyond', async () => {
  const { rows } = await db.database.query<{ n: unknown }>('select 9007199254740991::bigint as n')
  expect(rows).toEqual([{ n: Number.MAX_SAFE_INTEGER }])
  await expect(db.database.query('select 9007199254740992::bigint as n')).rejects.toThrow('9007199254740992')
})
