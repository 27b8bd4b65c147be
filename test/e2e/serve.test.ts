/** Real `./botfleet serve` processes on one database, with the sandbox as Telegram. */

import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { AgentView } from '../../domain/agent.ts'
import type { InstanceView } from '../../domain/instance.ts'
import { type Sandbox, startSandbox } from '../../sandbox/start-sandbox.ts'
import { type CliRun, runCli, StayingCli } from '../support/cli.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { isPidGone } from '../support/faults.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'

let db: TestDatabase
let sandbox: Sandbox
let folder: string
let environment: Record<string, string>
const running: StayingCli[] = []
let nextBot = 810_000

beforeEach(async () => {
  db = await createTestDatabase()
  sandbox = await startSandbox()
  folder = mkdtempSync(join(tmpdir(), 'botfleet-e2e-'))
  environment = {
    DATABASE_URL: db.url,
    BOTFLEET_HOME: join(folder, 'home'),
    AGENT_TOKEN_AES_KEY: randomBytes(32).toString('base64'),
    TELEGRAM_API_ROOT: sandbox.apiRoot,
    PORT: '0',
    LEASE_TTL_SECONDS: '4',
    GRACE_SECONDS: '3',
    EXPIRY_CHECK_SECONDS: '1',
    WORKER_PORT_BASE: String(30_000 + Math.floor(Math.random() * 20_000)),
    ADMIN_PASSWORD: 'canary-owner-password-for-tests',
  }
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()))
  await sandbox.stop()
  await db.drop()
  rmSync(folder, { recursive: true, force: true })
})

async function serve(server = 'alpha', more: Record<string, string> = {}): Promise<StayingCli> {
  const process_ = new StayingCli(['serve'], { ...environment, SERVERNAME: server, ...more }, folder)
  running.push(process_)
  await vi.waitFor(
    () => {
      if (process_.child.exitCode !== null) throw new Error(`serve ended: ${process_.stderr}`)
      expect(process_.stdout).toContain('is running')
    },
    { timeout: 30_000, interval: 50 },
  )
  return process_
}

function cli(...parameters: string[]): Promise<CliRun> {
  return runCli(parameters, environment, folder)
}

async function json<T>(...parameters: string[]): Promise<T> {
  const { code, stdout, stderr } = await cli(...parameters, '--json')
  if (code !== 0) throw new Error(`exit ${code}: ${stderr}`)
  return JSON.parse(stdout) as T
}

/** Registers a bot with a sandbox token by the CLI. */
async function createBot(server = 'alpha'): Promise<{ id: string; botId: number; token: string }> {
  nextBot += 1
  const bot = sandbox.createBot({
    name: `Bot ${nextBot}`,
    username: `bot_${nextBot}`,
    token: `${nextBot}:canary-token-for-tests`,
  })
  const file = join(folder, `token-${nextBot}`)
  writeFileSync(file, bot.token)
  const { id } = await json<InstanceView>(
    'create',
    '--platform',
    'telegram',
    '--name',
    `Bot ${nextBot}`,
    '--token-file',
    file,
    '--server',
    server,
  )
  return { id, botId: bot.id, token: bot.token }
}

async function approved(server = 'alpha') {
  const bot = await createBot(server)
  await json('approve', bot.id, '--months', '1')
  return bot
}

const show = (id: string) => json<InstanceView>('show', id)
async function until(
  id: string,
  state: string,
  more: (view: InstanceView) => boolean = () => true,
): Promise<InstanceView> {
  return vi.waitFor(
    async () => {
      const view = await show(id)
      if (view.state !== state || !more(view)) throw new Error(`${id} is ${view.state}: ${view.last_error ?? ''}`)
      return view
    },
    { timeout: 40_000, interval: 100 },
  )
}

test('two servers on one database each run their own bots, and approve --wait follows to running', async () => {
  await Promise.all([serve('alpha'), serve('beta')])
  const [one, two] = await Promise.all([createBot('alpha'), createBot('beta')])
  const approvals = await Promise.all([
    cli('approve', one.id, '--months', '1', '--wait'),
    cli('approve', two.id, '--months', '1', '--wait'),
  ])
  expect(approvals.map(({ code }) => code)).toEqual([0, 0])
  const views = await json<InstanceView[]>('list')
  expect(views.map(({ server_name: server, state }) => `${server} ${state}`).sort()).toEqual([
    'alpha running',
    'beta running',
  ])
  const servers = await json<{ name: string; alive: boolean; running: number }[]>('server', 'list')
  expect(servers.map(({ name, alive, running: count }) => [name, alive, count])).toEqual([
    ['alpha', true, 1],
    ['beta', true, 1],
  ])
  const ann = sandbox.addPerson({ firstName: 'Ann' }).id
  for (const { botId } of [one, two]) sandbox.sendText({ personId: ann, botId, text: '/start' })
  await vi.waitFor(
    () => {
      for (const { botId } of [one, two]) expect(sandbox.chat(botId, ann)).toHaveLength(2)
    },
    { timeout: 20_000 },
  )
})

test('a second serve of the same name is refused with code 5 and disturbs nobody', async () => {
  const bot = await approved()
  await serve()
  const before = await until(bot.id, 'running')
  const second = new StayingCli(['serve'], { ...environment, SERVERNAME: 'alpha' }, folder)
  expect(await second.ended).toBe(5)
  expect(second.stderr).toContain('another supervisor holds the name alpha')
  expect((await show(bot.id)).pid).toBe(before.pid)
})

test('a restart of the server starts no new, stopped, suspended or expired bot', async () => {
  const bots = await Promise.all([createBot(), approved(), approved(), approved(), approved()])
  const [fresh, stopped, suspended, expired, well] = bots.map(({ id }) => id) as [
    string,
    string,
    string,
    string,
    string,
  ]
  const first = await serve()
  for (const id of [stopped, suspended, expired, well]) await until(id, 'running')
  await json('stop', stopped)
  await json('suspend', suspended, '--reason', 'unpaid')
  await json('expire', expired)
  for (const id of [stopped, suspended, expired]) await until(id, 'stopped')
  expect(await first.stop()).toBe(0)
  await serve()
  const view = await until(well, 'running')
  expect(view.epoch).toBe(2)
  await new Promise((resolve) => setTimeout(resolve, 1500))
  for (const id of [fresh, stopped, suspended, expired]) {
    const resting = await show(id)
    expect([resting.state, resting.pid]).toEqual(['stopped', null])
    expect(resting.epoch).toBeLessThanOrEqual(1)
  }
})

test('after kill -9 of the supervisor the next one adopts its workers, and nobody notices', async () => {
  const bot = await approved()
  const first = await serve()
  const before = await until(bot.id, 'running')
  await first.stop('SIGKILL')
  expect(isPidGone(before.pid)).toBe(false)
  const ann = sandbox.addPerson({ firstName: 'Ann' }).id
  sandbox.sendText({ personId: ann, botId: bot.botId, text: '/id' })
  await serve()
  await vi.waitFor(() => expect(sandbox.chat(bot.botId, ann)).toHaveLength(2), { timeout: 20_000 })
  const after = await until(bot.id, 'running')
  expect(after).toMatchObject({ pid: before.pid, epoch: 1, restarts: 0 })
})

test('a killed supervisor that never returns leaves no worker past its lease', async () => {
  const bot = await approved()
  const first = await serve()
  const before = await until(bot.id, 'running')
  await first.stop('SIGKILL')
  await vi.waitFor(() => expect(isPidGone(before.pid)).toBe(true), { timeout: 20_000, interval: 50 })
})

test('SIGTERM ends every worker, frees the name and exits with 0', async () => {
  const bot = await approved()
  const server = await serve()
  const { pid } = await until(bot.id, 'running')
  expect(await server.stop()).toBe(0)
  expect(isPidGone(pid)).toBe(true)
  const { rows } = await db.database.query<{ holder: string | null }>(`select holder from server where name = 'alpha'`)
  expect(rows).toEqual([{ holder: null }])
})

test('canary secrets are nowhere: not in argv, environments, logs, answers or a plain dump', async () => {
  const bot = await approved()
  const server = await serve()
  const { pid } = await until(bot.id, 'running')
  const ann = sandbox.addPerson({ firstName: 'Ann' }).id
  sandbox.sendText({ personId: ann, botId: bot.botId, text: '/start' })
  await vi.waitFor(() => expect(sandbox.chat(bot.botId, ann)).toHaveLength(2), { timeout: 20_000 })
  const shown = await Promise.all([
    cli('show', bot.id),
    cli('list', '--json'),
    cli('audit', '--json'),
    cli('events', bot.id, '--json'),
    cli('doctor', bot.id),
  ])
  const dump = await dumpDatabase()
  const places: Record<string, string> = {
    'argv of the worker': readFileSync(`/proc/${pid ?? 0}/cmdline`, 'utf8'),
    'environment of the worker': readFileSync(`/proc/${pid ?? 0}/environ`, 'utf8'),
    'argv of the server': readFileSync(`/proc/${server.pid}/cmdline`, 'utf8'),
    'output of the server': server.stdout + server.stderr,
    'output of commands': shown.map(({ stdout, stderr }) => stdout + stderr).join('\n'),
    'log of the worker': readdirSync(join(folder, 'home', 'logs', 'alpha'))
      .map((name) => readFileSync(join(folder, 'home', 'logs', 'alpha', name), 'utf8'))
      .join('\n'),
    'plain dump': dump,
  }
  const secrets = [
    'canary-token-for-tests',
    'canary-owner-password-for-tests',
    environment['AGENT_TOKEN_AES_KEY'] ?? '',
  ]
  for (const [place, text] of Object.entries(places)) {
    expect(text.length, place).toBeGreaterThan(0)
    for (const secret of secrets) expect(text.includes(secret), `${secret} in ${place}`).toBe(false)
  }
})

test('a wrong key is refused by name before anything is written', async () => {
  await createBot()
  const wrong = { ...environment, AGENT_TOKEN_AES_KEY: randomBytes(32).toString('base64') }
  const refused = new StayingCli(['serve'], wrong, folder)
  expect(await refused.ended).toBe(6)
  expect(refused.stderr).toContain('AGENT_TOKEN_AES_KEY')
  const { rows } = await db.database.query<{ n: number }>('select count(*)::int as n from key_fingerprint')
  expect(rows[0]?.n).toBe(1)
})

test('BOT_TOKEN makes the master bot once', async () => {
  const bot = sandbox.createBot({ name: 'Master', username: 'master_bot', token: '800001:canary-token-for-tests' })
  const first = await serve('alpha', { BOT_TOKEN: bot.token })
  await first.stop()
  await serve('alpha', { BOT_TOKEN: bot.token })
  const views = await json<InstanceView[]>('list')
  expect(views.map(({ is_master: isMaster, bot_id: botId, status }) => [isMaster, botId, status])).toEqual([
    [true, '800001', 'new'],
  ])
})

test('a database that goes away leaves the workers until their deadline, and everything returns by itself', async () => {
  const { proxy, url } = await TcpProxy.toDatabase(db.url)
  try {
    const bot = await approved()
    await serve('alpha', { DATABASE_URL: url })
    const before = await until(bot.id, 'running')
    proxy.blackHole()
    await vi.waitFor(() => expect(isPidGone(before.pid)).toBe(true), { timeout: 30_000, interval: 50 })
    proxy.heal()
    await until(bot.id, 'running', ({ epoch }) => epoch > before.epoch)
  } finally {
    await proxy.stop()
  }
})

/** Every row of every table as text, as a plain dump would show it. */
async function dumpDatabase(): Promise<string> {
  const tables = await db.database.query<{ name: string }>(
    `select quote_ident(tablename) as name from pg_tables where schemaname = 'public'`,
  )
  const parts = await Promise.all(
    tables.rows.map(async ({ name }) =>
      (await db.database.query<{ line: string }>(`select t::text as line from ${name} t`)).rows
        .map(({ line }) => line)
        .join('\n'),
    ),
  )
  return parts.join('\n')
}

test('an agent pauses and resumes with its bot, and --wait follows both', async () => {
  await serve()
  nextBot += 1
  const bot = sandbox.createBot({
    name: 'Reseller',
    username: `bot_${nextBot}`,
    token: `${nextBot}:canary-token-for-tests`,
  })
  const file = join(folder, `token-${nextBot}`)
  writeFileSync(file, bot.token)
  const created = `agent create agent001 --name MyAgentName --months 1 --wait --server alpha --token-file ${file}`
  const agent = await json<AgentView>(...created.split(' '))
  expect(agent.instances).toMatchObject([{ status: 'approved', state: 'running' }])
  const paused = await json<AgentView>('agent', 'pause', 'agent001', '--wait')
  expect(paused).toMatchObject({ status: 'paused', instances: [{ desired: 'stopped', state: 'stopped' }] })
  const resumed = await json<AgentView>('agent', 'resume', 'agent001', '--wait')
  expect(resumed).toMatchObject({ status: 'active', instances: [{ desired: 'running', state: 'running' }] })
})
