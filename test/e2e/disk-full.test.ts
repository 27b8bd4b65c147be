/** A disk without room, as a real `./botfleet serve` and its real workers meet it: writes of files fail, nothing else. */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type Keyring, makeKeyring } from '../../domain/keyring.ts'
import { type Sandbox, startSandbox } from '../../sandbox/start-sandbox.ts'
import { approveInstance } from '../../services/approve-instance.ts'
import { createInstance } from '../../services/create-instance.ts'
import { showInstance } from '../../services/show-instance.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { isGone, limit, processOf } from '../support/faults.ts'
import { ownerActor } from '../support/rig.ts'

const portBase = 35_600
const botfleet = join(import.meta.dirname, '..', '..', 'botfleet')
let db: TestDatabase
let sandbox: Sandbox
let folder: string
let logFile: string
let keyring: Keyring
let serve: ChildProcess
let ended: Promise<void>
let ann: number

beforeEach(async () => {
  db = await createTestDatabase()
  sandbox = await startSandbox()
  folder = mkdtempSync(join(tmpdir(), 'botfleet-disk-'))
  logFile = join(folder, 'serve.log')
  const key = randomBytes(32)
  keyring = makeKeyring([key])
  ann = sandbox.addPerson({ firstName: 'Ann', languageCode: 'en' }).id
  const environment = {
    PATH: process.env['PATH'] ?? '',
    DATABASE_URL: db.url,
    BOTFLEET_HOME: join(folder, 'home'),
    AGENT_TOKEN_AES_KEY: key.toString('base64'),
    TELEGRAM_API_ROOT: sandbox.apiRoot,
    SERVERNAME: 'alpha',
    PORT: '0',
    LEASE_TTL_SECONDS: '4',
    WORKER_PORT_BASE: String(portBase),
    ADMIN_PASSWORD: 'owner-password-for-tests',
  }
  // Its log goes to a file, as an init system without a journal would have it.
  const command = ['-c', 'exec "$0" serve 2>>"$1"', botfleet, logFile]
  serve = spawn('sh', command, { cwd: folder, env: environment, stdio: 'ignore' })
  ended = new Promise((resolve) => serve.on('close', () => resolve()))
  await vi.waitFor(() => expect(logged()).toContain('name taken'), { timeout: 30_000, interval: 50 })
})
afterEach(async () => {
  serve.kill('SIGTERM')
  await ended
  await sandbox.stop()
  await db.drop()
  rmSync(folder, { recursive: true, force: true })
})

const logged = () => readFileSync(logFile, 'utf8')
const view = (id: string) => showInstance(db.database, ownerActor, { id })
const workerLog = (id: string) => readFileSync(join(folder, 'home', 'logs', 'alpha', `${id}.log`), 'utf8')

async function runningBot(number: number): Promise<{ id: string; botId: number }> {
  const token = `${7100 + number}:fake-token-for-tests`
  const { id: botId } = sandbox.createBot({ name: `Bot ${number}`, username: `bot_${number}`, token })
  const id = await db.database.transaction(async (tx) => {
    const given = { platform: 'telegram', name: `Bot ${number}`, server: 'alpha', token, keyring } as const
    const created = await createInstance(tx, ownerActor, { ...given, tenant: undefined })
    const months = { id: created.id, months: 1, daysPerMonth: 30, portBase, portCount: 100 } as const
    await approveInstance(tx, ownerActor, months)
    return created.id
  })
  await vi.waitFor(async () => expect((await view(id)).state).toBe('running'), { timeout: 30_000, interval: 50 })
  return { id, botId }
}

async function answers(botId: number, text: string): Promise<void> {
  const before = sandbox.chat(botId, ann).length
  sandbox.sendText({ personId: ann, botId, text })
  await vi.waitFor(() => expect(sandbox.chat(botId, ann).length).toBe(before + 2), { timeout: 20_000, interval: 20 })
}

test('a worker that cannot write its log answers people, says so, and says how much was lost', async () => {
  const { id, botId } = await runningBot(1)
  await answers(botId, '/id')
  const worker = processOf((await view(id)).pid)
  limit(worker, 'fsize', 1)
  // An answer whose connection breaks is worth a line.
  sandbox.plantFault({ kind: 'drop_after', method: 'sendMessage' })
  await answers(botId, '/help')
  await vi.waitFor(
    async () => expect((await view(id)).last_error).toBe('its log cannot be written (EFBIG): is the disk full?'),
    { timeout: 20_000, interval: 50 },
  )
  await answers(botId, '/language')
  expect(await view(id)).toMatchObject({ state: 'running', pid: worker.pid, epoch: 1 })
  limit(worker, 'fsize', 'unlimited')
  await vi.waitFor(async () => expect((await view(id)).last_error).toBeNull(), { timeout: 20_000, interval: 50 })
  expect(workerLog(id)).toMatch(/"lost":\d+,"msg":"log lines could not be written/)
})

test('a server that cannot write its log goes on starting and keeping bots, and then says how much was lost', async () => {
  const first = await runningBot(2)
  const supervisor = processOf(serve.pid)
  limit(supervisor, 'fsize', 1)
  // Its workers inherit the limit: their disk is as full.
  const second = await runningBot(3)
  await new Promise((resolve) => setTimeout(resolve, 5000))
  for (const { botId } of [first, second]) await answers(botId, '/id')
  expect(isGone(supervisor)).toBe(false)
  const sizeBytes = statSync(logFile).size
  limit(supervisor, 'fsize', 'unlimited')
  await runningBot(4)
  await vi.waitFor(() => expect(logged().slice(sizeBytes)).toMatch(/"lost":\d+,"msg":"log lines could not be written/))
  // As a rotation by copy and truncate does.
  truncateSync(logFile)
  await runningBot(5)
  expect(logged()).toContain('worker started')
})
