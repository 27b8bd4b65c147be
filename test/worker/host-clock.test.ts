/** The real worker process on a host whose wall clock is wrong or jumps; a signal moves it. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { NamelessProcess } from '../../orchestrator/spawn-process.ts'
import { livenessOf, signalProcess } from '../../runtime/process-identity.ts'
import type { Sandbox } from '../../sandbox/start-sandbox.ts'
import { LoneWorkerRig, telegramBundle } from '../support/lone-worker.ts'
import { granting } from '../support/stand-in-gateway.ts'

const hourMs = 3_600_000
let rig: LoneWorkerRig
let sandbox: Sandbox
let bot: { readonly id: number }
/** Whether the gateway grants anything. */
let grants: boolean

beforeEach(async () => {
  grants = true
  rig = await LoneWorkerRig.start(() =>
    grants ? granting(30_000) : { refused: { code: 'unavailable', message: 'away' } },
  )
  sandbox = rig.sandbox
  bot = rig.bot
})
afterEach(() => rig.stop())

/** Starts the bundled worker with a wall clock that is `aheadMs` off from the beginning, and an hour more with SIGUSR2. */
function start(aheadMs: number): NamelessProcess {
  const bundle = join(rig.folder, 'worker.mjs')
  const shift = `{
    const realNow = Date.now
    let aheadMs = ${aheadMs}
    Date.now = () => realNow() + aheadMs
    process.on('SIGUSR2', () => { aheadMs += ${hourMs} })
  }\n`
  writeFileSync(bundle, shift + readFileSync(telegramBundle, 'utf8'))
  const worker = rig.spawn(bundle)
  rig.name(worker)
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
