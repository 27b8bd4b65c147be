/** The real worker process under a gateway that would let it do anything: only its own deadline holds it back. */
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { contractVersion, type WorkerIdentity } from '../../domain/worker-contract.ts'
import { type NamelessProcess, spawnProcess } from '../../orchestrator/spawn-process.ts'
import { signalProcess } from '../../runtime/process-identity.ts'
import { type Sandbox, startSandbox } from '../../sandbox/start-sandbox.ts'

const grantMs = 1500
const limits = { rateLimitRps: 1, maxConcurrentRequests: 3 }
let folder: string
let sandbox: Sandbox
let gateway: Server
let calls: string[]
let bot: { id: number; token: string }
let worker: NamelessProcess

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'botfleet-deadline-'))
  sandbox = await startSandbox()
  bot = sandbox.createBot({ name: 'Bot', username: 'bot', token: '910001:sandbox-token-for-tests' })
  calls = []
  gateway = createServer((request, response) => {
    const path = request.url ?? ''
    calls.push(path)
    request.resume()
    const answers: Record<string, unknown> = {
      '/v1/heartbeat': { grantMs, limits, drain: false },
      '/v1/arrive': { outcome: { customerId: 'c', language: null }, repeated: false, answered: false },
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answers[path] ?? {}))
  })
  await new Promise<void>((resolve) => gateway.listen(join(folder, 'gw.sock'), resolve))
  worker = spawnProcess({
    bundle: join(import.meta.dirname, '..', '..', 'dist', 'worker-telegram.mjs'),
    logFolder: folder,
    logFilesMax: 1,
    heapMb: 128,
  })
})
afterEach(async () => {
  signalProcess(worker.identity, 'SIGKILL')
  await worker.ended
  gateway.closeAllConnections()
  gateway.close()
  await sandbox.stop()
  rmSync(folder, { recursive: true, force: true })
})

function name(): void {
  const identity: WorkerIdentity = {
    contract: contractVersion,
    instanceId: 'bot-1',
    tenant: 'master',
    platform: 'telegram',
    name: 'Bot',
    epoch: 1,
    nonce: 'n',
    port: 20_000 + Math.floor(Math.random() * 30_000),
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
}

test('a worker that was frozen past its deadline handles nothing when it wakes, and ends as lease_lost', async () => {
  name()
  const ann = sandbox.addPerson({ firstName: 'Ann' }).id
  sandbox.sendText({ personId: ann, botId: bot.id, text: '/id' })
  await vi.waitFor(() => expect(sandbox.chat(bot.id, ann)).toHaveLength(2), { timeout: 20_000 })
  signalProcess(worker.identity, 'SIGSTOP')
  sandbox.sendText({ personId: ann, botId: bot.id, text: '/help' })
  await new Promise((resolve) => setTimeout(resolve, grantMs + 500))
  const before = calls.filter((path) => path === '/v1/arrive').length
  signalProcess(worker.identity, 'SIGCONT')
  expect(await worker.ended).toMatchObject({ exitCode: 40 })
  expect(calls.filter((path) => path === '/v1/arrive')).toHaveLength(before)
  expect(sandbox.chat(bot.id, ann)).toHaveLength(3)
  expect(sandbox.unconfirmed(bot.id)).toBeGreaterThan(0)
})

test('a worker whose gateway falls silent goes on until its deadline and not longer', async () => {
  name()
  await vi.waitFor(() => expect(sandbox.audit.some(({ kind }) => kind === 'polled')).toBe(true), { timeout: 20_000 })
  gateway.closeAllConnections()
  gateway.close()
  const silentAt = performance.now()
  expect(await worker.ended).toMatchObject({ exitCode: 40 })
  expect(performance.now() - silentAt).toBeGreaterThan(300)
  const polls = () => sandbox.audit.filter(({ kind }) => kind === 'polled').length
  const atTheEnd = polls()
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(polls()).toBe(atTheEnd)
})

test('a nameless worker ends when nobody needs it', async () => {
  worker.dismiss()
  expect(await worker.ended).toMatchObject({ exitCode: 0 })
  expect(calls).toEqual([])
})
