/** A fleet that loses its database, and goes on from a backup. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { InstanceView } from '../../domain/instance.ts'
import { type Sandbox, startSandbox } from '../../sandbox/start-sandbox.ts'
import { runCli, StayingCli } from '../support/cli.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { isPidGone } from '../support/faults.ts'

let db: TestDatabase
let sandbox: Sandbox
let folder: string
let environment: Record<string, string>
const running: StayingCli[] = []

beforeEach(async () => {
  db = await createTestDatabase()
  sandbox = await startSandbox()
  folder = mkdtempSync(join(tmpdir(), 'botfleet-e2e-'))
  environment = {
    DATABASE_URL: db.url,
    SERVERNAME: 'alpha',
    BOTFLEET_HOME: join(folder, 'home'),
    AGENT_TOKEN_AES_KEY: randomBytes(32).toString('base64'),
    TELEGRAM_API_ROOT: sandbox.apiRoot,
    PORT: '0',
    LEASE_TTL_SECONDS: '5',
    GRACE_SECONDS: '3',
    WORKER_PORT_BASE: String(31_000 + Math.floor(Math.random() * 900)),
    ADMIN_PASSWORD: 'canary-owner-password-for-tests',
  }
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()))
  await sandbox.stop()
  await db.drop()
  rmSync(folder, { recursive: true, force: true })
})

async function serve(): Promise<StayingCli> {
  const server = new StayingCli(['serve'], environment, folder)
  running.push(server)
  await vi.waitFor(() => expect(server.stdout, server.stderr).toContain('is running'), { timeout: 30_000 })
  return server
}

const cli = (...parameters: string[]) => runCli(parameters, environment, folder)

async function json<T>(...parameters: string[]): Promise<T> {
  const { code, stdout, stderr } = await cli(...parameters, '--json')
  if (code !== 0) throw new Error(`exit ${code}: ${stderr}`)
  return JSON.parse(stdout) as T
}

test('backup while it runs, lose supervisor and database, restore, serve: the fleet resumes, never with two workers', async () => {
  const bot = sandbox.createBot({ name: 'Shop', username: 'shop_bot', token: '820001:fake-token-for-tests' })
  writeFileSync(join(folder, 'token'), bot.token)
  const { id } = await json<InstanceView>('create', '--platform', 'telegram', '--name', 'Shop', '--token-file', 'token')
  const first = await serve()
  const before = await json<InstanceView>('approve', id, '--months', '1', '--wait')
  const ann = sandbox.addPerson({ firstName: 'Ann' }).id
  sandbox.sendText({ personId: ann, botId: bot.id, text: '/start' })
  await vi.waitFor(() => expect(sandbox.chat(bot.id, ann)).toHaveLength(2), { timeout: 20_000 })
  await json('backup', 'one.backup')

  const live = await cli('restore', 'one.backup', '--yes')
  expect(live.code).toBe(5)
  expect(live.stderr).toContain('alpha still runs on this database')

  // The supervisor dies; its worker goes on to its deadline. The database is lost.
  await first.stop('SIGKILL')
  const lost = db
  db = await createTestDatabase({ migrated: false })
  await lost.drop()
  environment['DATABASE_URL'] = db.url
  expect(isPidGone(before.pid)).toBe(false)
  const restored = await cli('restore', 'one.backup', '--yes')
  expect(restored.code, restored.stderr).toBe(0)
  expect(isPidGone(before.pid)).toBe(true)

  const resting = await json<InstanceView>('show', id)
  expect([resting.status, resting.desired, resting.state, resting.pid]).toEqual([
    'approved',
    'running',
    'stopped',
    null,
  ])
  expect(resting.expires_at).toBe(before.expires_at)
  await serve()
  await vi.waitFor(async () => expect((await json<InstanceView>('show', id)).state).toBe('running'), {
    timeout: 30_000,
  })
  const after = await json<InstanceView>('show', id)
  expect(after.epoch).toBeGreaterThan(1_000_000)
  sandbox.sendText({ personId: ann, botId: bot.id, text: '/start' })
  await vi.waitFor(() => expect(sandbox.chat(bot.id, ann)).toHaveLength(4), { timeout: 20_000 })
})
