/** Requests to pair on a real database: what may follow what, whatever comes in which order. */
import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Actor } from '../../../domain/actor.ts'
import { makeKeyring } from '../../../domain/keyring.ts'
import { isOpen, pairingLastsMs, pairingSteps, stepFollows } from '../../../domain/pairing.ts'
import type { PairingNews } from '../../../domain/pairing-calls.ts'
import { activateInstance } from '../../../services/activate-instance.ts'
import { approveInstance } from '../../../services/approve-instance.ts'
import { claimInstance } from '../../../services/claim-instance.ts'
import { deleteInstance } from '../../../services/delete-instance.ts'
import { editInstance } from '../../../services/edit-instance.ts'
import { fence } from '../../../services/fence.ts'
import { readServerPlan } from '../../../services/read-server-plan.ts'
import { settleRestoredFleet } from '../../../services/settle-restored-fleet.ts'
import { startInstance } from '../../../services/start-instance.ts'
import { stopInstance } from '../../../services/stop-instance.ts'
import { suspendInstance } from '../../../services/suspend-instance.ts'
import { endDuePairings } from '../../../services/whatsapp/end-due-pairings.ts'
import { recordPairingStep } from '../../../services/whatsapp/record-pairing-step.ts'
import { requestPairing } from '../../../services/whatsapp/request-pairing.ts'
import { showPairing } from '../../../services/whatsapp/show-pairing.ts'
import { storeSession } from '../../../services/whatsapp/store-session.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'

const keyring = makeKeyring([randomBytes(32)])
const owner: Actor = { name: 'cli:test@here', userId: null, role: 'owner', tenant: null, source: 'test' }
const id = 'bot-wa'

let db: TestDatabase
beforeEach(async () => {
  db = await createTestDatabase()
  await db.database.query(
    `insert into server (name, server_epoch, holder, lease_until) values ('alpha', 1, 'us', now() + interval '1 hour')`,
  )
  await insertBot()
})
afterEach(() => db.drop())

async function insertBot(): Promise<void> {
  await db.database.query(
    `insert into instance (id, tenant_id, platform, name, phone_number, server_name, created_by)
     values ($1, 'master', 'whatsapp', 'WA', '+491701234567', 'alpha', 'test')`,
    [id],
  )
}

const sql = (text: string, values: unknown[] = [id]) => db.database.query(text, values)
const ask = (method: 'code' | 'qr' = 'code', again = false) =>
  db.database.transaction((tx) => requestPairing(tx, owner, { id, method, keyring, again }))
const look = () => showPairing(db.database, owner, { id, keyring })
const claim = () =>
  db.database.transaction((tx) =>
    claimInstance(tx, { instanceId: id, server: 'alpha', serverEpoch: 1, process: 'b/1/2/3', port: 4001 }),
  )
const release = () => sql(`update instance_lease set phase = 'idle' where instance_id = $1`)
const approve = () =>
  db.database.transaction((tx) =>
    approveInstance(tx, owner, { id, months: 1, daysPerMonth: 30, portBase: 4001, portCount: 10 }),
  )
const readBot = async () =>
  (
    await db.database.query<{ status: string; desired: string; restart_requested: number; left_ms: number | null }>(
      `select status, desired, restart_requested, run_left_ms(i) as left_ms from instance i where id = $1`,
      [id],
    )
  ).rows[0]
/** Moves everything about requests into the past. */
const wait = (ms: number) =>
  sql(
    `update pairing set until = until - $2 * interval '1 millisecond',
       requested_at = requested_at - $2 * interval '1 millisecond',
       expires_at = expires_at - $2 * interval '1 millisecond',
       not_before = not_before - $2 * interval '1 millisecond' where instance_id = $1`,
    [id, ms],
  )

test('the database and the domain know the same steps, and which follows which', async () => {
  for (const was of pairingSteps) {
    for (const becomes of pairingSteps) {
      const { rows } = await sql('select step_follows($1, $2) as follows, is_open_step($1) as open', [was, becomes])
      expect(rows, `${was} ${becomes}`).toEqual([{ follows: stepFollows(was, becomes), open: isOpen(was) }])
    }
  }
})

test('a step that does not follow is refused, whoever writes it', async () => {
  await ask()
  await sql(`update pairing set step = 'cancelled' where instance_id = $1`)
  await expect(sql(`update pairing set step = 'requested' where instance_id = $1`)).rejects.toMatchObject({
    code: '23001',
  })
})

test('a request of a new bot gives it three minutes and no more', async () => {
  expect(await claim()).toBeUndefined()
  expect((await readBot())?.left_ms).toBeNull()
  await ask()
  const bot = await readBot()
  expect(bot).toMatchObject({ status: 'new', desired: 'pairing' })
  expect(bot?.left_ms).toBeLessThanOrEqual(pairingLastsMs)
  expect(bot?.left_ms).toBeGreaterThan(pairingLastsMs - 20_000)
  const { instances } = await readServerPlan(db.database, 'alpha')
  expect(instances[0]?.expiresInMs).toBeLessThanOrEqual(pairingLastsMs)
  const claimed = await claim()
  expect(claimed).toMatchObject({
    isLinked: false,
    phoneNumber: '+491701234567',
    pairing: { method: 'code', only: true },
  })
  await release()
  await wait(pairingLastsMs)
  expect(await claim()).toBeUndefined()
})

test('a running bot keeps its wish and is started anew, a stopped one is wished to pair', async () => {
  await approve()
  const before = await readBot()
  await ask()
  const running = await readBot()
  expect(running?.desired).toBe('running')
  expect(running?.restart_requested).toBe((before?.restart_requested ?? 0) + 1)
  expect(running?.left_ms).toBeGreaterThan(29 * 86_400_000)
  expect((await claim())?.pairing).toMatchObject({ only: false })
  await release()
  await db.database.transaction((tx) => stopInstance(tx, owner, { id }))
  expect((await look()).step).toBe('cancelled')
  await ask()
  expect(await readBot()).toMatchObject({ desired: 'pairing' })
  expect((await readBot())?.left_ms).toBeLessThanOrEqual(pairingLastsMs)
  expect((await claim())?.pairing).toMatchObject({ only: true })
})

test('started while it only pairs, it runs, and its request goes on', async () => {
  await approve()
  await db.database.transaction((tx) => stopInstance(tx, owner, { id }))
  await ask()
  await db.database.transaction((tx) => startInstance(tx, owner, { id }))
  expect((await claim())?.pairing).toMatchObject({ only: false })
})

test('business is refused to a worker that only pairs, and what keeps its device is not', async () => {
  await ask()
  const claimed = await claim()
  const fenceOf = { instanceId: id, epoch: claimed?.epoch ?? 0, nonce: claimed?.nonce ?? '' }
  const store = () => storeSession(db.database, fenceOf, keyring, { creds: '{}', linked: true, keys: [] })
  const passes = () => db.database.transaction((tx) => fence(tx, fenceOf))
  expect(await passes()).toBeUndefined()
  await store()
  // Linked, and its end not begun: what it writes now is its link.
  await recordPairingStep(db.database, fenceOf, keyring, {
    number: claimed?.pairing?.number ?? 0,
    news: { step: 'linked' },
  })
  expect(await readBot()).toMatchObject({ desired: 'stopped' })
  await store()
  await sql(`update instance set state = 'stopping' where id = $1`)
  await store()
  expect(await passes()).toBeUndefined()
  await sql(`update instance set state = 'stopped' where id = $1`)
  // Its request's time is not over, and nobody wishes it to pair any more.
  await release()
  expect(await claim()).toBeUndefined()
  await sql(`update instance_lease set phase = 'held' where instance_id = $1`)
  await wait(pairingLastsMs)
  await expect(store()).rejects.toMatchObject({ code: 'unavailable' })
  await expect(
    storeSession(db.database, { ...fenceOf, epoch: fenceOf.epoch + 1 }, keyring, {
      creds: '{}',
      linked: true,
      keys: [],
    }),
  ).rejects.toThrow('no longer holds')
})

test('a code is sealed, shown to who may pair, and gone when it is used, over or replaced', async () => {
  await ask()
  const claimed = await claim()
  const fenceOf = { instanceId: id, epoch: claimed?.epoch ?? 0, nonce: claimed?.nonce ?? '' }
  const number = claimed?.pairing?.number ?? 0
  const tell = (news: PairingNews, of = number) =>
    recordPairingStep(db.database, fenceOf, keyring, { number: of, news })
  expect(await tell({ step: 'asked' })).toEqual({ open: true })
  expect(await tell({ step: 'code', code: 'SECRET23', ageMs: 1000, forMs: 60_000 })).toEqual({ open: true })
  const shown = await look()
  expect(shown).toMatchObject({ step: 'shown', code: 'SECR-ET23' })
  expect(Date.parse(shown.expires_at ?? '') - Date.parse(shown.issued_at ?? '')).toBeCloseTo(61_000, -3)
  expect((await showPairing(db.database, { ...owner, role: 'viewer' }, { id, keyring })).code).toBeNull()
  const { rows } = await sql(
    'select p::text as row, e.details::text from pairing p, instance_event e where e.instance_id = $1',
  )
  expect(JSON.stringify(rows)).not.toContain('SECRET23')
  await wait(61_000)
  expect(await look()).toMatchObject({ step: 'shown', code: null })
  expect(await tell({ step: 'linked' }, number + 1)).toEqual({ open: false })
  expect((await ask('qr')).step).toBe('requested')
  expect(await tell({ step: 'linked' })).toEqual({ open: false })
  expect((await look()).step).toBe('requested')
})

test('an open request past its end is over for everybody, and the sweep says so once', async () => {
  await ask()
  await wait(pairingLastsMs)
  expect((await look()).step).toBe('expired')
  const sweep = () => db.database.transaction((tx) => endDuePairings(tx))
  expect(await sweep()).toEqual([id])
  expect(await sweep()).toEqual([])
  expect(await readBot()).toMatchObject({ desired: 'stopped' })
})

test('what was linked at the last moment is not called expired', async () => {
  await ask()
  await sql(`insert into whatsapp_session (instance_id, key_id, sealed, linked_at) values ($1, 'k', 'v1.box', now())`)
  await wait(pairingLastsMs)
  await db.database.transaction((tx) => endDuePairings(tx))
  expect((await look()).step).toBe('linked')
})

test('what is linked is not paired again, nor given another number, unless its device is dropped', async () => {
  await sql(`insert into whatsapp_session (instance_id, key_id, sealed, linked_at) values ($1, 'k', 'v1.box', now())`)
  await expect(ask()).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('linked to its phone'),
  })
  const edit = db.database.transaction((tx) => editInstance(tx, owner, { id, phone: '+491700000000' }))
  await expect(edit).rejects.toMatchObject({ code: 'conflict' })
  const anew = () =>
    db.database.transaction((tx) => requestPairing(tx, owner, { id, method: 'code', keyring, newDevice: true }))
  await sql(`update instance_lease set phase = 'held' where instance_id = $1`)
  await expect(anew()).rejects.toMatchObject({ code: 'conflict' })
  await release()
  expect(await anew()).toMatchObject({ step: 'requested', linked: false })
})

test('a Telegram bot is not paired', async () => {
  await sql(`update instance set platform = 'telegram' where id = $1`)
  await expect(ask()).rejects.toMatchObject({ code: 'usage', exitCode: 2 })
})

test('a restored fleet pairs nothing by itself', async () => {
  await ask()
  await db.database.transaction((tx) => settleRestoredFleet(tx, owner, { takenAt: 'then', server: 'alpha' }))
  expect(await readBot()).toMatchObject({ desired: 'stopped' })
  expect((await look()).step).toBe('cancelled')
})

test('each request is audited by who made it, and each step leaves an event', async () => {
  await ask()
  await db.database.transaction((tx) => stopInstance(tx, owner, { id }))
  const { rows: audit } = await sql(
    `select actor, details from audit_log where target_id = $1 and action = 'instance.pair'`,
  )
  expect(audit).toMatchObject([{ actor: owner.name, details: { method: 'code' } }])
  const { rows: events } = await sql(`select from_value, to_value from instance_event where instance_id = $1
    and kind = 'pairing' order by id`)
  expect(events).toEqual([
    { from_value: null, to_value: 'requested' },
    { from_value: 'requested', to_value: 'cancelled' },
  ])
})

test('of many who ask at the same moment one request comes', async () => {
  const views = await Promise.all(Array.from({ length: 8 }, () => ask()))
  expect(new Set(views.map((view) => view.requested_at)).size).toBe(1)
  const { rows } = await sql('select id from pairing where instance_id = $1')
  expect(rows).toHaveLength(1)
})

/** One thing that somebody does; what is refused is refused. */
const acts = {
  ask: () => ask(),
  askQr: () => ask('qr'),
  askAgain: () => ask('code', true),
  approve,
  start: () => db.database.transaction((tx) => startInstance(tx, owner, { id })),
  stop: () => db.database.transaction((tx) => stopInstance(tx, owner, { id })),
  suspend: () => db.database.transaction((tx) => suspendInstance(tx, owner, { id, reason: 'x' })),
  activate: () => db.database.transaction((tx) => activateInstance(tx, owner, { id })),
  erase: () => db.database.transaction((tx) => deleteInstance(tx, owner, { id })),
  sweep: () => db.database.transaction((tx) => endDuePairings(tx)),
  claim,
  release,
  minute: () => wait(60_000),
  hour: () => wait(3_600_000),
} as const
type Act = keyof typeof acts
const news: PairingNews[] = [
  { step: 'asked' },
  { step: 'code', code: 'ABCD2345', ageMs: 0, forMs: 60_000 },
  { step: 'refused', code: 400, reason: 'x' },
  { step: 'refused', code: 429, reason: 'x' },
  { step: 'expired', reason: 'x' },
  { step: 'linked' },
]

async function tellAll(step: PairingNews): Promise<void> {
  const { rows } = await db.database.query<{ epoch: number; nonce: string | null; number: number | null }>(
    `select l.epoch, l.nonce, (select max(p.id) from pairing p where p.instance_id = $1) as number
     from instance_lease l where instance_id = $1`,
    [id],
  )
  const { epoch = 0, nonce, number } = rows[0] ?? {}
  const claimed = { instanceId: id, epoch, nonce: nonce ?? '' }
  await recordPairingStep(db.database, claimed, keyring, { number: number ?? 1, news: step })
}

/** What holds after anything. */
async function assertSound(trail: string): Promise<void> {
  const { rows } = await db.database.query<Record<string, boolean>>(
    `select count(*) filter (where is_open_step(p.step)) <= 1 as "one is open at most",
       bool_and((p.sealed is not null) = (p.step = 'shown')) is not false as "only what is shown has a code",
       bool_and(not is_open_step(p.step) or i.status in ('new', 'approved')) is not false as "only who may pair does",
       bool_and(not is_open_step(p.step) or i.desired <> 'stopped') is not false as "nobody who is to stop pairs",
       bool_and(i.status <> 'new' or i.desired <> 'running') is not false as "a new one does not run",
       count(*) filter (where p.requested_at > clock_timestamp() - interval '1 hour') <= 5 as "five an hour"
     from instance i left join pairing p on p.instance_id = i.id where i.id = $1 group by i.id`,
    [id],
  )
  for (const [rule, holds] of Object.entries(rows[0] ?? {})) expect(holds, `${rule} after ${trail}`).toBe(true)
  const bot = await readBot()
  if (bot?.status === 'new') expect(bot.left_ms ?? 0, trail).toBeLessThanOrEqual(pairingLastsMs)
}

test('whatever is done in whatever order, what must hold does', { timeout: 120_000 }, async () => {
  const step = fc.oneof(
    fc.constantFrom(...(Object.keys(acts) as Act[])),
    fc.nat({ max: news.length - 1 }),
    fc.constantFrom<Act>('ask', 'claim', 'askAgain'),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
      await sql('delete from pairing where instance_id = $1')
      await sql(`update instance set status = 'new', desired = 'stopped', state = 'stopped', expires_at = null,
        approved_at = null, deleted_at = null, phone_number = '+491701234567' where id = $1`)
      await release()
      const trail: string[] = []
      for (const one of steps) {
        const said = typeof one === 'number' ? news[one] : undefined
        trail.push(said?.step ?? String(one))
        const done = said === undefined ? acts[one as Act]() : tellAll(said)
        await done.catch((error: unknown) => {
          if (!(error instanceof Error) || !['Failure', 'Fenced'].includes(error.name)) throw error
        })
        await assertSound(trail.join(' '))
      }
    }),
    { numRuns: 60 },
  )
})
