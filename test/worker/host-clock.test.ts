/** The real worker process on a host whose wall clock is wrong or jumps; a signal moves it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { contractVersion, type WorkerIdentity } from '../../domain/worker-contract.ts'
import { type NamelessProcess, spawnProcess } from '../../orchestrator/spawn-process.ts'
import { livenessOf, signalProcess } from '../../runtime/process-identity.ts'
import { type Sandbox, startSandbox } from '../../sandbox/start-sandbox.ts'

const hourMs = 3_600_000
const limits = { rateLimitRps: 1, maxConcurrentRequests: 3 }
let folder: string
let sandbox: Sandbox
let gateway: Server
let bot: { id: number; token: string }
let worker: NamelessProcess | undefined
/** Whether the gateway answers heartbeats. */
let grants: boolean

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'botfleet-host-clock-'))
  sandbox = await startSandbox()
  bot = sandbox.createBot({ name: 'Bot', username: 'bot', token: '910001:sandbox-token-for-tests' })
  grants = true
  gateway = createServer((request, response) => {
    request.resume()
    const path = request.url ?? ''
    if (path === '/v1/heartbeat' && !grants) {
      response.writeHead(503).end(JSON.stringify({ code: 'unavailable', message: 'away' }))
      return
    }
    const answers: Record<string, unknown> = {
      '/v1/heartbeat': { grantMs: 30_000, limits, drain: false },
      '/v1/arrive': { outcome: { customerId: 'c', language: null }, repeated: false, answered: false },
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answers[path] ?? {}))
  })
  await new Promise<void>((resolve) => gateway.listen(join(folder, 'gw.sock'), resolve))
})
afterEach(async () => {
  if (worker !== undefined) {
    signalProcess(worker.identity, 'SIGKILL')
    await worker.ended
  }
  gateway.closeAllConnections()
  gateway.close()
  await sandbox.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** Starts the bundled worker with a wall clock that is `aheadMs` off from the beginning, and an hour more with SIGUSR2. */
function start(aheadMs: number): NamelessProcess {
  const bundle = join(folder, 'worker.mjs')
  const shift = `{
    const realNow = Date.now
    let aheadMs = ${aheadMs}
    Date.now = () => realNow() + aheadMs
    process.on('SIGUSR2', () => { aheadMs += ${hourMs} })
  }\n`
  const program = readFileSync(join(import.meta.dirname, '..', '..', 'dist', 'worker-telegram.mjs'), 'utf8')
  writeFileSync(bundle, shift + program)
  worker = spawnProcess({ bundle, logFolder: folder, logFilesMax: 1, heapMb: 128 })
  const identity: WorkerIdentity = {
    contract: contractVersion,
    instanceId: 'bot-1',
    tenant: 'master',
    platform: 'telegram',
    name: 'Bot',
    epoch: 1,
    nonce: 'n',
    port: 34_000 + Math.floor(Math.random() * 900),
    gatewaySocket: join(folder, 'gw.sock'),
    workerToken: 'bot-1.1.n.k.x',
    credential: bot.token,
    telegramApiRoot: sandbox.apiRoot,
    limits,
    heartbeatMs: 300,
    graceMs: 1000,
    takeWebhook: false,
    logLevel: 'debug',
  }
  worker.name(JSON.stringify(identity), join(folder, 'worker.log'))
  return worker
}

test('a host clock that jumps pauses the worker until a heartbeat is accepted, and then it goes on', async () => {
  const { identity } = start(0)
  const ann = sandbox.addPerson({ firstName: 'Ann' }).id
  const say = (text: string) => sandbox.sendText({ personId: ann, botId: bot.id, text })
  const messages = () => sandbox.chat(bot.id, ann).length
  say('/id')
  await vi.waitFor(() => expect(messages()).toBe(2), { timeout: 20_000 })

  grants = false
  signalProcess(identity, 'SIGUSR2')
  say('/id')
  await new Promise((resolve) => setTimeout(resolve, 1200))
  expect(messages()).toBe(3)

  grants = true
  await vi.waitFor(() => expect(messages()).toBe(4), { timeout: 10_000 })
  say('/id')
  await vi.waitFor(() => expect(messages()).toBe(6), { timeout: 10_000 })
  expect(livenessOf(identity)).toBe('alive')
})

test.for([hourMs, -hourMs])('a host clock that is wrong by %d ms answers like any other', async (aheadMs) => {
  start(aheadMs)
  await vi.waitFor(() => expect(sandbox.audit.some(({ kind }) => kind === 'polled')).toBe(true), { timeout: 20_000 })
  const ann = sandbox.addPerson({ firstName: 'Ann' }).id
  for (const count of [2, 4]) {
    sandbox.sendText({ personId: ann, botId: bot.id, text: '/id' })
    await vi.waitFor(() => expect(sandbox.chat(bot.id, ann)).toHaveLength(count), { timeout: 10_000 })
  }
  expect(JSON.stringify(sandbox.chat(bot.id, ann)[1])).toContain(String(ann))
})
