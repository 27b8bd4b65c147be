/**
 * A WhatsApp bot whose lease moves from one server to another while people write to it: never two connections of its
 * device, no new link, and every message answered once.
 */
import { afterEach, expect, test } from 'vitest'
import { editInstance } from '../../services/edit-instance.ts'
import { moveInstance } from '../../services/move-instance.ts'
import { AskingPeople } from '../support/asking-people.ts'
import { freeze, processOf, thaw } from '../support/faults.ts'
import { ownerActor, type Rig } from '../support/rig.ts'
import type { SupervisorProcess } from '../support/supervisor-process.ts'
import { WhatsAppRig } from '../support/whatsapp-rig.ts'

const number = '491701234567'
/** Long enough that a busy machine renews in time. */
const settings = { LEASE_TTL_SECONDS: '6', RESTART_BUDGET: '1000' }
let shop: WhatsAppRig
let bot: string
let people: AskingPeople

afterEach(() => shop.close())

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const change = (work: Parameters<typeof shop.db.database.transaction>[0]) => shop.db.database.transaction(work)

/** Two servers; the bot runs on alpha. */
async function open(start: (rig: Rig) => Promise<unknown>, more: Record<string, string> = {}): Promise<void> {
  shop = await WhatsAppRig.open({ ...settings, ...more }, { start })
  bot = await shop.bot(number)
  people = await AskingPeople.begin(shop.fake, number, 10)
}

async function openApart(): Promise<SupervisorProcess> {
  const started: SupervisorProcess[] = []
  await open(async (rig) => started.push(await rig.startApart()))
  await shop.rig.startApart({ server: 'beta', settings: { WORKER_PORT_BASE: '27600' } })
  await change((tx) => editInstance(tx, ownerActor, { id: bot, placement: 'floating' }))
  const [alpha] = started
  if (alpha === undefined) throw new Error('no server')
  return alpha
}

const runsOn = (server: string) => shop.rig.until(bot, 'running', (view) => view.server_name === server)

/** People write all the while. */
async function underTraffic(work: () => Promise<void>): Promise<void> {
  await people.askDuring(work)
  expect(await people.settled()).toEqual({ lost: [], doubled: [] })
  for (const kind of ['registered', 'linked'] as const) expect(shop.fake.events.count(kind)).toBe(1)
  expect(shop.fake.events.count('login_refused')).toBe(0)
  expect(shop.fake.phoneOf(number).devices).toEqual([1])
}

test('moved there and back by hand', { timeout: 120_000 }, async () => {
  await open(async (rig) => {
    await rig.start()
    await rig.start({ server: 'beta' })
  })
  await underTraffic(async () => {
    for (const to of ['beta', 'alpha']) {
      await change((tx) => moveInstance(tx, ownerActor, { id: bot, to }))
      await runsOn(to)
      await sleep(1000)
    }
  })
  expect(shop.fake.mostOfOneDevice()).toBe(1)
  expect(shop.fake.events.count('logged_in')).toBe(3)
})

test('kept by its worker while its supervisor is killed and started again', { timeout: 120_000 }, async () => {
  const started: SupervisorProcess[] = []
  await open(async (rig) => started.push(await rig.startApart()), { LEASE_TTL_SECONDS: '30' })
  const { pid } = await runsOn('alpha')
  await underTraffic(async () => {
    await started[0]?.kill()
    await sleep(500)
    await shop.rig.startApart()
    await sleep(1000)
  })
  expect(await shop.rig.until(bot, 'running')).toMatchObject({ pid, epoch: 1 })
  expect(shop.fake.events.count('logged_in')).toBe(1)
})

test('taken over when its supervisor was killed, whose worker ends by itself', { timeout: 120_000 }, async () => {
  const alpha = await openApart()
  await underTraffic(async () => {
    await alpha.kill()
    await runsOn('beta')
  })
  expect(shop.fake.mostOfOneDevice()).toBe(1)
})

test('taken over when its supervisor stands still beyond its lease, and goes on then', {
  timeout: 120_000,
}, async () => {
  const alpha = await openApart()
  const stalled = processOf(alpha.pid)
  await underTraffic(async () => {
    freeze(stalled)
    await runsOn('beta')
    thaw(stalled)
    await sleep(3000)
  })
  expect(await shop.rig.show(bot)).toMatchObject({ server_name: 'beta', state: 'running', epoch: 2 })
  expect(alpha.log).toContain('lease gone')
  expect(shop.fake.mostOfOneDevice()).toBe(1)
})

test('taken over when supervisor and worker stand still, who do nothing when they go on', {
  timeout: 120_000,
}, async () => {
  const alpha = await openApart()
  const stalled = [processOf(alpha.pid), processOf((await runsOn('alpha')).pid)]
  await underTraffic(async () => {
    for (const each of stalled) freeze(each)
    // The connection of a process that stands still is open until the server ends it for the next one.
    await runsOn('beta')
    for (const each of stalled) thaw(each)
    await sleep(3000)
  })
  expect(await shop.rig.show(bot)).toMatchObject({ server_name: 'beta', state: 'running', epoch: 2 })
  expect(shop.fake.events.count('logged_in')).toBe(2)
})
