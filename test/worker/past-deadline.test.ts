/** The real worker process under a gateway that would let it do anything: only its own deadline holds it back. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Heartbeat, HeartbeatReply } from '../../domain/worker-contract.ts'
import type { NamelessProcess } from '../../orchestrator/spawn-process.ts'
import { signalProcess } from '../../runtime/process-identity.ts'
import { LoneWorkerRig } from '../support/lone-worker.ts'
import { granting } from '../support/stand-in-gateway.ts'

const grantMs = 1500
let rig: LoneWorkerRig
let worker: NamelessProcess
/** How the gateway answers a heartbeat; each test begins with a plain grant. */
let answer: (words: Heartbeat) => HeartbeatReply | Promise<HeartbeatReply>
let beforeAnswer: (path: string) => Promise<void>

beforeEach(async () => {
  answer = () => granting(grantMs)
  beforeAnswer = async () => {}
  rig = await LoneWorkerRig.start(
    (words) => answer(words),
    (path) => beforeAnswer(path),
  )
  worker = rig.spawn()
})
afterEach(() => rig.stop())

const aWhile = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const polls = () => rig.sandbox.audit.flatMap((line) => (line.kind === 'polled' ? [line] : []))
const calls = (path: string) => rig.gateway.calls.filter((called) => called === path).length

/** Freezes the worker until its deadline is past for certain, then lets it go on to its end. */
async function sleepPastDeadline(): Promise<void> {
  signalProcess(worker.identity, 'SIGSTOP')
  await aWhile(grantMs + 500)
}

test('a worker that was frozen past its deadline handles nothing when it wakes, and ends as lease_lost', async () => {
  rig.name(worker)
  const ann = rig.sandbox.addPerson({ firstName: 'Ann' }).id
  rig.sandbox.sendText({ personId: ann, botId: rig.bot.id, text: '/id' })
  await vi.waitFor(() => expect(rig.sandbox.chat(rig.bot.id, ann)).toHaveLength(2), { timeout: 20_000 })
  signalProcess(worker.identity, 'SIGSTOP')
  rig.sandbox.sendText({ personId: ann, botId: rig.bot.id, text: '/id' })
  await aWhile(grantMs + 500)
  const before = calls('/v1/arrive')
  signalProcess(worker.identity, 'SIGCONT')
  expect(await worker.ended).toMatchObject({ exitCode: 40 })
  expect(calls('/v1/arrive')).toBe(before)
  expect(rig.sandbox.chat(rig.bot.id, ann)).toHaveLength(3)
  expect(rig.sandbox.unconfirmed(rig.bot.id)).toBeGreaterThan(0)
})

test('an update that was delivered while the worker slept past its deadline is not handled', async () => {
  const longMs = 4000
  answer = () => granting(longMs)
  rig.name(worker)
  await vi.waitFor(() => expect(polls().at(-1)?.timeoutSeconds).toBeGreaterThan(0), { timeout: 20_000, interval: 10 })
  await vi.waitFor(() => expect(rig.sandbox.isPolling(rig.bot.id)).toBe(true), { interval: 10 })
  signalProcess(worker.identity, 'SIGSTOP')
  const ann = rig.sandbox.addPerson({ firstName: 'Ann' }).id
  rig.sandbox.sendText({ personId: ann, botId: rig.bot.id, text: '/id' })
  await vi.waitFor(() => expect(rig.sandbox.audit.some(({ kind }) => kind === 'delivered')).toBe(true))
  await aWhile(longMs + 500)
  signalProcess(worker.identity, 'SIGCONT')
  expect(await worker.ended).toMatchObject({ exitCode: 40 })
  expect(calls('/v1/arrive')).toBe(0)
})

test('an answer that is due when the worker wakes past its deadline is not sent', async () => {
  const arrived = Promise.withResolvers<void>()
  const frozen = Promise.withResolvers<void>()
  beforeAnswer = async (path) => {
    if (path !== '/v1/arrive') return
    arrived.resolve()
    await frozen.promise
  }
  rig.name(worker)
  const ann = rig.sandbox.addPerson({ firstName: 'Ann' }).id
  rig.sandbox.sendText({ personId: ann, botId: rig.bot.id, text: '/id' })
  await arrived.promise
  // The gateway's word comes while the worker stands still: when it wakes, only the send is left to do.
  signalProcess(worker.identity, 'SIGSTOP')
  frozen.resolve()
  await aWhile(grantMs + 500)
  signalProcess(worker.identity, 'SIGCONT')
  expect(await worker.ended).toMatchObject({ exitCode: 40 })
  expect(rig.sandbox.chat(rig.bot.id, ann)).toHaveLength(1)
})

test('a worker that wakes past its deadline sends no further poll', async () => {
  rig.name(worker)
  await vi.waitFor(() => expect(polls().length).toBeGreaterThan(1), { timeout: 20_000 })
  await sleepPastDeadline()
  const before = polls().length
  signalProcess(worker.identity, 'SIGCONT')
  expect(await worker.ended).toMatchObject({ exitCode: 40 })
  expect(polls()).toHaveLength(before)
})

test('a grant counts from before its heartbeat was sent: one that comes too late is worth nothing', async () => {
  answer = async () => {
    await aWhile(grantMs + 300)
    return granting(grantMs)
  }
  rig.name(worker)
  expect(await worker.ended).toMatchObject({ exitCode: 40 })
  expect(polls()).toEqual([])
})

test('before its first accepted heartbeat a worker receives nothing', async () => {
  let asked = 0
  let pollsBefore = -1
  answer = () => {
    asked += 1
    if (asked < 6) return { refused: { code: 'unavailable', message: 'not verified yet' } }
    if (pollsBefore < 0) pollsBefore = polls().length
    return granting(grantMs)
  }
  rig.name(worker)
  await vi.waitFor(() => expect(polls().length).toBeGreaterThan(0), { timeout: 20_000 })
  expect(pollsBefore).toBe(0)
})

test('no poll is asked to wait for longer than the worker may run', async () => {
  answer = () => granting(4000)
  rig.name(worker)
  await vi.waitFor(() => expect(polls().filter(({ timeoutSeconds }) => timeoutSeconds > 0)).not.toEqual([]), {
    timeout: 20_000,
  })
  for (const { timeoutSeconds } of polls()) expect(timeoutSeconds).toBeLessThan(4)
})

test('a worker whose poll never comes back ends at its deadline all the same', async () => {
  rig.sandbox.plantFault({ method: 'getUpdates', kind: 'silence', times: 100 })
  rig.name(worker)
  await vi.waitFor(() => expect(rig.sandbox.audit.some(({ kind }) => kind === 'fault')).toBe(true), { timeout: 20_000 })
  rig.gateway.stop()
  const silentAt = performance.now()
  expect(await worker.ended).toMatchObject({ exitCode: 40 })
  expect(performance.now() - silentAt).toBeLessThan(grantMs + 3000)
})

test('a poll that does not come back is told with each heartbeat', async () => {
  const pendingMs: number[] = []
  answer = ({ pollPendingMs }) => {
    pendingMs.push(pollPendingMs ?? 0)
    return granting(60_000)
  }
  rig.sandbox.plantFault({ method: 'getUpdates', kind: 'silence', times: 100 })
  rig.name(worker)
  await vi.waitFor(() => expect(Math.max(...pendingMs)).toBeGreaterThan(1000), { timeout: 20_000 })
})

test('a worker whose gateway falls silent goes on until its deadline and not longer', async () => {
  rig.name(worker)
  await vi.waitFor(() => expect(polls()).not.toEqual([]), { timeout: 20_000 })
  rig.gateway.stop()
  const silentAt = performance.now()
  expect(await worker.ended).toMatchObject({ exitCode: 40 })
  expect(performance.now() - silentAt).toBeGreaterThan(300)
  const atTheEnd = polls().length
  await aWhile(300)
  expect(polls()).toHaveLength(atTheEnd)
})

test('a nameless worker ends when nobody needs it', async () => {
  worker.dismiss()
  expect(await worker.ended).toMatchObject({ exitCode: 0 })
  expect(rig.gateway.calls).toEqual([])
})

test.for(['answers nothing', 'is gone'])(
  'a worker that was never granted any time ends when it is told to, and by itself: its gateway %s',
  async (how) => {
    answer = () => new Promise<never>(() => {})
    if (how === 'is gone') rig.gateway.stop()
    const forsaken = rig.spawn()
    const text = join(rig.folder, 'worker.log')
    rig.name(worker)
    rig.name(forsaken, 'forsaken.log')
    await vi.waitFor(() => expect(readFileSync(text, 'utf8')).toContain('worker named'), {
      timeout: 20_000,
    })
    signalProcess(worker.identity, 'SIGTERM')
    expect(await worker.ended).toMatchObject({ exitCode: 0 })
    expect(await forsaken.ended).toMatchObject({ exitCode: 40 })
    expect(polls()).toEqual([])
  },
)
