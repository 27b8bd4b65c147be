/** The database's clock jumps under running servers: leases and workers go on, expiry pauses until it is confirmed. */
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { identityOf, signalProcess } from '../../runtime/process-identity.ts'
import { approveInstance } from '../../services/approve-instance.ts'
import { confirmClock } from '../../services/confirm-clock.ts'
import { editInstance } from '../../services/edit-instance.ts'
import { listServers } from '../../services/list-servers.ts'
import { readExpiryPause } from '../../services/read-expiry-pause.ts'
import { renewInstance } from '../../services/renew-instance.ts'
import { requestPairing } from '../../services/whatsapp/request-pairing.ts'
import { showPairing } from '../../services/whatsapp/show-pairing.ts'
import { ClockShift } from '../support/clock-shift.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { ownerActor, Rig } from '../support/rig.ts'

const hourMs = 3_600_000
const ttlMs = 3000
const days = (ms: number) => ms / (30 * 86_400_000)

let db: TestDatabase
let clock: ClockShift
let rig: Rig
beforeEach(async () => {
  db = await createTestDatabase()
  clock = await ClockShift.install(db)
  rig = new Rig(db, { EXPIRY_CHECK_SECONDS: '1' })
})
afterEach(async () => {
  await rig.stop()
  await clock.close()
  await db.drop()
})

/** A bot whose subscription ends after so long. */
const botEndingIn = (ms: number, server?: string) =>
  rig.approvedBot('well-behaved', { daysPerMonth: days(ms) * 30, ...(server === undefined ? {} : { server }) })

const pause = async () => (await readExpiryPause(db.database, ownerActor)).pause
const pauses = async () =>
  (await db.database.query<{ kind: string; jump_ms: number }>('select kind, jump_ms from expiry_pause')).rows
const confirm = () => db.database.transaction((tx) => confirmClock(tx, ownerActor, {}))
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

const untilPaused = () =>
  vi.waitFor(
    async () => {
      const open = await pause()
      if (open === null) throw new Error('expiry goes on')
      return open
    },
    { timeout: 10_000, interval: 30 },
  )

/** What a jump must leave alone. */
async function running(ids: readonly string[]) {
  const views = await Promise.all(ids.map((id) => rig.show(id)))
  const servers = await listServers(db.database, ownerActor)
  return {
    bots: views.map(({ id, pid, epoch, status, state }) => ({ id, pid, epoch, status, state })),
    servers: servers.map(({ name, alive, server_epoch }) => ({ name, alive, server_epoch })),
  }
}

describe.for([
  ['an hour ahead', hourMs],
  ['an hour back', -hourMs],
] as const)('a jump %s', ([, jumpMs]) => {
  test('leaves leases and workers alone, pauses expiry, and is confirmed', async () => {
    const ids = [await botEndingIn(30 * 86_400_000), await botEndingIn(hourMs / 2)]
    const [, ending] = ids as [string, string]
    await rig.start()
    for (const id of ids) await rig.until(id, 'running')
    const before = await running(ids)

    await clock.shift(jumpMs)
    const open = await untilPaused()
    expect(open.kind).toBe('jump')
    expect(Math.abs(open.jump_ms - jumpMs)).toBeLessThan(5000)
    expect(Math.abs(Date.parse(open.stands_at) - Date.now())).toBeLessThan(5000)
    expect(rig.logLines.join('')).toContain('expiry is paused; ./botfleet server confirm-clock ends that')
    await sleep(ttlMs * 1.5)
    expect(await running(ids)).toEqual(before)

    // A crash while it is paused: the worker comes back.
    const { pid } = await rig.show(ending)
    const identity = pid === null ? undefined : identityOf(pid)
    if (identity === undefined) throw new Error('it does not run')
    signalProcess(identity, 'SIGKILL')
    await rig.until(ending, 'running', ({ epoch }) => epoch === 2)

    const said = await confirm()
    expect(said.due).toEqual(jumpMs > 0 ? [ending] : [])
    if (jumpMs > 0) await rig.until(ending, 'stopped', ({ status }) => status === 'expired')
    else await sleep(1500)
    const after = await running(ids)
    expect(after.bots[0]).toEqual(before.bots[0])
    expect(after.bots[1]?.status).toBe(jumpMs > 0 ? 'expired' : 'approved')
    expect(await pauses()).toHaveLength(1)
  })
})

test('the plan that is read in the moment of the jump ends nothing, and the confirmation is heeded at once', async () => {
  // Neither a sweep nor a renewal comes in between.
  await rig.stop()
  rig = new Rig(db, { EXPIRY_CHECK_SECONDS: '600', LEASE_TTL_SECONDS: '60' })
  const id = await botEndingIn(hourMs / 2)
  await rig.start()
  await rig.until(id, 'running')
  const before = await running([id])
  await clock.shift(hourMs)
  await db.database.query(`select pg_notify('botfleet_instance', 'alpha')`)
  await untilPaused()
  await sleep(1000)
  expect(await running([id])).toEqual(before)
  expect(rig.logLines.join('')).not.toContain('ending worker')
  const confirmedAtMs = performance.now()
  await confirm()
  await rig.until(id, 'stopped', ({ status }) => status === 'expired')
  expect(performance.now() - confirmedAtMs).toBeLessThan(60_000)
})

test('time stands still while expiry is paused: what would have ended ends after the confirmation', async () => {
  const id = await botEndingIn(6000)
  await rig.start()
  const { pid } = await rig.until(id, 'running')
  await clock.shift(-hourMs)
  await untilPaused()
  await clock.shift(hourMs)
  await sleep(7000)
  expect(await rig.show(id)).toMatchObject({ status: 'approved', state: 'running', pid, epoch: 1 })
  expect((await confirm()).due).toEqual([id])
  await rig.until(id, 'stopped', ({ status }) => status === 'expired')
})

test('without a jump a subscription ends on time', async () => {
  const id = await botEndingIn(3000)
  await rig.start()
  const { expires_at } = await rig.until(id, 'running')
  await rig.until(id, 'stopped', ({ status }) => status === 'expired')
  expect(Date.now() - Date.parse(expires_at ?? '')).toBeLessThan(2000)
})

test('a jump of less than 5 minutes pauses nothing and ends no lease', async () => {
  const ids = [await botEndingIn(hourMs), await botEndingIn(180_000)]
  const [lasting, ending] = ids as [string, string]
  await rig.start()
  for (const id of ids) await rig.until(id, 'running')
  const before = await running([lasting])
  await clock.shift(240_000)
  await rig.until(ending, 'stopped', ({ status }) => status === 'expired')
  await sleep(ttlMs * 1.5)
  expect(await running([lasting])).toEqual(before)
  expect(await pauses()).toEqual([])
})

test('two servers make one pause, and one confirmation ends it for both', async () => {
  const ids = [await botEndingIn(hourMs / 2), await botEndingIn(hourMs / 2, 'beta')]
  const [alphas, betas] = ids as [string, string]
  await rig.start()
  await rig.until(alphas, 'running')
  await rig.start({ server: 'beta' })
  await rig.until(betas, 'running')
  const before = await running(ids)
  await clock.shift(hourMs)
  await vi.waitFor(
    () => {
      const said = rig.logLines.filter((line) => line.includes('jumped 1 h ahead'))
      expect(said.filter((line) => line.includes('expiry is paused;'))).toHaveLength(1)
      expect(said.filter((line) => line.includes('paused already'))).toHaveLength(1)
    },
    { timeout: 10_000, interval: 30 },
  )
  await sleep(ttlMs)
  expect(await running(ids)).toEqual(before)
  await confirm()
  for (const id of ids) await rig.until(id, 'stopped', ({ status }) => status === 'expired')
  expect(await pauses()).toHaveLength(1)
})

test('a clock that jumps hands no floating bot to another server: its own one still beats', async () => {
  const id = await botEndingIn(30 * 24 * hourMs)
  await db.database.transaction((tx) => editInstance(tx, ownerActor, { id, placement: 'floating' }))
  // The other server looks five times a second, and this one renews every four seconds.
  await rig.startApart({ settings: { LEASE_TTL_SECONDS: '12', EXPIRY_CHECK_SECONDS: '60' } })
  const before = await rig.until(id, 'running')
  await rig.startApart({ server: 'beta' })
  const beats = async () =>
    (await db.database.query<{ name: string; beat: number }>('select name, beat from server order by name')).rows.map(
      ({ beat }) => beat,
    )
  const [first = 0] = await beats()
  await vi.waitFor(async () => expect((await beats())[0]).toBeGreaterThan(first), { timeout: 10_000, interval: 20 })
  const [alpha = 0, beta = 0] = await beats()
  // Too little to pause anything; but every lease seems to have lapsed, until its holder renews it.
  await clock.shift(240_000)
  await vi.waitFor(
    async () => {
      const [alphaNow = 0, betaNow = 0] = await beats()
      expect(betaNow).toBeGreaterThan(beta + 2)
      expect(alphaNow).toBeGreaterThan(alpha)
    },
    { timeout: 20_000, interval: 20 },
  )
  expect(await rig.show(id)).toMatchObject({ server_name: 'alpha', pid: before.pid, epoch: 1, state: 'running' })
})

test('a server that starts where its host and the database differ by an hour pauses expiry, and once confirmed not again', async () => {
  const id = await botEndingIn(hourMs / 2)
  await clock.shift(hourMs)
  await rig.start()
  expect(await untilPaused()).toMatchObject({ kind: 'difference' })
  await rig.until(id, 'running')
  expect((await confirm()).due).toEqual([id])
  await rig.until(id, 'stopped', ({ status }) => status === 'expired')
  await rig.stop()
  rig = new Rig(db, { EXPIRY_CHECK_SECONDS: '1' })
  await rig.start()
  await vi.waitFor(() => expect(rig.logLines.join('')).toContain('an operator has confirmed it before'), {
    timeout: 5000,
  })
  expect(await pause()).toBeNull()
})

test.for([hourMs, -hourMs])(
  'a jump by %d ms while no supervisor runs: the next one adopts the workers, and pauses expiry',
  async (jumpMs) => {
    const ids = [await botEndingIn(30 * 86_400_000), await botEndingIn(hourMs / 2)]
    // Long enough to start a supervisor on a busy machine before the workers' deadline.
    const settings = { LEASE_TTL_SECONDS: '6' }
    const first = await rig.startApart({ settings })
    for (const id of ids) await rig.until(id, 'running')
    const before = await running(ids)
    await first.kill()
    await clock.shift(jumpMs)
    await rig.startApart({ settings })
    expect(await untilPaused()).toMatchObject({ kind: 'difference' })
    await sleep(6000)
    const after = await running(ids)
    expect(after.bots).toEqual(before.bots)
    expect(after.servers).toMatchObject([{ alive: true, server_epoch: 2 }])
  },
)

test('a request to pair ends on time when the clock goes back meanwhile, and is not looked for again and again', async () => {
  await rig.stop()
  rig = new Rig(db, { EXPIRY_CHECK_SECONDS: '600' })
  rig.whatsappBundle = join(import.meta.dirname, '..', 'fixtures', 'plain-worker.mjs')
  const { keyring } = rig
  const id = await rig.whatsappBot()
  await rig.start()
  await db.database.transaction((tx) => requestPairing(tx, ownerActor, { id, method: 'code', keyring }))
  const step = async () => (await showPairing(db.database, ownerActor, { id, keyring })).step
  await vi.waitFor(async () => expect(await step()).toBe('shown'), { timeout: 20_000 })
  await db.database.query(`update pairing set until = clock_timestamp() + interval '3 seconds'`)
  await db.database.query(`select pg_notify('botfleet_instance', 'alpha')`)
  await sleep(1000)
  // Too little to pause anything: by the database's clock there are four minutes left.
  await clock.shift(-240_000)
  await vi.waitFor(async () => expect(await step()).toBe('expired'), { timeout: 10_000 })
  await rig.until(id, 'stopped', ({ desired }) => desired === 'stopped')
  expect(await pauses()).toEqual([])
})

test('while expiry is paused no subscription is approved or renewed', async () => {
  const id = await rig.approvedBot()
  await rig.start()
  await rig.until(id, 'running')
  await clock.shift(hourMs)
  await untilPaused()
  const asked = { id, months: 1, daysPerMonth: 30, portBase: rig.settings.WORKER_PORT_BASE, portCount: 500 }
  const refusal = /renew is not possible while expiry is paused: the database's clock jumped 1 h ahead/
  await expect(db.database.transaction((tx) => renewInstance(tx, ownerActor, asked))).rejects.toThrow(refusal)
  await db.database.query(`update instance set status = 'new' where id = $1`, [id])
  const refused = db.database.transaction((tx) => approveInstance(tx, ownerActor, asked))
  await expect(refused).rejects.toMatchObject({ code: 'conflict', details: { expiry_paused: true } })
})
