/** The real worker process under a gateway that would let it do anything: only its own deadline holds it back. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { NamelessProcess } from '../../orchestrator/spawn-process.ts'
import { signalProcess } from '../../runtime/process-identity.ts'
import { LoneWorkerRig } from '../support/lone-worker.ts'
import { granting } from '../support/stand-in-gateway.ts'

const grantMs = 1500
let rig: LoneWorkerRig
let worker: NamelessProcess

beforeEach(async () => {
  rig = await LoneWorkerRig.start(() => granting(grantMs))
  worker = rig.spawn()
})
afterEach(() => rig.stop())

test('a worker that was frozen past its deadline handles nothing when it wakes, and ends as lease_lost', async () => {
  rig.name(worker)
  const ann = rig.sandbox.addPerson({ firstName: 'Ann' }).id
  rig.sandbox.sendText({ personId: ann, botId: rig.bot.id, text: '/id' })
  await vi.waitFor(() => expect(rig.sandbox.chat(rig.bot.id, ann)).toHaveLength(2), { timeout: 20_000 })
  signalProcess(worker.identity, 'SIGSTOP')
  rig.sandbox.sendText({ personId: ann, botId: rig.bot.id, text: '/help' })
  await new Promise((resolve) => setTimeout(resolve, grantMs + 500))
  const before = rig.gateway.calls.filter((path) => path === '/v1/arrive').length
  signalProcess(worker.identity, 'SIGCONT')
  expect(await worker.ended).toMatchObject({ exitCode: 40 })
  expect(rig.gateway.calls.filter((path) => path === '/v1/arrive')).toHaveLength(before)
  expect(rig.sandbox.chat(rig.bot.id, ann)).toHaveLength(3)
  expect(rig.sandbox.unconfirmed(rig.bot.id)).toBeGreaterThan(0)
})

test('a worker whose gateway falls silent goes on until its deadline and not longer', async () => {
  rig.name(worker)
  await vi.waitFor(() => expect(rig.sandbox.audit.some(({ kind }) => kind === 'polled')).toBe(true), {
    timeout: 20_000,
  })
  rig.gateway.stop()
  const silentAt = performance.now()
  expect(await worker.ended).toMatchObject({ exitCode: 40 })
  expect(performance.now() - silentAt).toBeGreaterThan(300)
  const polls = () => rig.sandbox.audit.filter(({ kind }) => kind === 'polled').length
  const atTheEnd = polls()
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(polls()).toBe(atTheEnd)
})

test('a nameless worker ends when nobody needs it', async () => {
  worker.dismiss()
  expect(await worker.ended).toMatchObject({ exitCode: 0 })
  expect(rig.gateway.calls).toEqual([])
})
