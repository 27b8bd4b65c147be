/** `backup` and `restore` as people call them. */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { backupKeyring, dumpTables, fillEveryTable, writeBackupOf } from '../support/backup.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { botfleet, makeHome, runCli } from './support/run-cli.ts'

const key = [...backupKeyring.keys.values()][0]?.toString('base64') ?? ''
const keyId = backupKeyring.activeKeyId
const ttlSeconds = 2

let source: TestDatabase
let target: TestDatabase
let place: ReturnType<typeof makeHome>
let path: string
beforeEach(async () => {
  source = await createTestDatabase()
  target = await createTestDatabase({ migrated: false })
  place = makeHome()
  path = join(place.folder, 'one.backup')
})
afterEach(async () => {
  await source.drop()
  await target.drop()
  place.remove()
})

function environment(database: TestDatabase, more: Record<string, string> = {}): Record<string, string> {
  return {
    BOTFLEET_HOME: place.home,
    DATABASE_URL: database.url,
    AGENT_TOKEN_AES_KEY: key,
    LEASE_TTL_SECONDS: String(ttlSeconds),
    ...more,
  }
}
const backup = (...more: string[]) => runCli(['backup', path, ...more], { env: environment(source) })
const restore = (more: readonly string[] = ['--yes'], env = environment(target)) =>
  runCli(['restore', path, ...more], { env })

async function refused(run: ReturnType<typeof runCli>, code: number, words: string): Promise<void> {
  const { code: found, stderr } = await run
  expect(stderr).toContain(words)
  expect(found).toBe(code)
  expect(await dumpTables(target.database)).toEqual({})
}

async function one<T>(database: TestDatabase, text: string): Promise<T> {
  return (await database.database.query<{ value: T }>(`select ${text} as value`)).rows[0]?.value as T
}

test('backup, restore --check and restore say what they did, as documents too', async () => {
  await fillEveryTable(source.database)
  const made = await backup('--json')
  expect(made.code, made.stderr).toBe(0)
  const document = JSON.parse(made.stdout) as { rows: number; tables: number; bytes: number }
  expect(document).toMatchObject({ file: path, key_id: keyId, fingerprints: [keyId], server: 'server1' })
  expect(document.bytes).toBe(statSync(path).size)
  expect(made.stderr).toContain('AGENT_TOKEN_AES_KEY')
  expect(made.stderr).toContain('Keep them apart from it')
  expect(made.stdout).not.toContain('salt')
  const checked = await restore(['--check', '--json'])
  expect(JSON.parse(checked.stdout)).toMatchObject({ rows: document.rows, tables: document.tables, restorable: true })
  expect((await restore(['--check'])).stdout).toContain('whole and authentic')
  expect(await dumpTables(target.database)).toEqual({})
  const restored = await restore(['--yes', '--json'])
  expect(restored.code, restored.stderr).toBe(0)
  expect(JSON.parse(restored.stdout)).toMatchObject({ rows: document.rows, tables: document.tables, applied: [] })
  for (const { stdout, stderr } of [made, checked, restored]) {
    expect(stdout + stderr).not.toContain(key)
    for (const line of stderr.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80 + path.length)
  }
})

test('nothing of the keys, and nothing in plain, is in the file', async () => {
  await fillEveryTable(source.database)
  await source.database.query(`insert into customer (id, tenant_id, platform, platform_user_id, display_name)
    values ('canary', 'master', 'telegram', 'canary-person', 'canary-name')`)
  await backup()
  const bytes = readFileSync(path)
  for (const secret of ['canary-person', 'canary-name', key]) expect(bytes.includes(secret), secret).toBe(false)
  expect(bytes.includes(Buffer.from(key, 'base64'))).toBe(false)
})

test('what is restored is a fleet at rest: new epochs, no holder, no session, no open code', async () => {
  await fillEveryTable(source.database)
  await backup()
  expect((await restore()).code).toBe(0)
  const { database } = target
  const servers = await database.query(
    `select name, server_epoch > 1000000 - 1 as raised, holder, lease_until from server order by name`,
  )
  expect(servers.rows).toEqual([
    { name: 'alpha', raised: true, holder: null, lease_until: null },
    { name: 'beta', raised: true, holder: null, lease_until: null },
  ])
  const leases = await database.query<{ epoch: number; nonce: string }>(
    `select epoch, nonce, phase, process, may_run_until from instance_lease order by instance_id`,
  )
  expect(leases.rows.map(({ nonce: _nonce, ...row }) => row)).toEqual([
    { epoch: 1_000_007, phase: 'idle', process: null, may_run_until: null },
    { epoch: 1_000_000, phase: 'idle', process: null, may_run_until: null },
  ])
  expect(new Set(leases.rows.map(({ nonce }) => nonce)).size).toBe(2)
  expect(leases.rows.map(({ nonce }) => nonce)).not.toContain('old-nonce')
  const states = await database.query(`select id, state from instance order by id`)
  expect(states.rows).toEqual([
    { id: 'bot-1', state: 'stopped' },
    { id: 'bot-2', state: 'token_invalid' },
  ])
  expect(await one(target, `(select count(*)::int from user_session where revoked_at is null)`)).toBe(0)
  expect(await one(target, `(select count(*)::int from link_code where used_at is null)`)).toBe(0)
  const audit = await database.query(`select action from audit_log order by id desc limit 2`)
  expect(audit.rows).toEqual([{ action: 'database.restore' }, { action: 'database.backup' }])
  const event = await database.query(`select from_value, to_value, reason from instance_event order by id desc limit 1`)
  expect(event.rows).toEqual([
    { from_value: 'running', to_value: 'stopped', reason: expect.stringContaining('restored from a backup of 20') },
  ])
})

test('a restore shows nothing before a lease has passed, and killed before that it leaves nothing', async () => {
  await fillEveryTable(source.database)
  // The fleet of the backup held its names for longer than we would.
  await writeBackupOf(source.url, path, { lease_ttl_seconds: 4 })
  const startedAt = performance.now()
  const killed = spawn(botfleet, ['restore', path, '--yes'], {
    env: { PATH: process.env['PATH'] ?? '', ...environment(target) },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  killed.stderr.on('data', (text: Buffer) => (said += text.toString()))
  await vi.waitFor(() => expect(said).toMatch(/Waiting \d s/), { timeout: 20_000 })
  expect(await dumpTables(target.database)).toEqual({})
  const ended = once(killed, 'exit')
  killed.kill('SIGKILL')
  await ended
  expect(performance.now() - startedAt).toBeLessThan(4000)
  const run = await restore()
  expect(run.code, run.stderr).toBe(0)
  expect(run.elapsedMs).toBeGreaterThan(4000)
  expect(Object.keys(await dumpTables(target.database))).toContain('instance')
})

test('Ctrl-C while it waits leaves nothing', async () => {
  await writeBackupOf(source.url, path, { lease_ttl_seconds: 30 })
  const run = await runCli(['restore', path, '--yes'], {
    env: environment(target),
    onOutput: (text, child) => {
      if (text.includes('Waiting')) child.kill('SIGINT')
    },
  })
  expect(run.code).toBe(130)
  expect(await dumpTables(target.database)).toEqual({})
})

test('a wrong or missing key is refused by its id, and no key is made', async () => {
  await writeBackupOf(source.url, path)
  const wrong = environment(target, { AGENT_TOKEN_AES_KEY: randomBytes(32).toString('base64') })
  await refused(restore(['--yes'], wrong), 6, keyId)
  await refused(restore(['--check'], wrong), 6, keyId)
  const { AGENT_TOKEN_AES_KEY: _key, ...without } = environment(target)
  await refused(restore(['--yes'], without), 6, keyId)
  expect(existsSync(join(place.home, 'keys'))).toBe(false)
})

test('a key that what is inside was sealed with is needed, too', async () => {
  await writeBackupOf(source.url, path, { fingerprints: [keyId, 'feedfeedfeedfeed'] })
  await refused(restore(), 6, 'feedfeedfeedfeed')
})

test('after a rotation the older key still opens the older backup', async () => {
  await backup()
  const rotated = environment(target, {
    AGENT_TOKEN_AES_KEY: randomBytes(32).toString('base64'),
    AGENT_TOKEN_AES_KEY_PREVIOUS: key,
  })
  const run = await restore(['--yes'], rotated)
  expect(run.code, run.stderr).toBe(0)
})

test('a damaged or cut file is refused, and the database stays empty', async () => {
  await fillEveryTable(source.database)
  await backup()
  const whole = readFileSync(path)
  const changed = Buffer.from(whole)
  changed.writeUInt8(changed.readUInt8(whole.length - 500) ^ 1, whole.length - 500)
  for (const bytes of [changed, whole.subarray(0, whole.length - 1), whole.subarray(0, whole.length - 3000)]) {
    writeFileSync(path, bytes)
    await refused(restore(), 5, 'is damaged')
    await refused(restore(['--check']), 5, 'is damaged')
  }
  writeFileSync(path, 'x')
  await refused(restore(), 2, 'is not a backup')
  await refused(runCli(['restore', `${path}.none`, '--yes'], { env: environment(target) }), 3, 'no such file')
})

test('a backup of a newer schema is refused by name', async () => {
  await writeBackupOf(source.url, path, { schema: ['0001_foundation', '9999_from_the_future'] })
  await refused(restore(), 5, 'a newer schema than this program (9999_from_the_future)')
  const checked = await restore(['--check', '--json'])
  expect(checked.code).toBe(0)
  expect(JSON.parse(checked.stdout)).toMatchObject({ restorable: false })
})

test('a database that is not empty is refused, naming what is in it and the way out', async () => {
  await writeBackupOf(source.url, path)
  await fillEveryTable(source.database)
  const before = await dumpTables(source.database)
  const run = await restore(['--yes'], environment(source))
  expect(run.code).toBe(5)
  expect(run.stderr).toMatch(/not empty \(account, .*app_user, audit_log, .*DATABASE_URL/)
  expect(await dumpTables(source.database)).toEqual(before)
})

test('a fleet that runs is refused by the name of its servers', async () => {
  await writeBackupOf(source.url, path)
  await source.database.query(
    `insert into server (name, holder, lease_until) values ('alpha', 'x', clock_timestamp() + interval '1 minute')`,
  )
  // Before any lock is asked for: neither does it wait for what the fleet does, nor the fleet for it.
  let run: Awaited<ReturnType<typeof restore>> | undefined
  await source.database.transaction(async (tx) => {
    await tx.query('lock table server in access share mode')
    run = await restore(['--yes'], environment(source))
  })
  expect(run?.code).toBe(5)
  expect(run?.stderr).toContain('alpha still runs on this database')
})

test('without a terminal it wants --yes', async () => {
  await writeBackupOf(source.url, path)
  await refused(restore([]), 2, '--yes')
})

test('a file that is there is refused before the database is asked', async () => {
  writeFileSync(path, 'precious')
  const env = { ...environment(source), DATABASE_URL: 'postgres://nobody@127.0.0.1:9/none' }
  expect((await runCli(['backup', path], { env })).code).toBe(5)
})

test('a file that is there is kept, and replaced with --force', async () => {
  writeFileSync(path, 'precious')
  const run = await backup()
  expect([run.code, readFileSync(path, 'utf8')]).toEqual([5, 'precious'])
  expect((await backup('--force')).code).toBe(0)
  expect((await restore(['--check'])).code).toBe(0)
  expect(readdirSync(place.folder).filter((name) => name.includes('backup'))).toEqual(['one.backup'])
})

test('a database without a schema is nothing to back up', async () => {
  const run = await runCli(['backup', path], { env: environment(target) })
  expect([run.code, existsSync(path)]).toEqual([5, false])
})

test('a backup of 200,000 rows taken while somebody writes is consistent, and takes no more memory', async () => {
  const { database } = source
  await database.transaction(async (tx) => {
    // Ten steps, each within the time limit of a statement.
    for (let step = 0; step < 10; step += 1) {
      await tx.query(
        `insert into audit_log (actor, source, action, target_kind, details)
         select 'big', 'test', 'big.row', 'x', jsonb_build_object('n', n, 'text', repeat(md5(n::text), 32))
         from generate_series(1, 20000) n`,
      )
    }
  })
  // Each writer's transaction adds one to both tables, so that any one moment sees as many in the one as in the other.
  const writing = new AbortController()
  let written = 0
  const writer = (async () => {
    while (!writing.signal.aborted) {
      await database.transaction(async (tx) => {
        await tx.query(`insert into login_attempt (username, source, succeeded) values ('w', 'test', true)`)
        await tx.query(`insert into audit_log (actor, source, action, target_kind) values ('w', 'test', 'w', 'x')`)
      })
      written += 1
    }
  })()
  const peaks: number[] = []
  const watched = async (parameters: string[], env: Record<string, string>) => {
    const child = spawn(botfleet, parameters, {
      env: { PATH: process.env['PATH'] ?? '', ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let said = ''
    child.stderr.on('data', (text: Buffer) => (said += text.toString()))
    const timer = setInterval(() => peaks.push(peakOf(child.pid ?? 0)), 20)
    const [code] = (await once(child, 'exit')) as [number]
    clearInterval(timer)
    expect(code, said).toBe(0)
  }
  const writtenBefore = written
  await watched(['backup', path], environment(source))
  expect(written).toBeGreaterThan(writtenBefore + 10)
  writing.abort()
  await writer
  await watched(['restore', path, '--yes'], environment(target))
  const count = (table: string, actor: string) =>
    one<number>(target, `(select count(*)::int from ${table} where ${actor})`)
  expect(await count('audit_log', `actor = 'big'`)).toBe(200_000)
  const seen = await count('login_attempt', `username = 'w'`)
  expect(await count('audit_log', `actor = 'w'`)).toBe(seen)
  expect(seen).toBeLessThan(written)
  // The rows alone are more than 200 MB.
  expect(Math.max(...peaks)).toBeLessThan(260)
})

/** The most memory that a process has had, in MB. */
function peakOf(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}
