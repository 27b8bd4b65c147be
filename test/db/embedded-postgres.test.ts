import { spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Database } from '../../db/database.ts'
import { ensureEmbeddedPostgres, stopEmbeddedPostgresIfUnused } from '../../db/embedded-postgres.ts'
import { placeFor } from '../../db/postgres-place.ts'
import { identityOf, livenessOf, signalProcess } from '../../runtime/process-identity.ts'

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'botfleet-embedded-'))
})
afterEach(async () => {
  await stopEmbeddedPostgresIfUnused(home)
  const { folder } = await placeFor(home)
  rmSync(folder, { recursive: true, force: true })
  rmSync(home, { recursive: true, force: true })
})

async function postmaster() {
  const { data } = await placeFor(home)
  const pid = Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[0])
  const identity = identityOf(pid)
  if (identity === undefined) throw new Error('no postmaster')
  return identity
}

test('several first callers at once all get the same server, and it takes passwords only', async () => {
  const started = await Promise.all([1, 2, 3].map(() => ensureEmbeddedPostgres(home)))
  expect(new Set(started.map(({ url }) => url)).size).toBe(1)
  const wrong = new URL(started[0]?.url ?? '')
  wrong.password = 'not-the-password'
  const database = Database.open(wrong.href, { applicationName: 'test' })
  await expect(database.ping()).rejects.toThrow(/refuses the user or password/)
  await database.close()
})

test('it outlives a starter that is killed and is found again by the next', async () => {
  const module = join(import.meta.dirname, '..', '..', 'db', 'embedded-postgres.ts')
  const script = `import { ensureEmbeddedPostgres } from ${JSON.stringify(module)}; await ensureEmbeddedPostgres(${JSON.stringify(home)}); console.log('up'); setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise((resolve) => child.stdout.once('data', resolve))
  const before = await postmaster()
  const ended = new Promise((resolve) => child.once('close', resolve))
  child.kill('SIGKILL')
  await ended
  const { startedByUs } = await ensureEmbeddedPostgres(home)
  expect(startedByUs).toBe(false)
  expect(await postmaster()).toEqual(before)
})

test('it is stopped only when no other botfleet process is connected', async () => {
  const { url } = await ensureEmbeddedPostgres(home)
  const other = Database.open(url, { applicationName: 'botfleet serve other' })
  await other.ping()
  expect(await stopEmbeddedPostgresIfUnused(home)).toBe(false)
  await other.close()
  await vi.waitFor(async () => expect(await stopEmbeddedPostgresIfUnused(home)).toBe(true))
})

test('after kill -9 of Postgres it recovers by itself on its old port', async () => {
  const first = await ensureEmbeddedPostgres(home)
  const victim = await postmaster()
  signalProcess(victim, 'SIGKILL')
  await vi.waitFor(() => expect(livenessOf(victim)).toBe('dead'))
  const second = await ensureEmbeddedPostgres(home)
  expect(second.url).toBe(first.url)
})

test('data that exists stays where it is when the modes of folders change', async () => {
  const { folder } = await ensureEmbeddedPostgres(home)
  await stopEmbeddedPostgresIfUnused(home)
  chmodSync(home, 0o755)
  expect((await placeFor(home)).folder).toBe(folder)
})
