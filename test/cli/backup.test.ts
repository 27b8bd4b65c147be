/** `backup` and `restore` as people call them. */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { backupKeyring, dumpTables, fillEveryTable, writeBackupOf } from '../support/backup.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { botfleet, type CliRun, callCli, makeHome, type RunOptions, runCli } from './support/run-cli.ts'

const key = [...backupKeyring.keys.values()][0]?.toString('base64') ?? ''
const keyId = backupKeyring.activeKeyId
const ttlSeconds = 2

/** How a command is run: in a process of its own, or in ours where the test is not about processes. */
type Runner = (
  parameters: readonly string[],
  options: RunOptions,
) => Promise<Pick<CliRun, 'code' | 'stdout' | 'stderr'>>

/** A fleet to back up, an empty database to restore it into, and a folder for the file. */
class Place {
  readonly source: TestDatabase
  readonly target: TestDatabase
  readonly #home = makeHome()

  constructor(source: TestDatabase, target: TestDatabase) {
    this.source = source
    this.target = target
  }

  get folder(): string {
    return this.#home.folder
  }

  get home(): string {
    return this.#home.home
  }

  get path(): string {
    return join(this.folder, 'one.backup')
  }

  environment(database: TestDatabase, more: Record<string, string> = {}): Record<string, string> {
    return {
      BOTFLEET_HOME: this.home,
      DATABASE_URL: database.url,
      AGENT_TOKEN_AES_KEY: key,
      LEASE_TTL_SECONDS: String(ttlSeconds),
      ...more,
    }
  }

  backup(more: readonly string[] = [], run: Runner = callCli) {
    return run(['backup', this.path, ...more], { env: this.environment(this.source) })
  }

  restore(more: readonly string[] = ['--yes'], env = this.environment(this.target), run: Runner = callCli) {
    return run(['restore', this.path, ...more], { env })
  }

  async refused(run: ReturnType<Runner>, code: number, words: string): Promise<void> {
    const { code: found, stderr } = await run
    expect(stderr).toContain(words)
    expect(found).toBe(code)
    expect(await dumpTables(this.target.database)).toEqual({})
  }

  async close(): Promise<void> {
    await this.source.drop()
    await this.target.drop()
    this.#home.remove()
  }
}

/** A test at a place of its own, beside the others: most of their time is the wait for a lease to pass. */
function testAt(title: string, body: (place: Place) => Promise<void>): void {
  test.concurrent(title, async () => {
    const place = new Place(await createTestDatabase(), await createTestDatabase({ migrated: false }))
    try {
      await body(place)
    } finally {
      await place.close()
    }
  })
}

async function one<T>(database: TestDatabase, text: string): Promise<T> {
  return (await database.database.query<{ value: T }>(`select ${text} as value`)).rows[0]?.value as T
}

// The longest comes first, so that the others run beside it.
testAt(
  'a backup of 200,000 rows taken while somebody writes is consistent, and takes no more memory',
  async (place) => {
    const { database } = place.source
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
    await watched(['backup', place.path], place.environment(place.source))
    expect(written).toBeGreaterThan(writtenBefore + 10)
    writing.abort()
    await writer
    await watched(['restore', place.path, '--yes'], place.environment(place.target))
    const count = (table: string, actor: string) =>
      one<number>(place.target, `(select count(*)::int from ${table} where ${actor})`)
    expect(await count('audit_log', `actor = 'big'`)).toBe(200_000)
    const seen = await count('login_attempt', `username = 'w'`)
    expect(await count('audit_log', `actor = 'w'`)).toBe(seen)
    expect(seen).toBeLessThan(written)
    // The rows alone are more than 200 MB.
    expect(Math.max(...peaks)).toBeLessThan(260)
  },
)

testAt('backup, restore --check and restore say what they did, as documents too', async (place) => {
  await fillEveryTable(place.source.database)
  const made = await place.backup(['--json'], runCli)
  expect(made.code, made.stderr).toBe(0)
  const document = JSON.parse(made.stdout) as { rows: number; tables: number; bytes: number }
  expect(document).toMatchObject({ file: place.path, key_id: keyId, fingerprints: [keyId], server: 'server1' })
  expect(document.bytes).toBe(statSync(place.path).size)
  expect(made.stderr).toContain('AGENT_TOKEN_AES_KEY')
  expect(made.stderr).toContain('Keep them apart from it')
  expect(made.stdout).not.toContain('salt')
  const checked = await place.restore(['--check', '--json'], undefined, runCli)
  expect(JSON.parse(checked.stdout)).toMatchObject({ rows: document.rows, tables: document.tables, restorable: true })
  expect((await place.restore(['--check'])).stdout).toContain('whole and authentic')
  expect(await dumpTables(place.target.database)).toEqual({})
  const restored = await place.restore(['--yes', '--json'], undefined, runCli)
  expect(restored.code, restored.stderr).toBe(0)
  expect(JSON.parse(restored.stdout)).toMatchObject({ rows: document.rows, tables: document.tables, applied: [] })
  for (const { stdout, stderr } of [made, checked, restored]) {
    expect(stdout + stderr).not.toContain(key)
    for (const line of stderr.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80 + place.path.length)
  }
})

testAt('nothing of the keys, and nothing in plain, is in the file', async (place) => {
  await fillEveryTable(place.source.database)
  await place.source.database.query(`insert into customer (id, tenant_id, platform, platform_user_id, display_name)
    values ('canary', 'master', 'telegram', 'canary-person', 'canary-name')`)
  await place.backup()
  const bytes = readFileSync(place.path)
  for (const secret of ['canary-person', 'canary-name', key]) expect(bytes.includes(secret), secret).toBe(false)
  expect(bytes.includes(Buffer.from(key, 'base64'))).toBe(false)
})

testAt('what is restored is a fleet at rest: new epochs, no holder, no session, no open code', async (place) => {
  await fillEveryTable(place.source.database)
  await place.backup()
  expect((await place.restore()).code).toBe(0)
  const { database } = place.target
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
  expect(await one(place.target, `(select count(*)::int from user_session where revoked_at is null)`)).toBe(0)
  expect(await one(place.target, `(select count(*)::int from api_token where revoked_at is null)`)).toBe(0)
  expect(await one(place.target, `(select count(*)::int from link_code where used_at is null)`)).toBe(0)
  const audit = await database.query(`select action from audit_log order by id desc limit 2`)
  expect(audit.rows).toEqual([{ action: 'database.restore' }, { action: 'database.backup' }])
  const event = await database.query(`select from_value, to_value, reason from instance_event order by id desc limit 1`)
  expect(event.rows).toEqual([
    { from_value: 'running', to_value: 'stopped', reason: expect.stringContaining('restored from a backup of 20') },
  ])
})

testAt('a restore shows nothing before a lease has passed, and killed before that it leaves nothing', async (place) => {
  await fillEveryTable(place.source.database)
  // The fleet of the backup held its names for longer than anybody waits here.
  await writeBackupOf(place.source.url, place.path, { lease_ttl_seconds: 300 })
  const killed = spawn(botfleet, ['restore', place.path, '--yes'], {
    env: { PATH: process.env['PATH'] ?? '', ...place.environment(place.target) },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  killed.stderr.on('data', (text: Buffer) => (said += text.toString()))
  await vi.waitFor(() => expect(said).toMatch(/Waiting \d+ s/), { timeout: 20_000 })
  expect(await dumpTables(place.target.database)).toEqual({})
  const ended = once(killed, 'exit')
  killed.kill('SIGKILL')
  await ended
  const leaseSeconds = 3
  rmSync(place.path)
  await writeBackupOf(place.source.url, place.path, { lease_ttl_seconds: leaseSeconds })
  const restartedAt = performance.now()
  const run = await place.restore()
  expect(run.code, run.stderr).toBe(0)
  expect(performance.now() - restartedAt).toBeGreaterThan(leaseSeconds * 1000)
  expect(Object.keys(await dumpTables(place.target.database))).toContain('instance')
})

testAt('Ctrl-C while it waits leaves nothing', async (place) => {
  await writeBackupOf(place.source.url, place.path, { lease_ttl_seconds: 30 })
  const run = await runCli(['restore', place.path, '--yes'], {
    env: place.environment(place.target),
    onOutput: (text, child) => {
      if (text.includes('Waiting')) child.kill('SIGINT')
    },
  })
  expect(run.code).toBe(130)
  expect(await dumpTables(place.target.database)).toEqual({})
})

testAt('a wrong or missing key is refused by its id, and no key is made', async (place) => {
  await writeBackupOf(place.source.url, place.path)
  const wrong = place.environment(place.target, { AGENT_TOKEN_AES_KEY: randomBytes(32).toString('base64') })
  await place.refused(place.restore(['--yes'], wrong), 6, keyId)
  await place.refused(place.restore(['--check'], wrong), 6, keyId)
  const { AGENT_TOKEN_AES_KEY: _key, ...without } = place.environment(place.target)
  await place.refused(place.restore(['--yes'], without), 6, keyId)
  expect(existsSync(join(place.home, 'keys'))).toBe(false)
})

testAt('a key that what is inside was sealed with is needed, too', async (place) => {
  await writeBackupOf(place.source.url, place.path, { fingerprints: [keyId, 'feedfeedfeedfeed'] })
  await place.refused(place.restore(), 6, 'feedfeedfeedfeed')
})

testAt('after a rotation the older key still opens the older backup', async (place) => {
  await place.backup()
  const rotated = place.environment(place.target, {
    AGENT_TOKEN_AES_KEY: randomBytes(32).toString('base64'),
    AGENT_TOKEN_AES_KEY_PREVIOUS: key,
  })
  const run = await place.restore(['--yes'], rotated)
  expect(run.code, run.stderr).toBe(0)
})

testAt('a damaged or cut file is refused, and the database stays empty', async (place) => {
  await fillEveryTable(place.source.database)
  await place.backup()
  const whole = readFileSync(place.path)
  const changed = Buffer.from(whole)
  changed.writeUInt8(changed.readUInt8(whole.length - 500) ^ 1, whole.length - 500)
  for (const bytes of [changed, whole.subarray(0, whole.length - 1), whole.subarray(0, whole.length - 3000)]) {
    writeFileSync(place.path, bytes)
    await place.refused(place.restore(), 5, 'is damaged')
    await place.refused(place.restore(['--check']), 5, 'is damaged')
  }
  writeFileSync(place.path, 'x')
  await place.refused(place.restore(), 2, 'is not a backup')
  await place.refused(
    callCli(['restore', `${place.path}.none`, '--yes'], { env: place.environment(place.target) }),
    3,
    'no such file',
  )
})

testAt('a backup of a newer schema is refused by name', async (place) => {
  await writeBackupOf(place.source.url, place.path, { schema: ['0001_foundation', '9999_from_the_future'] })
  await place.refused(place.restore(), 5, 'a newer schema than this program (9999_from_the_future)')
  const checked = await place.restore(['--check', '--json'])
  expect(checked.code).toBe(0)
  expect(JSON.parse(checked.stdout)).toMatchObject({ restorable: false })
})

testAt('a database that is not empty is refused, naming what is in it and the way out', async (place) => {
  await writeBackupOf(place.source.url, place.path)
  await fillEveryTable(place.source.database)
  const before = await dumpTables(place.source.database)
  const run = await place.restore(['--yes'], place.environment(place.source))
  expect(run.code).toBe(5)
  expect(run.stderr).toMatch(/not empty \(account, .*app_user, .*audit_log, .*DATABASE_URL/)
  expect(await dumpTables(place.source.database)).toEqual(before)
})

testAt('a fleet that runs is refused by the name of its servers', async (place) => {
  await writeBackupOf(place.source.url, place.path)
  await place.source.database.query(
    `insert into server (name, holder, lease_until) values ('alpha', 'x', clock_timestamp() + interval '1 minute')`,
  )
  // Before any lock is asked for: neither does it wait for what the fleet does, nor the fleet for it.
  let run: Awaited<ReturnType<Runner>> | undefined
  await place.source.database.transaction(async (tx) => {
    await tx.query('lock table server in access share mode')
    run = await place.restore(['--yes'], place.environment(place.source))
  })
  expect(run?.code).toBe(5)
  expect(run?.stderr).toContain('alpha still runs on this database')
})

testAt('without a terminal it wants --yes', async (place) => {
  await writeBackupOf(place.source.url, place.path)
  await place.refused(place.restore([], undefined, runCli), 2, '--yes')
})

testAt('a file that is there is refused before the database is asked', async (place) => {
  writeFileSync(place.path, 'precious')
  const env = { ...place.environment(place.source), DATABASE_URL: 'postgres://nobody@127.0.0.1:9/none' }
  expect((await callCli(['backup', place.path], { env })).code).toBe(5)
})

testAt('a file that is there is kept, and replaced with --force', async (place) => {
  writeFileSync(place.path, 'precious')
  const run = await place.backup()
  expect([run.code, readFileSync(place.path, 'utf8')]).toEqual([5, 'precious'])
  expect((await place.backup(['--force'])).code).toBe(0)
  expect((await place.restore(['--check'])).code).toBe(0)
  expect(readdirSync(place.folder).filter((name) => name.includes('backup'))).toEqual(['one.backup'])
})

testAt('a database without a schema is nothing to back up', async (place) => {
  const run = await callCli(['backup', place.path], { env: place.environment(place.target) })
  expect([run.code, existsSync(place.path)]).toEqual([5, false])
})

/** The most memory that a process has had, in MB. */
function peakOf(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}
