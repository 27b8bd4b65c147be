/** WhatsApp bots from their first code to the end, with real workers under a real supervisor. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { deleteInstance } from '../../services/delete-instance.ts'
import { expireInstance } from '../../services/expire-instance.ts'
import { renewInstance } from '../../services/renew-instance.ts'
import { restartInstance } from '../../services/restart-instance.ts'
import { startInstance } from '../../services/start-instance.ts'
import { stopInstance } from '../../services/stop-instance.ts'
import { freeze, isGone, kill, thaw } from '../support/faults.ts'
import { LinkedBots } from '../support/linked-bots.ts'
import { ownerActor } from '../support/rig.ts'

let bots: LinkedBots
const number = '989121234567'

beforeEach(async () => {
  bots = await LinkedBots.open()
})
afterEach(() => bots.close())

const unlinkedByCompanion = () =>
  bots.fake.events.all.filter((event) => event.kind === 'unlinked' && event.by === 'companion').length

/** Kills a bot's worker, and waits until another one runs. */
async function killAndWait(id: string): Promise<void> {
  const { pid: before } = await bots.rig.show(id)
  await kill(await bots.workerOf(id))
  await bots.rig.until(id, 'running', ({ pid }) => pid !== null && pid !== before)
}

async function echoes(text: string): Promise<void> {
  const sara = bots.fake.addPerson({ name: 'Sara' })
  await sara.write(number, text)
  await sara.inbox.next('message', (message) => message.text === `echo ${text}`, 20_000)
}

test('a bot is linked by code, echoes, and a kill -9 later it is back with the login it had', async () => {
  const id = await bots.bot(number)
  await bots.rig.start()
  await bots.link(id, number)
  expect((await bots.pairing(id)).linked).toBe(true)
  await echoes('one')
  await killAndWait(id)
  await echoes('two')
  expect(bots.fake.events.count('linked')).toBe(1)
  expect(bots.fake.events.count('login_refused')).toBe(0)
  expect(bots.fake.mostOfOneDevice()).toBe(1)
}, 60_000)

test('a bot that nobody has approved is linked by QR code, stops then, and runs when it is approved', async () => {
  const id = await bots.bot(number, { approved: false })
  await bots.rig.start()
  await bots.request(id, 'qr')
  expect(await bots.fake.phoneOf(number).scan(await bots.shown(id))).toBe('linked')
  await bots.rig.until(id, 'stopped')
  expect((await bots.pairing(id)).step).toBe('linked')
  expect(bots.fake.phoneOf(number).devices).toEqual([1])
  expect(bots.fake.phoneOf(number).connected).toEqual([])
}, 60_000)

test('killed in each phase of being linked, a bot begins anew, and is linked once', async () => {
  const id = await bots.bot(number)
  await bots.rig.start()
  await bots.request(id)
  // Asked, and not answered yet.
  await bots.rig.until(id, 'pairing')
  await kill(await bots.workerOf(id))
  const first = await bots.shown(id)
  // Shown, and not entered yet.
  await kill(await bots.workerOf(id))
  await bots.rig.until(id, 'pairing', ({ epoch }) => epoch === 3)
  const second = await bots.shown(id, first)
  expect(await bots.fake.phoneOf(number).enterCode(first)).not.toBe('linked')
  expect(await bots.fake.phoneOf(number).enterCode(second)).toBe('linked')
  // Linked, and not logged in yet, or just so.
  await bots.fake.events.next('linked')
  await kill(await bots.workerOf(id))
  await bots.rig.until(id, 'running')
  await echoes('hello')
  expect(bots.fake.events.count('linked')).toBe(1)
  expect(bots.fake.events.count('login_refused')).toBe(0)
}, 90_000)

test('kills during a login and under traffic lose no login, and never make two of one device', async () => {
  const id = await bots.linkedBotStarted(number)
  for (let time = 0; time < 4; time += 1) {
    await kill(await bots.workerOf(id))
    if (time % 2 === 0) {
      await bots.fake.events.next('logged_in', undefined, 20_000)
      await vi.waitFor(async () => kill(await bots.workerOf(id)), { timeout: 10_000 })
    }
    await bots.rig.until(id, 'running')
    await echoes(`time ${time}`)
  }
  expect(bots.fake.events.count('linked')).toBe(1)
  expect(bots.fake.events.count('registered')).toBe(1)
  expect(bots.fake.mostOfOneDevice()).toBe(1)
}, 120_000)

test('a bot that is unlinked on the phone is logged out, keeps nothing, and can be linked again', async () => {
  const id = await bots.linkedBotStarted(number)
  expect(await bots.kept(id)).toMatchObject({ sessions: 1 })
  bots.fake.phoneOf(number).unlink()
  const { last_error: reason } = await bots.rig.until(id, 'logged_out')
  expect(reason).toContain('./botfleet pair')
  expect(await bots.kept(id)).toEqual({ sessions: 0, keys: 0 })
  await bots.link(id, number)
  await echoes('again')
  expect(bots.fake.events.count('linked')).toBe(2)
}, 60_000)

test.for(['whatsapp_session', 'whatsapp_key'] as const)(
  'what does not open any more in %s stops the bot, is not written over, and once it opens again the device is the same',
  { timeout: 60_000 },
  async (table) => {
    const id = await bots.linkedBotStarted(number)
    await echoes('before')
    const { database } = bots.db
    await database.transaction((tx) => stopInstance(tx, ownerActor, { id }))
    await bots.rig.until(id, 'stopped')
    const spoil = () => database.query(`update ${table} set sealed = reverse(sealed)`)
    const { rowCount: spoilt } = await spoil()
    const sara = bots.fake.addPerson({ name: 'Sara' })
    await sara.write(number, 'meanwhile')
    await database.transaction((tx) => startInstance(tx, ownerActor, { id }))
    const { last_error: reason } = await bots.rig.until(id, 'session_error')
    expect(reason).toMatch(/does not open|cannot be read|sealed/)
    // All as it was: as many rows, and each opens when it is turned round once more.
    expect((await spoil()).rowCount).toBe(spoilt)
    await database.transaction((tx) => restartInstance(tx, ownerActor, { id }))
    await bots.rig.until(id, 'running')
    await sara.inbox.next('message', ({ text }) => text === 'echo meanwhile')
    expect(bots.fake.events.count('registered')).toBe(1)
    expect(bots.fake.phoneOf(number).devices).toEqual([1])
  },
)

test.for(['whatsapp_session', 'whatsapp_key'])(
  'a row of %s that does not open stops the bot with the reason, is never replaced, and it runs when that is put right',
  { timeout: 60_000 },
  async (table) => {
    const id = await bots.linkedBotStarted(number)
    const { database } = bots.db
    await database.transaction((tx) => stopInstance(tx, ownerActor, { id }))
    await bots.rig.until(id, 'stopped')
    await database.query(`create table before_that as select * from ${table}`)
    await database.query(`update ${table} set sealed = (select sealed from whatsapp_key order by id limit 1)`)
    const rows = async () => (await database.query(`select t::text from ${table} t order by 1`)).rows
    const spoiled = await rows()
    await database.transaction((tx) => startInstance(tx, ownerActor, { id }))
    const { last_error: reason } = await bots.rig.until(id, 'session_error')
    expect(reason).toMatch(/does not open|cannot be opened/)
    expect(await rows()).toEqual(spoiled)
    expect(bots.fake.events.count('registered')).toBe(1)
    expect(bots.fake.phoneOf(number).devices).toEqual([1])
    const key = table === 'whatsapp_key' ? 'now.id = was.id' : 'now.instance_id = was.instance_id'
    await database.query(`update ${table} now set sealed = was.sealed from before_that was where ${key}`)
    await database.transaction((tx) => restartInstance(tx, ownerActor, { id }))
    await bots.rig.until(id, 'running')
    await echoes('as before')
    expect(bots.fake.events.count('linked')).toBe(1)
  },
)

test('a stop, an expiry and a renewal leave the device linked; a deletion unlinks it', async () => {
  const id = await bots.linkedBotStarted(number)
  const change = (work: Parameters<typeof bots.db.database.transaction>[0]) => bots.db.database.transaction(work)
  await change((tx) => stopInstance(tx, ownerActor, { id }))
  await bots.rig.until(id, 'stopped')
  expect(bots.fake.phoneOf(number).connected).toEqual([])
  await change((tx) => startInstance(tx, ownerActor, { id }))
  await bots.rig.until(id, 'running')
  await change((tx) => expireInstance(tx, ownerActor, { id }))
  await bots.rig.until(id, 'stopped')
  expect(unlinkedByCompanion()).toBe(0)
  const { WORKER_PORT_BASE: portBase } = bots.rig.settings
  await change((tx) => renewInstance(tx, ownerActor, { id, months: 1, daysPerMonth: 30, portBase, portCount: 500 }))
  await bots.rig.until(id, 'running')
  expect(bots.fake.phoneOf(number).devices).toEqual([1])
  await change((tx) => deleteInstance(tx, ownerActor, { id }))
  await vi.waitFor(() => expect(bots.fake.phoneOf(number).devices).toEqual([]), { timeout: 20_000 })
  await vi.waitFor(async () => expect(await bots.kept(id)).toEqual({ sessions: 0, keys: 0 }), { timeout: 20_000 })
  expect(unlinkedByCompanion()).toBe(1)
}, 90_000)

test('a bot that is deleted while it connects connects, unlinks its device, and leaves nothing', async () => {
  await bots.close()
  bots = await LinkedBots.open({ GRACE_SECONDS: '20' })
  const id = await bots.linkedBotStarted(number)
  await bots.fake.goAway()
  await bots.rig.until(id, 'connecting')
  const worker = await bots.workerOf(id)
  await bots.db.database.transaction((tx) => deleteInstance(tx, ownerActor, { id }))
  await bots.rig.until(id, 'stopping')
  await bots.fake.comeBack()
  await vi.waitFor(() => expect(bots.fake.phoneOf(number).devices).toEqual([]), { timeout: 20_000 })
  expect(unlinkedByCompanion()).toBe(1)
  await vi.waitFor(() => expect(isGone(worker)).toBe(true), { timeout: 20_000 })
  await bots.rig.until(id, 'stopped')
  await vi.waitFor(async () => expect(await bots.kept(id)).toEqual({ sessions: 0, keys: 0 }), { timeout: 20_000 })
}, 60_000)

test('a worker that was frozen past its deadline takes nothing that came meanwhile', async () => {
  const id = await bots.linkedBotStarted(number)
  const worker = await bots.workerOf(id)
  freeze(worker)
  const sara = bots.fake.addPerson({ name: 'Sara' })
  await sara.write(number, 'while it slept')
  await bots.rig.until(id, 'running', ({ pid }) => pid !== worker.pid)
  thaw(worker)
  await sara.inbox.next('message', ({ text }) => text === 'echo while it slept', 20_000)
  expect(bots.fake.mostOfOneDevice()).toBe(1)
}, 60_000)

test('a code that is refused is told as refused, with the reason', async () => {
  const id = await bots.bot(number)
  await bots.rig.start()
  bots.fake.plantFault({ kind: 'refuse_code', code: 429 })
  await bots.request(id)
  await vi.waitFor(async () => expect((await bots.pairing(id)).step).toBe('refused'), { timeout: 20_000 })
  expect(await bots.pairing(id)).toMatchObject({
    code: null,
    refusal: 429,
    reason: expect.stringContaining('too often'),
  })
}, 60_000)
