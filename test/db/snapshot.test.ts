/** Snapshots and their way back, on real databases: all of it or nothing. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type LoadSnapshot, loadSnapshot } from '../../db/load-snapshot.ts'
import { knownMigrations, migrate, migrateWithin } from '../../db/migrate.ts'
import { openSnapshot } from '../../db/snapshot.ts'
import type { Actor } from '../../domain/actor.ts'
import type { BackupRecord } from '../../domain/backup-format.ts'
import { openBackupFile } from '../../runtime/backup-file.ts'
import { appendAudit } from '../../services/append-audit.ts'
import { verifyAudit } from '../../services/audit/verify-audit.ts'
import { backupKeyring, describeSchema, dumpTables, fillEveryTable, never, writeBackupOf } from '../support/backup.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'

let source: TestDatabase
let target: TestDatabase
let folder: string
let path: string
beforeEach(async () => {
  source = await createTestDatabase()
  target = await createTestDatabase({ migrated: false })
  folder = mkdtempSync(join(tmpdir(), 'botfleet-snapshot-'))
  path = join(folder, 'one.backup')
})
afterEach(async () => {
  await source.drop()
  await target.drop()
  rmSync(folder, { recursive: true, force: true })
})

/** Loads the file as it is, without what `restore` does to a fleet. */
async function load(options: Partial<LoadSnapshot> = {}) {
  const file = await openBackupFile(path)
  return file.read(backupKeyring, never, (records) =>
    loadSnapshot({
      url: target.url,
      signal: never,
      schema: file.header.schema,
      records,
      inspect: async () => {},
      settle: async () => {},
      ...options,
    }),
  )
}

/** A database at an earlier schema. */
async function migrateTo(url: string, count: number): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query('begin')
  await migrateWithin(client, count)
  await client.query('commit')
  await client.end()
}

test.each(['an empty database', 'a migrated one'])(
  'every table, sequence and trigger comes back in %s',
  async (kind) => {
    if (kind === 'a migrated one') await migrate(target.url)
    await fillEveryTable(source.database)
    await writeBackupOf(source.url, path)
    const before = await dumpTables(source.database)
    const loaded = await load()
    expect(await dumpTables(target.database)).toEqual(before)
    expect(await describeSchema(target.database)).toEqual(await describeSchema(source.database))
    expect(loaded).toEqual({
      tables: Object.keys(before).length,
      rows: Object.values(before).reduce((sum, lines) => sum + lines.length, 0),
      applied: [],
    })
  },
)

test('what was loaded lives on: ids go on, triggers fire again, history cannot be changed', async () => {
  await fillEveryTable(source.database)
  await writeBackupOf(source.url, path)
  await load()
  const { database } = target
  const events = async () =>
    (await database.query<{ id: number }>('select id from instance_event order by id')).rows.map(({ id }) => id)
  const before = await events()
  await database.query(
    `insert into instance (id, tenant_id, platform, name, server_name, created_by)
     values ('bot-3', 'master', 'telegram', 'new', 'alpha', 'test')`,
  )
  const after = await events()
  expect(after).toEqual([...before, (before.at(-1) ?? 0) + 1])
  expect((await database.query(`select 1 from instance_lease where instance_id = 'bot-3'`)).rowCount).toBe(1)
  await expect(database.query(`delete from audit_log`)).rejects.toThrow('append-only')
  await expect(database.query(`truncate audit_log`)).rejects.toThrow('append-only')
})

test('a backup of an earlier schema is brought forward, into a database of the newest one, too', async () => {
  const old = await createTestDatabase({ migrated: false })
  try {
    await migrateTo(old.url, 1)
    await old.database.query(`insert into server (name, server_epoch) values ('alpha', 3)`)
    await writeBackupOf(old.url, path)
    await migrate(target.url)
    const loaded = await load()
    expect(loaded.applied).toEqual(knownMigrations().slice(1))
    expect(await describeSchema(target.database)).toEqual(await describeSchema(source.database))
    const { rows } = await target.database.query(`select name, server_epoch from server`)
    expect(rows).toEqual([{ name: 'alpha', server_epoch: 3 }])
  } finally {
    await old.drop()
  }
})

test('an ordinary user who owns the database is enough', async () => {
  await fillEveryTable(source.database)
  await writeBackupOf(source.url, path)
  const name = decodeURIComponent(new URL(target.url).pathname.slice(1))
  const role = `Owner-of ${name}`
  await target.database.query(`create role "${role}" login password 'fake-password-for-tests'`)
  await target.database.query(`alter database ${name} owner to "${role}"`)
  const own = new URL(target.url)
  own.username = encodeURIComponent(role)
  own.password = 'fake-password-for-tests'
  try {
    // Once into nothing, and once over a schema of its own.
    await migrate(own.href)
    await load({ url: own.href })
    expect(await dumpTables(target.database)).toEqual(await dumpTables(source.database))
    await (await openSnapshot(own.href, never)).close()
  } finally {
    await target.drop()
    await source.database.query(`drop role "${role}"`)
    target = await createTestDatabase({ migrated: false })
  }
})

test('a snapshot sees nothing of what is written while it is read', async () => {
  const snapshot = await openSnapshot(source.url, never)
  await source.database.query(`insert into tenant (id, name) values ('agent:late', 'Late')`)
  const text: string[] = []
  for await (const record of snapshot.records()) if (record.kind === 'rows') text.push(record.data.toString())
  await snapshot.close()
  expect(text.join('')).toContain('Master')
  expect(text.join('')).not.toContain('Late')
})

test('a snapshot stops nobody from writing, and nobody changes a table under it', async () => {
  const snapshot = await openSnapshot(source.url, never)
  try {
    await source.database.query(`insert into server (name) values ('alpha')`)
    await expect(
      source.database.transaction(async (tx) => {
        await tx.query(`set local lock_timeout = '200ms'`)
        await tx.query('alter table server add column later text')
      }),
    ).rejects.toThrow('lock timeout')
  } finally {
    await snapshot.close()
  }
})

test('a database without a schema is nothing to back up', async () => {
  await expect(openSnapshot(target.url, never)).rejects.toMatchObject({ code: 'conflict' })
})

test('a failure at the end leaves an empty database empty', async () => {
  await fillEveryTable(source.database)
  await writeBackupOf(source.url, path)
  const settle = () => Promise.reject(new Error('settling failed'))
  await expect(load({ settle })).rejects.toThrow('settling failed')
  expect(await dumpTables(target.database)).toEqual({})
})

test('a database that refuses a row leaves a migrated one as it was, sequences too', async () => {
  await migrate(target.url)
  const before = { tables: await dumpTables(target.database), schema: await describeSchema(target.database) }
  await fillEveryTable(source.database)
  await writeBackupOf(source.url, path, {}, async function* (records) {
    for await (const record of records) {
      yield record
      // The same row twice, after its sequence was set.
      if (record.kind === 'sequences') {
        yield { kind: 'table', name: 'server', columns: ['name'] }
        yield { kind: 'rows', data: Buffer.from('alpha\n') }
        yield { kind: 'table_end', rows: 1 }
      }
    }
  })
  await expect(load()).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining('server_pkey') })
  expect({ tables: await dumpTables(target.database), schema: await describeSchema(target.database) }).toEqual(before)
})

const broken: Record<string, (records: AsyncIterable<BackupRecord>) => AsyncIterable<BackupRecord>> = {
  'a table less': async function* (records) {
    let skipping = false
    for await (const record of records) {
      if (record.kind === 'table') skipping = record.name === 'login_attempt'
      if (!skipping) yield record
      if (record.kind === 'table_end') skipping = false
    }
  },
  'no end': async function* (records) {
    for await (const record of records) if (record.kind !== 'end') yield record
  },
  'a row less than it says': async function* (records) {
    let more = 0
    for await (const record of records) {
      if (record.kind === 'table_end') more += 1
      if (record.kind === 'table_end') yield { ...record, rows: record.rows + 1 }
      else yield record.kind === 'end' ? { ...record, rows: record.rows + more } : record
    }
  },
  'rows outside of a table': async function* (records) {
    yield { kind: 'rows', data: Buffer.from('x\n') }
    yield* records
  },
  'a table that its schema lacks': async function* (records) {
    yield { kind: 'table', name: 'pg_authid', columns: ['rolname'] }
    yield { kind: 'table_end', rows: 0 }
    yield* records
  },
}
test.each(Object.keys(broken))('a backup with %s does not fit together', async (kind) => {
  await fillEveryTable(source.database)
  await writeBackupOf(source.url, path, {}, broken[kind])
  await expect(load()).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('does not fit together'),
  })
  expect(await dumpTables(target.database)).toEqual({})
})

test('a connection that is cut in the middle leaves nothing behind', async () => {
  await fillEveryTable(source.database)
  await writeBackupOf(source.url, path)
  const { proxy, url } = await TcpProxy.toDatabase(target.url)
  try {
    const settle = async () => {
      await proxy.stop()
    }
    await expect(load({ url, settle })).rejects.toMatchObject({ code: 'unavailable' })
  } finally {
    await proxy.stop()
  }
  expect(await dumpTables(target.database)).toEqual({})
})

test('a database that falls silent in the middle of a table ends the backup', async () => {
  await source.database.query(
    `insert into login_attempt (username, source, succeeded)
     select repeat('x', 1000), 'test', false from generate_series(1, 20000)`,
  )
  const { proxy, url } = await TcpProxy.toDatabase(source.url)
  try {
    const snapshot = await openSnapshot(url, never, 300)
    const read = async () => {
      for await (const record of snapshot.records()) {
        if (record.kind === 'table' && record.name === 'login_attempt') proxy.blackHole()
      }
    }
    await expect(read()).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('sent nothing'),
    })
    await snapshot.close()
  } finally {
    await proxy.stop()
  }
})

test('an abort in the middle leaves nothing behind', async () => {
  await fillEveryTable(source.database)
  await writeBackupOf(source.url, path)
  const controller = new AbortController()
  const settle = async () => {
    controller.abort(new Error('the person pressed Ctrl-C'))
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  await expect(load({ signal: controller.signal, settle })).rejects.toThrow('Ctrl-C')
  expect(await dumpTables(target.database)).toEqual({})
})

test('a server that starts meanwhile waits with its migration until the load is done', async () => {
  await fillEveryTable(source.database)
  await writeBackupOf(source.url, path)
  let migrated = false
  let migrating: Promise<unknown> | undefined
  await load({
    settle: async () => {
      migrating = migrate(target.url).then(() => (migrated = true))
      await new Promise((resolve) => setTimeout(resolve, 500))
      expect(migrated).toBe(false)
    },
  })
  await migrating
  expect(migrated).toBe(true)
})

test('somebody who holds a lock on the target is named as the reason', async () => {
  await migrate(target.url)
  await writeBackupOf(source.url, path)
  let refused: Promise<unknown> | undefined
  await target.database.transaction(async (tx) => {
    await tx.query('lock table server in access share mode')
    refused = load()
    refused.catch(() => {})
    await tx.query('select pg_sleep(0.1)')
    const outcome = await Promise.race([
      refused.then(
        () => 'loaded',
        (error: { code: string }) => error.code,
      ),
      keepAwake(tx),
    ])
    expect(outcome).toBe('conflict')
  })
})

/** Our own idle-in-transaction limit must not end the wait. */
async function keepAwake(tx: { query: (text: string) => Promise<unknown> }): Promise<string> {
  for (let second = 0; second < 20; second += 1) {
    await tx.query('select 1')
    await new Promise((resolve) => setTimeout(resolve, 1000))
  }
  return 'nothing'
}

test('the audit is as whole as it was, and goes on', async () => {
  const actor: Actor = { name: 'cli:test', userId: null, role: 'owner', tenant: null, source: 'cli' }
  const entry = {
    action: 'test.write',
    targetKind: 'test',
    targetId: null,
    tenantId: null,
    details: { n: 1.5, e: 'é' },
  }
  const writeTo = (of: TestDatabase) => of.database.transaction((tx) => appendAudit(tx, actor, entry))
  for (let n = 0; n < 3; n += 1) await writeTo(source)
  const { head } = await verifyAudit(source.database, actor)
  await writeTo(source)
  await writeBackupOf(source.url, path)
  await load()
  await writeTo(target)
  const anchor = { position: head?.position ?? 0, hash: head?.hash ?? '' }
  expect(await verifyAudit(target.database, actor, { anchor })).toMatchObject({ ok: true, checked: 5 })
})
