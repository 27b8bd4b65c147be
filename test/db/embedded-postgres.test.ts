import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import pg from 'pg'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Database } from '../../db/database.ts'
import { placeFor } from '../../db/postgres-place.ts'
import { identityOf, livenessOf, signalProcess } from '../../runtime/process-identity.ts'
import { nativeFolder, PostgresHome } from '../support/postgres-server.ts'

const asRoot = process.geteuid?.() === 0
const module_ = join(import.meta.dirname, '..', '..', 'db', 'embedded-postgres.ts')
/** Calls `ensure`, says what came of it, and stays until it is told to end. */
const starter = `
  import { ensureEmbeddedPostgres, stopEmbeddedPostgresIfUnused } from '${module_}'
  const found = await ensureEmbeddedPostgres(process.argv[1])
  process.stdout.write(JSON.stringify(found) + '\\n')
  process.stdin.once('data', async (text) => {
    if (String(text) === 'stop') process.stdout.write(String(await stopEmbeddedPostgresIfUnused(process.argv[1])))
    process.stdin.destroy()
  })
`

let postgres: PostgresHome
const children: ChildProcess[] = []
beforeEach(() => {
  postgres = new PostgresHome()
})
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await postgres.remove()
})

/** Another process that makes sure the Postgres of this home runs. */
async function startElsewhere(home = postgres.home, user?: { uid: number; gid: number }) {
  const child = spawn(process.execPath, ['--input-type=module', '-e', starter, home], {
    stdio: ['pipe', 'pipe', 'inherit'],
    cwd: '/',
    ...user,
  })
  children.push(child)
  const [line] = (await once(child.stdout, 'data', { signal: AbortSignal.timeout(50_000) })) as [Buffer]
  return { child, found: JSON.parse(line.toString()) as { url: string; startedByUs: boolean; folder: string } }
}

async function postmaster() {
  const identity = identityOf((await postgres.pid()) ?? 0)
  if (identity === undefined) throw new Error('no postmaster runs')
  return identity
}

/** A process of the server's own user: Postgres itself would take it for its predecessor and refuse to start. */
function startStranger(user: { uid: number; gid: number } | undefined): ChildProcess {
  const stranger = spawn('sleep', ['600'], { stdio: 'ignore', ...user })
  children.push(stranger)
  return stranger
}

async function ask<T>(url: string, text: string): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 })
  await client.connect()
  try {
    return (await client.query<{ value: T }>(`select ${text} as value`)).rows[0]?.value as T
  } finally {
    await client.end()
  }
}

test('two first callers at once, and two more processes, all get the same server, started once', async () => {
  const all = await Promise.all([
    postgres.ensure(),
    postgres.ensure(),
    startElsewhere().then(({ found }) => found),
    startElsewhere().then(({ found }) => found),
  ])
  expect(new Set(all.map(({ url }) => url)).size).toBe(1)
  expect(all.filter(({ startedByUs }) => startedByUs)).toHaveLength(1)
  expect(await ask(all[0].url, '1')).toBe(1)
})

test('it outlives its killed starter and is found again by the next caller', async () => {
  const { child, found } = await startElsewhere()
  const first = await postmaster()
  child.kill('SIGKILL')
  await once(child, 'exit')
  const again = await postgres.ensure()
  expect(again).toEqual({ ...found, startedByUs: false })
  expect(livenessOf(first)).toBe('alive')
})

test('it keeps no hold on its starter, which ends by itself', async () => {
  const { child } = await startElsewhere()
  child.stdin?.write('end')
  const [code] = (await once(child, 'exit', { signal: AbortSignal.timeout(20_000) })) as [number | null]
  expect(code).toBe(0)
  expect(await postgres.runs()).toBe(true)
  const { pid } = await postmaster()
  for (const descriptor of [0, 1, 2]) {
    expect(['/dev/null', (await postgres.place()).logFile]).toContain(readlinkSync(`/proc/${pid}/fd/${descriptor}`))
  }
})

test('it takes passwords only, on loopback only', async () => {
  const { url } = await postgres.ensure()
  const wrong = new URL(url)
  wrong.password = 'wrong'
  await expect(ask(wrong.href, '1')).rejects.toMatchObject({ code: '28P01' })
  const hba = readFileSync(join((await postgres.place()).data, 'pg_hba.conf'), 'utf8')
  const methods = hba.split('\n').flatMap((line) => (/^\s*(#|$)/.test(line) ? [] : [line.trim().split(/\s+/).at(-1)]))
  expect(new Set(methods)).toEqual(new Set(['scram-sha-256']))
  expect(await ask(url, `current_setting('listen_addresses')`)).toBe('127.0.0.1')
  expect(await ask(url, `current_setting('unix_socket_directories')`)).toBe('')
  expect(await ask(url, `current_setting('fsync')`)).toBe('on')
})

test('its password stands in no command line, no environment, and in one private file', async () => {
  const { url, folder } = await postgres.ensure()
  const { password } = new URL(url)
  const { pid } = await postmaster()
  expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).not.toContain(password)
  if (asRoot) expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).not.toContain(password)
  expect(readFileSync((await postgres.place()).logFile, 'utf8')).not.toContain(password)
  const file = join(folder, 'data', 'botfleet.json')
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(statSync(folder).mode & 0o777).toBe(0o700)
})

test('it is stopped only when no other process uses it', async () => {
  const { url } = await postgres.ensure()
  const { child } = await startElsewhere()
  expect(await postgres.stopIfUnused()).toBe(false)
  expect(await postgres.runs()).toBe(true)
  child.kill('SIGKILL')
  await once(child, 'exit')
  const database = Database.open(url, { applicationName: 'botfleet test' })
  await database.ping()
  expect(await postgres.stopIfUnused()).toBe(false)
  await database.close()
  await vi.waitFor(async () => expect(await postgres.stopIfUnused()).toBe(true), { timeout: 10_000 })
  expect(await postgres.runs()).toBe(false)
  expect(await postgres.stopIfUnused()).toBe(false)
})

test('of two processes that leave, the last one stops it', async () => {
  const [one, two] = await Promise.all([startElsewhere(), startElsewhere()])
  const leave = async ({ child }: typeof one) => {
    child.stdin?.write('stop')
    const [said] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
    await once(child, 'exit')
    return said.toString()
  }
  expect(await leave(one)).toBe('false')
  expect(await leave(two)).toBe('true')
  expect(await postgres.runs()).toBe(false)
})

test('callers who come while it is being stopped are not left without it', async () => {
  await postgres.ensure()
  for (let round = 0; round < 5; round += 1) {
    const [, found] = await Promise.all([postgres.stopIfUnused(), startElsewhere()])
    expect(await ask(found.found.url, '1')).toBe(1)
    found.child.kill('SIGKILL')
    await once(found.child, 'exit')
  }
})

test('a killed postmaster is recovered from on the same port, and pools heal', async () => {
  const { url } = await postgres.ensure()
  const database = Database.open(url, { applicationName: 'botfleet test' })
  try {
    await database.query('create table kept as select 42 as value')
    const first = await postmaster()
    signalProcess(first, 'SIGKILL')
    await vi.waitFor(() => expect(livenessOf(first)).toBe('dead'))
    const [again, other] = await Promise.all([postgres.ensure(), startElsewhere()])
    expect(again.url).toBe(url)
    expect(other.found.url).toBe(url)
    await vi.waitFor(
      async () => expect((await database.query('select value from kept')).rows).toEqual([{ value: 42 }]),
      {
        timeout: 10_000,
      },
    )
  } finally {
    await database.close()
  }
})

test.for([
  ['', false],
  [', not even when a stranger has its number', true],
] as const)(
  'a killed postmaster has no successor while one of its sessions still works on the data%s',
  async ([, taken]) => {
    const { url } = await postgres.ensure()
    const client = new pg.Client({ connectionString: url, statement_timeout: 4000 })
    client.on('error', () => {})
    await client.connect()
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
    const session = identityOf(rows[0]?.pid ?? 0)
    if (session === undefined) throw new Error('the session has no process')
    // Computes without ever waiting, so that it does not notice that its postmaster is gone.
    const busy = client.query('select count(*) from generate_series(1, 1000000000000)').catch(() => {})
    const first = await postmaster()
    signalProcess(first, 'SIGKILL')
    await vi.waitFor(() => expect(livenessOf(first)).toBe('dead'))
    if (taken) {
      const { data, user } = await postgres.place()
      const file = join(data, 'postmaster.pid')
      writeFileSync(file, readFileSync(file, 'utf8').replace(/^\d+/, String(startStranger(user).pid)))
    }
    expect(livenessOf(session)).toBe('alive')
    await postgres.ensure()
    expect(livenessOf(session)).toBe('dead')
    await busy
    await client.end().catch(() => {})
  },
)

test('a pid file whose number a stranger has now does not prevent the start', async () => {
  await postgres.ensure()
  await postgres.stopIfUnused()
  const { data, user } = await postgres.place()
  const stranger = startStranger(user)
  const file = join(data, 'postmaster.pid')
  writeFileSync(file, `${stranger.pid}\n${data}\n1700000000\n15999\n\n127.0.0.1\n  1 1\nready   \n`, { mode: 0o600 })
  if (user !== undefined) chownSync(file, user.uid, user.gid)
  const { startedByUs, url } = await postgres.ensure()
  expect(startedByUs).toBe(true)
  expect(await ask(url, '1')).toBe(1)
  expect(stranger.exitCode).toBeNull()
})

test('a data directory of another version is refused and left alone', async () => {
  await postgres.ensure()
  await postgres.stopIfUnused()
  const file = join((await postgres.place()).data, 'PG_VERSION')
  const version = readFileSync(file, 'utf8')
  writeFileSync(file, '14\n')
  await expect(postgres.ensure()).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('Postgres 14'),
  })
  writeFileSync(file, version)
  await postgres.ensure()
})

test('a server that cannot start says why, soon', async () => {
  await postgres.ensure()
  await postgres.stopIfUnused()
  const { data } = await postgres.place()
  rmSync(join(data, 'global', 'pg_control'))
  const startedAt = performance.now()
  await expect(postgres.ensure()).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('pg_control'),
  })
  expect(performance.now() - startedAt).toBeLessThan(20_000)
})

test('what a killed first caller left behind is cleared away', async () => {
  const { folder } = await postgres.place()
  mkdirSync(join(folder, 'new.1.dead'), { recursive: true })
  writeFileSync(join(folder, 'pw.1.dead'), 'canary', { mode: 0o600 })
  await postgres.ensure()
  expect(existsSync(join(folder, 'new.1.dead'))).toBe(false)
  expect(existsSync(join(folder, 'pw.1.dead'))).toBe(false)
})

test('its log is cut when it has grown', async () => {
  await postgres.ensure()
  const { logFile } = await postgres.place()
  writeFileSync(logFile, Buffer.alloc(6 * 1024 * 1024, 'x'))
  await postgres.ensure()
  expect(statSync(logFile).size).toBeLessThan(1024 * 1024)
})

test('one home by two names is one server', async () => {
  const first = await postgres.ensure()
  const link = join(postgres.folder, 'link')
  symlinkSync(postgres.home, link)
  const { found } = await startElsewhere(link)
  expect(found.url).toBe(first.url)
})

test.runIf(asRoot)('root runs it as another user, outside a home which that user cannot enter', async () => {
  expect(statSync(postgres.folder).mode & 0o777).toBe(0o700)
  const { folder } = await postgres.ensure()
  expect(folder).toMatch(/^\/var\/lib\/botfleet\/[0-9a-f]{16}$/)
  const { pid } = await postmaster()
  expect(statSync(`/proc/${pid}`).uid).not.toBe(0)
  expect(statSync(folder).uid).toBe(statSync(`/proc/${pid}`).uid)
})

test.runIf(asRoot)('root keeps it inside a home which the other user can enter', async () => {
  chmodSync(postgres.folder, 0o711)
  const { folder } = await postgres.ensure()
  expect(folder).toBe(join(postgres.home, 'postgres'))
})

test('files that exist stay where they are when the modes of folders change', async () => {
  const { folder, url } = await postgres.ensure()
  await postgres.stopIfUnused()
  chmodSync(postgres.folder, 0o711)
  expect(await postgres.ensure()).toEqual({ folder, url, startedByUs: true })
})

test.runIf(asRoot)('an ordinary user runs it as himself, in his home', async () => {
  chmodSync(postgres.folder, 0o711)
  mkdirSync(postgres.home)
  chownSync(postgres.home, 65_534, 65_534)
  const { child, found } = await startElsewhere(postgres.home, { uid: 65_534, gid: 65_534 })
  expect(found.folder).toBe(join(postgres.home, 'postgres'))
  expect(await ask(found.url, '1')).toBe(1)
  child.stdin?.write('stop')
  const [said] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
  expect(said.toString()).toBe('true')
})

test.runIf(asRoot)('binaries in a place which the other user cannot enter are copied, whatever the umask', async () => {
  const original = nativeFolder((await placeFor(postgres.home)).binaries)
  const hidden = mkdtempSync(join(tmpdir(), 'botfleet-hidden-'))
  cpSync(original, join(hidden, 'native'), { recursive: true, verbatimSymlinks: true })
  chmodSync(join(hidden, 'native', 'bin', 'initdb'), 0o700)
  const bin = join(hidden, 'native', 'bin')
  const hiddenHome = new PostgresHome(() =>
    Promise.resolve({ initdb: join(bin, 'initdb'), pgCtl: join(bin, 'pg_ctl') }),
  )
  const umask = process.umask(0o077)
  let copy: string | undefined
  try {
    copy = nativeFolder((await hiddenHome.place()).binaries)
    expect(dirname(copy)).toBe('/var/lib/botfleet')
    const { url } = await hiddenHome.ensure()
    expect(await ask(url, '1')).toBe(1)
  } finally {
    process.umask(umask)
    await hiddenHome.remove()
    rmSync(hidden, { recursive: true, force: true })
    if (copy !== undefined) rmSync(copy, { recursive: true, force: true })
  }
})
