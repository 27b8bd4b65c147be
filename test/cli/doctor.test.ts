/** What `doctor` finds of an installation: each trouble by its name, with what to do. */
import { chmodSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { examineNode, judgeDisk } from '../../cli/doctor-host.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'
import { callCli, makeHome } from './support/run-cli.ts'

const place = makeHome()
const servers: Server[] = []
let db: TestDatabase
let freePort: number
beforeAll(async () => {
  db = await createTestDatabase()
  freePort = await listen(0)
  servers.pop()?.close()
  await examine()
})
beforeEach(() => chmodSync(place.home, 0o700))
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})
afterAll(async () => {
  await db.drop()
  place.remove()
})

interface Checked {
  readonly code: number | null
  readonly healthy: boolean
  readonly checks: readonly {
    readonly name: string
    readonly verdict: string
    readonly detail: string
    readonly todo?: string
  }[]
}

async function examine(settings: Record<string, string> = {}): Promise<Checked> {
  const env = {
    BOTFLEET_HOME: place.home,
    DATABASE_URL: db.url,
    TELEGRAM_API_ROOT: 'http://127.0.0.1:9',
    PORT: String(freePort),
    ...settings,
  }
  const { code, stdout } = await callCli(['doctor', '--json'], { env, cwd: place.folder })
  return { ...(JSON.parse(stdout) as Omit<Checked, 'code'>), code }
}

const finding = ({ checks }: Checked, name: string) => checks.find((check) => check.name === name)

/** A stranger on a port. */
async function listen(port: number): Promise<number> {
  const server = createServer()
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return (server.address() as { port: number }).port
}

test('an installation that is well is said to be, check by check', async () => {
  const checked = await examine()
  expect(checked.code, JSON.stringify(checked)).toBe(0)
  expect(checked.healthy).toBe(true)
  expect(checked.checks.map(({ name }) => name)).toEqual([
    'node',
    'home',
    'secret files',
    'disk',
    'socket path',
    'database',
    'schema',
    'keys',
    'clock',
    'gateway role',
    'server',
    'other servers',
    'outbox',
    'ports',
    'reach',
    'telegram',
  ])
  for (const check of checked.checks) if (check.verdict !== 'ok') expect(check.todo, check.name).toBeTypeOf('string')
})

test('secrets that others can read are named: a key fails, .env and a password that was never changed warn', async () => {
  const keys = join(place.home, 'keys')
  const key = join(keys, readdirSync(keys)[0] ?? '')
  chmodSync(key, 0o644)
  const open = await examine()
  expect(open.code).toBe(6)
  expect(finding(open, 'secret files')).toMatchObject({ verdict: 'fail', detail: `others can look into ${key}` })
  expect(finding(open, 'secret files')?.todo).toContain('chmod 600')
  chmodSync(key, 0o600)

  const dotEnv = join(place.folder, '.env')
  writeFileSync(dotEnv, 'LOG_LEVEL=warn\n', { mode: 0o644 })
  expect(finding(await examine(), 'secret files')?.verdict).toBe('ok')
  writeFileSync(dotEnv, 'ADMIN_PASSWORD=not-a-real-password\n')
  expect(finding(await examine(), 'secret files')).toMatchObject({ verdict: 'warn', todo: `chmod 600 ${dotEnv}` })
  rmSync(dotEnv)

  const password = join(place.home, 'first-owner-password')
  writeFileSync(password, 'x', { mode: 0o600 })
  expect(finding(await examine(), 'secret files')).toMatchObject({
    verdict: 'warn',
    detail: expect.stringContaining(password),
  })
  rmSync(password)
})

test('a home that others can look into is a warning', async () => {
  chmodSync(place.home, 0o755)
  expect(finding(await examine(), 'home')).toMatchObject({ verdict: 'warn', todo: `chmod go-rw ${place.home}` })
})

test('ports that are taken, or meant for two things, are said', async () => {
  const taken = await listen(0)
  expect(finding(await examine({ PORT: String(taken) }), 'ports')).toMatchObject({
    verdict: 'warn',
    detail: `127.0.0.1:${taken} cannot be used (EADDRINUSE)`,
    todo: 'set HOST and PORT',
  })
  expect(finding(await examine({ METRICS_PORT: String(taken) }), 'ports')).toMatchObject({
    verdict: 'warn',
    todo: 'set METRICS_PORT to another',
  })
  expect(finding(await examine({ PORT: '4100' }), 'ports')?.detail).toMatch(/^port 4100 is among those of the workers/)
  expect(finding(await examine({ WORKER_PORT_BASE: String(taken), WORKER_PORT_COUNT: '1' }), 'ports')).toMatchObject({
    verdict: 'fail',
    todo: 'set WORKER_PORT_BASE to where ports are free',
  })
  expect(finding(await examine({ WORKER_PORT_BASE: '65000' }), 'ports')).toMatchObject({ verdict: 'fail' })
})

test('a panel that other machines reach without TLS is a warning', async () => {
  expect(finding(await examine({ HOST: '0.0.0.0', PLAIN_HTTP: '1' }), 'reach')).toMatchObject({ verdict: 'warn' })
  expect(finding(await examine({ HOST: '0.0.0.0' }), 'reach')).toMatchObject({
    verdict: 'fail',
    detail: expect.stringContaining('serve refuses to start'),
  })
  const shown = { HOST: '0.0.0.0', PUBLIC_URL: 'https://panel.example' }
  expect(finding(await examine(shown), 'reach')).toMatchObject({ verdict: 'ok' })
  expect(finding(await examine({ PUBLIC_URL: 'http://panel.example', PLAIN_HTTP: '1' }), 'reach')).toMatchObject({
    verdict: 'warn',
    detail: 'http://panel.example has no TLS',
  })
})

test('another server whose logs cannot be asked for is named with the reason', async () => {
  await db.database.query(
    `insert into server (name, url, holder, lease_ttl_ms, lease_until) values
       ('far', 'http://far.example:8080', 'x', 30000, now() + interval '25 seconds'), ('near', 'https://near.example', 'x', 30000, now() + interval '25 seconds')`,
  )
  expect(finding(await examine(), 'other servers')).toMatchObject({
    verdict: 'warn',
    detail: 'the logs of far cannot be asked for from here',
    todo: expect.stringMatching(/^far: its address has no TLS/),
  })
  await db.database.query(`delete from server where name in ('far', 'near')`)
})

test('a database that does not answer is the one trouble, and the host is looked at all the same', async () => {
  const checked = await examine({ DATABASE_URL: 'postgres://x:y@127.0.0.1:9/x' })
  expect(checked.code).toBe(6)
  expect(finding(checked, 'database')).toMatchObject({ verdict: 'fail', todo: expect.stringContaining('DATABASE_URL') })
  expect(finding(checked, 'disk')?.verdict).toBe('ok')
  expect(finding(checked, 'schema')).toBeUndefined()
})

test('a schema that is behind, or newer than the program, says how to go on', async () => {
  const bare = await createTestDatabase({ migrated: false })
  try {
    expect(finding(await examine({ DATABASE_URL: bare.url }), 'schema')).toMatchObject({
      verdict: 'fail',
      todo: './botfleet migrate',
    })
  } finally {
    await bare.drop()
  }
  await db.database.query(`insert into schema_migration (name, run_on) values ('9999_of_the_future', now())`)
  expect(finding(await examine(), 'schema')).toMatchObject({ verdict: 'fail', todo: 'upgrade botfleet' })
  await db.database.query(`delete from schema_migration where name = '9999_of_the_future'`)
})

test('a home that is no folder is a failure', async () => {
  const home = join(place.folder, 'no-folder')
  writeFileSync(home, '')
  const checked = await examine({ BOTFLEET_HOME: home })
  expect(checked.code).toBe(6)
  expect(finding(checked, 'home')).toMatchObject({ verdict: 'fail', detail: `${home} is no folder` })
})

// Whoever is root may write anywhere.
test.skipIf(process.getuid?.() === 0)('a home that this user may not write to is a failure', async () => {
  chmodSync(place.home, 0o500)
  expect(finding(await examine(), 'home')).toMatchObject({ verdict: 'fail', todo: expect.stringContaining('uid') })
})

test.each([
  ['24.21.0', 'ok'],
  ['22.12.0', 'fail'],
])('Node %s: %s', async (version, verdict) => {
  expect(await examineNode(version)).toMatchObject({ verdict })
})

test.each([
  ['much', { bavail: 10_000_000, ffree: 1_000_000 }, 'ok'],
  ['half a gigabyte', { bavail: 125_000, ffree: 1_000_000 }, 'warn'],
  ['next to nothing', { bavail: 1000, ffree: 1_000_000 }, 'fail'],
  ['no files any more', { bavail: 10_000_000, ffree: 10 }, 'warn'],
])('a disk with room for %s', (_what, free, verdict) => {
  const look = judgeDisk({ bsize: 4096, files: 2_000_000, ...free })
  expect(look.verdict).toBe(verdict)
  expect(look.todo !== undefined).toBe(verdict !== 'ok')
})

test('a key that is not the one that the database knows is a failure, and one beside an older one a warning', async () => {
  const settings = { AGENT_TOKEN_AES_KEY: Buffer.alloc(32, 9).toString('base64') }
  const checked = await examine(settings)
  expect(checked.code).toBe(6)
  expect(finding(checked, 'keys')).toMatchObject({
    verdict: 'fail',
    detail: expect.stringContaining('set AGENT_TOKEN'),
  })
  await db.database.query(
    `insert into product (id, name, currency, base_price, created_by) values ('sealed', 'Sealed', 'USDT', 1, 'test')`,
  )
  await db.database.query(
    `insert into stock_unit (product_id, kind, key_id, sealed, fingerprint)
     values ('sealed', 'line', 'an-older-key', 'x', sha256('x'))`,
  )
  expect(finding(await examine(), 'keys')).toMatchObject({ verdict: 'warn', todo: './botfleet key rotate' })
})

test('a database that says nothing does not keep anybody waiting', async () => {
  const { proxy, url } = await TcpProxy.toDatabase(db.url)
  proxy.blackHole()
  try {
    const checked = await examine({ DATABASE_URL: url })
    expect(checked.code).toBe(6)
    expect(finding(checked, 'database')).toMatchObject({
      verdict: 'fail',
      todo: expect.stringContaining('DATABASE_URL'),
    })
  } finally {
    await proxy.stop()
  }
})

test('what nobody expected is a failure of that one check, and says so', async () => {
  await db.database.query('alter table outbox_message rename to outbox_message_away')
  try {
    const checked = await examine()
    expect(checked.code).toBe(6)
    expect(finding(checked, 'outbox')).toMatchObject({
      verdict: 'fail',
      detail: 'relation "outbox_message" does not exist (42P01)',
      todo: expect.stringContaining('by hand'),
    })
    expect(finding(checked, 'ports')?.verdict).toBe('ok')
  } finally {
    await db.database.query('alter table outbox_message_away rename to outbox_message')
  }
})
