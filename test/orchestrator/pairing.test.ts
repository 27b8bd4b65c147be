/** Linking a WhatsApp bot to its phone: by real worker processes, under a real supervisor. */
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { PairingMethod, PairingView } from '../../domain/pairing.ts'
import { approveInstance } from '../../services/approve-instance.ts'
import { deleteInstance } from '../../services/delete-instance.ts'
import { expireInstance } from '../../services/expire-instance.ts'
import { restartInstance } from '../../services/restart-instance.ts'
import { stopInstance } from '../../services/stop-instance.ts'
import { suspendInstance } from '../../services/suspend-instance.ts'
import { requestPairing } from '../../services/whatsapp/request-pairing.ts'
import { showPairing } from '../../services/whatsapp/show-pairing.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { isGone, processOf } from '../support/faults.ts'
import { ownerActor, Rig } from '../support/rig.ts'

const plainWorker = join(import.meta.dirname, '..', 'fixtures', 'plain-worker.mjs')

let db: TestDatabase
let rig: Rig
beforeEach(async () => {
  db = await createTestDatabase()
  rig = makeRig()
})
afterEach(async () => {
  await rig.stop()
  await db.drop()
})

function makeRig(settings: Record<string, string> = {}): Rig {
  const made = new Rig(db, settings)
  made.whatsappBundle = plainWorker
  return made
}

const ask = (id: string, method: PairingMethod = 'code', more: { again?: boolean; newDevice?: boolean } = {}) =>
  db.database.transaction((tx) => requestPairing(tx, ownerActor, { id, method, keyring: rig.keyring, ...more }))
const look = (id: string) => showPairing(db.database, ownerActor, { id, keyring: rig.keyring })

async function untilStep(id: string, step: PairingView['step']): Promise<PairingView> {
  return vi.waitFor(
    async () => {
      const view = await look(id)
      if (view.step !== step) throw new Error(`the request is ${view.step}`)
      return view
    },
    { timeout: 30_000, interval: 30 },
  )
}

/** The phone, at the worker's port. */
async function phone(id: string, path: '/enter' | '/unlink' | '/arrive'): Promise<void> {
  const { port } = await rig.show(id)
  await fetch(`http://127.0.0.1:${port}${path}`)
}

const lines = (id: string, msg: string) => rig.workerLines(id).filter((line) => line['msg'] === msg)
const eventsOf = async (id: string) =>
  (
    await db.database.query<{ to_value: string }>(
      `select to_value from instance_event where instance_id = $1 and kind = 'pairing' order by id`,
      [id],
    )
  ).rows.map((row) => row.to_value)

/** Moves a request's end, as if time had passed. */
const endsIn = (id: string, interval: string) =>
  db.database.query(`update pairing set until = clock_timestamp() + $2::interval where instance_id = $1`, [
    id,
    interval,
  ])

test('a new bot is paired by a worker that only pairs, and stops when it is linked; its link is kept', async () => {
  const id = await rig.whatsappBot()
  await rig.start()
  await ask(id)
  const shown = await untilStep(id, 'shown')
  expect(shown).toMatchObject({ code: 'CODE-0001', linked: false, phone_number: expect.stringMatching(/^\+49/) })
  const pairing = await rig.until(id, 'pairing')
  const worker = processOf(pairing.pid)
  expect(pairing.status).toBe('new')
  await phone(id, '/enter')
  await untilStep(id, 'linked')
  const after = await rig.until(id, 'stopped')
  expect(after).toMatchObject({ status: 'new', desired: 'stopped', last_error: null })
  expect(isGone(worker)).toBe(true)
  expect(lines(id, 'stored late')).toMatchObject([{ status: 200 }])
  expect(lines(id, 'drained').every((line) => line['unlink'] === false)).toBe(true)
  expect(await look(id)).toMatchObject({ linked: true, code: null })
  expect(await eventsOf(id)).toEqual(['requested', 'asked', 'shown', 'linked'])
  const { rows } = await db.database.query('select sealed, key_id from pairing')
  expect(rows).toEqual([{ sealed: null, key_id: null }])
})

test('a bot that only pairs handles no message', async () => {
  const id = await rig.whatsappBot()
  await rig.start()
  await ask(id)
  await untilStep(id, 'shown')
  await phone(id, '/arrive')
  await vi.waitFor(() => expect(lines(id, 'arrived')).toMatchObject([{ status: 409, code: 'fenced' }]))
})

test('an approved bot without a link waits for one, runs no worker, and goes on to run when it is paired', async () => {
  const id = await rig.whatsappBot('well-behaved', { approved: true })
  await rig.start()
  const unlinked = await rig.until(id, 'logged_out')
  expect(unlinked.last_error).toContain(`./botfleet pair ${id}`)
  expect(unlinked.epoch).toBe(0)
  await ask(id, 'qr')
  expect(await untilStep(id, 'shown')).toMatchObject({ qr: '2@ref-1,noise,identity,adv', code: null })
  await phone(id, '/enter')
  const running = await rig.until(id, 'running')
  expect(running).toMatchObject({ epoch: 1, desired: 'running' })
  await phone(id, '/unlink')
  const out = await rig.until(id, 'logged_out')
  expect(out).toMatchObject({ last_error: 'unlinked on the phone', desired: 'running' })
  expect((await look(id)).linked).toBe(false)
})

test('a restart of what is not linked is not tried again and again', async () => {
  const id = await rig.whatsappBot('well-behaved', { approved: true })
  await rig.start()
  await rig.until(id, 'logged_out')
  await db.database.transaction((tx) => restartInstance(tx, ownerActor, { id }))
  await new Promise((resolve) => setTimeout(resolve, 2500))
  const { rows } = await db.database.query<{ count: number }>(
    `select count(*)::int as count from instance_event where instance_id = $1 and to_value = 'starting'`,
    [id],
  )
  expect(rows[0]?.count).toBeLessThanOrEqual(2)
})

test('approved while it pairs, it goes on with its request and runs when that is linked', async () => {
  const id = await rig.whatsappBot()
  await rig.start()
  await ask(id)
  await untilStep(id, 'shown')
  await db.database.transaction((tx) =>
    approveInstance(tx, ownerActor, {
      id,
      months: 1,
      daysPerMonth: 30,
      portBase: rig.settings.WORKER_PORT_BASE,
      portCount: 500,
    }),
  )
  await vi.waitFor(async () => expect((await look(id)).code).toBe('CODE-0002'), { timeout: 20_000 })
  await phone(id, '/enter')
  await rig.until(id, 'running', ({ epoch }) => epoch === 2)
})

test('a new bot that nobody links has no worker past the end of its request', async () => {
  const id = await rig.whatsappBot()
  await rig.start()
  await ask(id)
  await endsIn(id, '4 seconds')
  const worker = processOf((await rig.until(id, 'pairing')).pid)
  await untilStep(id, 'expired')
  await rig.until(id, 'stopped', ({ desired }) => desired === 'stopped')
  expect(isGone(worker)).toBe(true)
  for (const line of lines(id, 'granted')) expect(line['grantMs']).toBeLessThanOrEqual(180_000)
})

test('a server that starts again during a pairing starts no unapproved bot past its request', async () => {
  const [over, open] = [await rig.whatsappBot(), await rig.whatsappBot()]
  await rig.start()
  await ask(over)
  await ask(open)
  await untilStep(over, 'shown')
  await untilStep(open, 'shown')
  await rig.stop()
  await endsIn(over, '-1 second')
  rig = makeRig()
  await rig.start()
  await vi.waitFor(async () => expect((await rig.show(open)).epoch).toBe(2), { timeout: 20_000 })
  expect((await untilStep(open, 'shown')).code).toBe('CODE-0002')
  await untilStep(over, 'expired')
  expect((await rig.until(over, 'stopped', ({ desired }) => desired === 'stopped')).epoch).toBe(1)
})

test('a worker that dies between code and acceptance is followed by one with a code of its own', async () => {
  const id = await rig.whatsappBot()
  await rig.start()
  await ask(id)
  await untilStep(id, 'shown')
  process.kill((await rig.until(id, 'pairing')).pid ?? 0, 'SIGKILL')
  await vi.waitFor(async () => expect((await look(id)).code).toBe('CODE-0002'), { timeout: 20_000 })
  expect(await eventsOf(id)).toEqual(['requested', 'asked', 'shown', 'requested', 'asked', 'shown'])
})

test('a refusal is told with its reason, and nothing is asked before WhatsApp allows it', async () => {
  const id = await rig.whatsappBot('refused-429')
  await rig.start()
  await ask(id)
  const refused = await untilStep(id, 'refused')
  expect(refused).toMatchObject({ reason: 'rate-overlimit', refusal: 429, code: null })
  expect(Date.parse(refused.retry_at ?? '')).toBeGreaterThan(Date.now() + 600_000)
  await rig.until(id, 'stopped', ({ desired }) => desired === 'stopped')
  await expect(ask(id)).rejects.toMatchObject({ code: 'too_many_attempts', details: { because: 'cool_down' } })
})

test('a running bot whose code runs out is logged out and waits for a person', async () => {
  const id = await rig.whatsappBot('expires', { approved: true })
  await rig.start()
  await rig.until(id, 'logged_out')
  await ask(id)
  await untilStep(id, 'expired')
  await rig.until(id, 'logged_out', ({ last_error: why }) => why === 'nobody entered the code')
})

test('what is stopped, suspended or expired while it pairs stops, and is never unlinked', async () => {
  const bots = await Promise.all([rig.whatsappBot(), rig.whatsappBot()])
  const [stopped, suspended] = bots
  const expired = await rig.whatsappBot('well-behaved', { approved: true, linked: true })
  await rig.start()
  for (const id of bots) await ask(id)
  for (const id of bots) await untilStep(id, 'shown')
  await rig.until(expired, 'running')
  await db.database.transaction(async (tx) => {
    await stopInstance(tx, ownerActor, { id: stopped })
    await suspendInstance(tx, ownerActor, { id: suspended, reason: 'unpaid' })
    await expireInstance(tx, ownerActor, { id: expired })
  })
  for (const id of [...bots, expired]) {
    await rig.until(id, 'stopped', ({ desired, status }) => desired === 'stopped' || status === 'expired')
    expect(lines(id, 'drained').some((line) => line['unlink'] === true)).toBe(false)
  }
  for (const id of bots) expect((await look(id)).step).toBe('cancelled')
  expect((await look(expired)).linked).toBe(true)
})

test('a deleted bot logs its device out before it ends, and nothing of its session is left', async () => {
  const id = await rig.whatsappBot('well-behaved', { approved: true, linked: true })
  await rig.start()
  const worker = processOf((await rig.until(id, 'running')).pid)
  await db.database.transaction((tx) => deleteInstance(tx, ownerActor, { id }))
  await vi.waitFor(() => expect(isGone(worker)).toBe(true), { timeout: 20_000 })
  expect(lines(id, 'drained')).toMatchObject([{ unlink: true }])
  expect(lines(id, 'logged out')).toMatchObject([{ status: 200 }])
  expect(lines(id, 'draining')).toEqual([])
  await rig.until(id, 'stopped')
  const { rows } = await db.database.query('select from whatsapp_session')
  expect(rows).toEqual([])
})

test('a new request replaces the open one, and the code of before is not shown any more', async () => {
  const id = await rig.whatsappBot()
  await rig.start()
  const first = await ask(id)
  await untilStep(id, 'shown')
  expect((await ask(id)).requested_at).toBe(first.requested_at)
  expect(await ask(id, 'code', { again: true })).toMatchObject({ step: 'requested', code: null })
  await vi.waitFor(async () => expect((await look(id)).code).toBe('CODE-0002'), { timeout: 20_000 })
})
