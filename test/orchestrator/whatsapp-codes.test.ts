/**
 * Every way in which WhatsApp ends a connection, with real workers under a real supervisor: what people read, what is kept,
 * and how often the server is asked again. A worker that goes on is the same process; one that ends is not started anew
 * but where the table of disconnects says so.
 */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { LinkedBots } from '../support/linked-bots.ts'

let bots: LinkedBots
let id: string
let number = 989_121_000_000
/** Connections when the test's bot had linked its device and caught up. */
let triedBefore = 0

beforeAll(async () => {
  bots = await LinkedBots.open({ WHATSAPP_VERSION_RETRY_SECONDS: '2', WHATSAPP_CONFLICT_RETRY_SECONDS: '2' })
  await bots.rig.start()
}, 60_000)
afterAll(() => bots.close())
beforeEach(async () => {
  number += 1
  id = await bots.bot(String(number))
  await bots.link(id, String(number))
  await caughtUp()
  triedBefore = bots.fake.connections.length
})

const phone = () => bots.fake.phoneOf(String(number))
const caughtUp = () => bots.fake.events.next('caught_up', (event) => event.number === String(number), 40_000)
const tried = () => bots.fake.connections.length - triedBefore
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

async function expectLinkKept(): Promise<void> {
  const { sessions, keys } = await bots.kept(id)
  expect(sessions).toBe(1)
  expect(keys).toBeGreaterThan(800)
  expect(phone().devices).toEqual([1])
  const unlinked = bots.fake.events.all.some((event) => event.kind === 'unlinked' && event.number === String(number))
  expect(unlinked).toBe(false)
}

/** It answers, and as the device that it was. */
async function expectEchoes(): Promise<void> {
  const sara = bots.fake.addPerson({ name: 'Sara' })
  await sara.write(String(number), 'still there?')
  await sara.inbox.next('message', ({ text }) => text === 'echo still there?')
}

test.for([408, 428, 500, 503, 515] as const)('%i: the same worker connects once more', async (code) => {
  const { pid } = await bots.rig.until(id, 'running')
  if (code === 428) phone().dropConnections()
  else phone().endStream(code)
  await caughtUp()
  await expectEchoes()
  expect(tried()).toBe(1)
  expect(await bots.rig.until(id, 'running')).toMatchObject({ pid, epoch: 1, restarts: 0, last_error: null })
  await expectLinkKept()
})

test('a login that breaks three times is tried a fourth time, and the reason is read meanwhile', async () => {
  const { pid } = await bots.rig.until(id, 'running')
  bots.fake.plantFault({ kind: 'drop_login', times: 3 })
  phone().dropConnections()
  const { last_error: why } = await bots.rig.until(id, 'connecting', ({ last_error }) => last_error !== null)
  expect(why).toMatch(/broke; connecting again/)
  await caughtUp()
  expect(tried()).toBe(4)
  expect(await bots.rig.until(id, 'running')).toMatchObject({ pid, epoch: 1, restarts: 0, last_error: null })
  await expectLinkKept()
})

test.for([
  [401, 'logged_out', /unlinked this device \(401\): .\/botfleet pair/],
  [403, 'restricted', /blocked this account \(403\)/],
  [411, 'restricted', /takes no linked devices \(411\)/],
] as const)('%i: its worker ends, nothing is tried again, and a person reads why', async ([code, state, words]) => {
  if (code === 401) phone().unlink()
  else phone().fail(code)
  const view = await bots.rig.until(id, state)
  expect(view.last_error).toMatch(words)
  expect(view).toMatchObject({ next_try_at: null, epoch: 1, restarts: 0 })
  await sleep(2000)
  expect(tried()).toBe(0)
  expect((await bots.rig.show(id)).epoch).toBe(1)
  if (code === 401) expect(await bots.kept(id)).toEqual({ sessions: 0, keys: 0 })
  else await expectLinkKept()
})

test('401 at a login: its worker ends as logged out, and nothing of the device is kept', async () => {
  bots.fake.plantFault({ kind: 'failure', code: 401 })
  phone().dropConnections()
  await bots.rig.until(id, 'logged_out')
  await sleep(1000)
  expect(tried()).toBe(1)
  expect(await bots.kept(id)).toEqual({ sessions: 0, keys: 0 })
})

test('419 and other refusals: the same worker waits for an hour', async () => {
  const { pid } = await bots.rig.until(id, 'running')
  phone().fail(419)
  const view = await bots.rig.until(id, 'connecting', ({ last_error }) => last_error !== null)
  expect(view).toMatchObject({ pid, epoch: 1, last_error: expect.stringContaining('trying again in 60 minutes') })
  await sleep(2000)
  expect(tried()).toBe(0)
  await expectLinkKept()
})

test('405: it is tried rarely for as long as its version is refused, and then runs by itself', async () => {
  bots.fake.requireVersion([9, 0, 0])
  phone().dropConnections()
  const view = await bots.rig.until(id, 'backoff')
  expect(view.last_error).toContain('WA_WEB_VERSION')
  expect(view.next_try_at).not.toBeNull()
  expect(tried()).toBe(1)
  await bots.rig.until(id, 'backoff', ({ epoch }) => epoch === 3)
  // One try of each worker.
  expect(tried()).toBe(3)
  expect((await bots.rig.show(id)).restarts).toBe(0)
  bots.fake.requireVersion([0, 0, 0])
  await bots.rig.until(id, 'running')
  await expectEchoes()
  await expectLinkKept()
})

test('440: it is looked at once more, and after a second one waits for a person', async () => {
  phone().endStream()
  const first = await bots.rig.until(id, 'conflict')
  expect(first.last_error).toContain('440')
  expect(first.next_try_at).not.toBeNull()
  expect(tried()).toBe(0)
  await bots.rig.until(id, 'running', ({ epoch }) => epoch === 2)
  expect(tried()).toBe(1)
  phone().endStream()
  await bots.rig.until(id, 'conflict', ({ epoch, next_try_at: next }) => epoch === 2 && next === null)
  await sleep(3500)
  expect(tried()).toBe(1)
  expect(await bots.rig.show(id)).toMatchObject({ state: 'conflict', epoch: 2, restarts: 0 })
  await expectLinkKept()
})
