/** What a spare does while it waits: it must help the worker that it becomes, and touch nobody. */
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Channel, ChannelContext } from '../../worker/channel.ts'
import { type PlatformStage, rehearse } from '../../worker/rehearsal.ts'
import { TelegramChannel } from '../../worker/telegram/telegram-channel.ts'
import { telegramStage } from '../../worker/telegram/telegram-stage.ts'
import { WhatsAppChannel } from '../../worker/whatsapp/whatsapp-channel.ts'
import { whatsappStage } from '../../worker/whatsapp/whatsapp-stage.ts'
import { LoneWorkerRig } from '../support/lone-worker.ts'
import { granting } from '../support/stand-in-gateway.ts'

const makeChannel = (context: ChannelContext): Channel => new TelegramChannel(context)
const never = new AbortController().signal
let rig: LoneWorkerRig

beforeEach(async () => {
  rig = await LoneWorkerRig.start(() => granting(30_000))
})
afterEach(() => rig.stop())

/** Names of the abstract sockets that a process rehearses with. */
function rehearsalSockets(pid: number): string[] {
  return readFileSync('/proc/net/unix', 'utf8')
    .split('\n')
    .filter((line) => line.endsWith(`@botfleet-rehearsal-${pid}`))
}

test('a rehearsal receives a message, answers it, confirms it, and leaves nothing open', async () => {
  const asked: string[] = []
  await rehearse(
    makeChannel,
    () => {
      const stage = telegramStage()
      const answer = (path: string) => {
        asked.push(path.replace(/^.*\//, ''))
        return stage.answer(path)
      }
      return { ...stage, answer }
    },
    never,
  )
  expect(asked[0]).toBe('getUpdates')
  expect(asked).toContain('sendMessage')
  expect(asked.filter((method) => method === 'getUpdates').length).toBeGreaterThan(1)
  expect(rehearsalSockets(process.pid)).toEqual([])
})

test('a rehearsal of WhatsApp makes a device, says its first word, and leaves nothing open', async () => {
  let isHeard = false
  const silent = { setLimits() {}, start() {}, poke() {}, drain: async () => {}, readSent: async () => null }
  await rehearse(
    (context) => new WhatsAppChannel(context, () => silent),
    () => {
      const stage = whatsappStage()
      const upgrade: PlatformStage['upgrade'] = (request, socket, finish) =>
        stage.upgrade?.(request, socket, () => {
          isHeard = true
          finish()
        })
      return { ...stage, upgrade }
    },
    never,
  )
  expect(isHeard).toBe(true)
  expect(rehearsalSockets(process.pid)).toEqual([])
})

test('a rehearsal that fails or never ends is given up, and fails nobody', async () => {
  const failing = (): Channel => {
    throw new Error('this channel cannot be made')
  }
  await rehearse(failing, telegramStage, never)
  const named = new AbortController()
  const silent = rehearse(makeChannel, () => ({ ...telegramStage(), answer: () => undefined }), named.signal)
  await vi.waitFor(() => expect(rehearsalSockets(process.pid)).not.toEqual([]))
  named.abort()
  await silent
  expect(rehearsalSockets(process.pid)).toEqual([])
})

test.for([0, 190, 205, 215, 225, 240, 300, 1000])(
  'a worker that is named after %d ms answers each message once, whether or not it was rehearsing',
  async (afterMs) => {
    const ann = rig.sandbox.addPerson({ firstName: 'Ann' }).id
    rig.sandbox.sendText({ personId: ann, botId: rig.bot.id, text: '/id' })
    const worker = rig.spawn()
    await delay(afterMs)
    expect(rig.gateway.calls).toEqual([])
    rig.name(worker)
    await vi.waitFor(() => expect(rig.sandbox.chat(rig.bot.id, ann)).toHaveLength(2), { timeout: 20_000 })
    rig.sandbox.sendText({ personId: ann, botId: rig.bot.id, text: '/id' })
    await vi.waitFor(() => expect(rig.sandbox.chat(rig.bot.id, ann)).toHaveLength(4), { timeout: 20_000 })
    expect(rig.gateway.calls.filter((path) => path === '/v1/arrive')).toHaveLength(2)
    expect(rehearsalSockets(worker.identity.pid)).toEqual([])
    process.kill(worker.identity.pid, 'SIGTERM')
    expect(await worker.ended).toMatchObject({ exitCode: 0 })
  },
)
