/** The operations on instances against a real database. */
import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Tx } from '../../db/transaction.ts'
import type { Actor } from '../../domain/actor.ts'
import { Failure } from '../../domain/failure.ts'
import type { InstanceView, Status } from '../../domain/instance.ts'
import { makeKeyring } from '../../domain/keyring.ts'
import { activateInstance } from '../../services/activate-instance.ts'
import { approveInstance } from '../../services/approve-instance.ts'
import { listAudit } from '../../services/audit/list-audit.ts'
import { createInstance } from '../../services/create-instance.ts'
import { deleteInstance } from '../../services/delete-instance.ts'
import { editInstance } from '../../services/edit-instance.ts'
import { ensureMasterBot } from '../../services/ensure-master-bot.ts'
import { expireDue } from '../../services/expire-due.ts'
import { expireInstance } from '../../services/expire-instance.ts'
import { listInstanceEvents } from '../../services/list-instance-events.ts'
import { listInstances } from '../../services/list-instances.ts'
import { readCredential } from '../../services/read-credential.ts'
import { renewInstance } from '../../services/renew-instance.ts'
import { restartInstance } from '../../services/restart-instance.ts'
import { rotateKeys } from '../../services/rotate-keys.ts'
import { setToken } from '../../services/set-token.ts'
import { showInstance } from '../../services/show-instance.ts'
import { startInstance } from '../../services/start-instance.ts'
import { stopInstance } from '../../services/stop-instance.ts'
import { suspendInstance } from '../../services/suspend-instance.ts'
import { sweepRetention } from '../../services/sweep-retention.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { ownerActor } from '../support/rig.ts'

const keyring = makeKeyring([randomBytes(32)])
const period = { daysPerMonth: 30, portBase: 4001, portCount: 200 }
const dayMs = 86_400_000
let db: TestDatabase
let nextBot = 100_000
beforeAll(async () => {
  db = await createTestDatabase()
})
afterAll(() => db.drop())

type Service<I, R> = (tx: Tx, actor: Actor, input: I) => Promise<R>
const run = <I, R>(service: Service<I, R>, input: NoInfer<I>, actor = ownerActor) =>
  db.database.transaction((tx) => service(tx, actor, input))
const show = (id: string) => showInstance(db.database, ownerActor, { id })

async function create(more: Partial<Parameters<typeof createInstance>[2]> = {}): Promise<InstanceView> {
  nextBot += 1
  return run(createInstance, {
    platform: 'telegram',
    name: 'Bot',
    server: 'alpha',
    token: `${nextBot}:fake-token-for-tests`,
    keyring,
    ...more,
  })
}
async function approved(months = 1): Promise<InstanceView> {
  const { id } = await create()
  return run(approveInstance, { id, months, ...period })
}
const endsInDays = (view: InstanceView) => (Date.parse(view.expires_at ?? '') - Date.now()) / dayMs

describe('the life of a subscription', () => {
  test('approving gives months of thirty days, a port and a wish to run, and twice is refused with the way out', async () => {
    const view = await approved(3)
    expect(view).toMatchObject({ status: 'approved', desired: 'running', duration_months: 3 })
    expect(view.port).toBeGreaterThanOrEqual(4001)
    expect(endsInDays(view)).toBeCloseTo(90, 2)
    await expect(run(approveInstance, { id: view.id, months: 1, ...period })).rejects.toThrow(/is approved; .*renew/)
  })

  test('renewing early loses nothing, and renewing late counts from now and runs again', async () => {
    const view = await approved(1)
    expect(endsInDays(await run(renewInstance, { id: view.id, months: 2, ...period }))).toBeCloseTo(90, 2)
    await run(expireInstance, { id: view.id })
    await run(stopInstance, { id: view.id })
    const renewed = await run(renewInstance, { id: view.id, months: 1, ...period })
    expect(renewed).toMatchObject({ status: 'approved', desired: 'running' })
    expect(endsInDays(renewed)).toBeCloseTo(30, 2)
    const { rows } = await db.database.query<{ kind: string }>(
      'select kind from subscription_period where instance_id = $1 order by id',
      [view.id],
    )
    expect(rows.map(({ kind }) => kind)).toEqual(['approve', 'renew', 'renew'])
  })

  test('a day has 24 hours also where the clocks of the database change', async () => {
    const { id } = await create()
    const ends = await db.database.transaction(async (tx) => {
      await tx.query(`set local timezone = 'Europe/Berlin'`)
      const first = await approveInstance(tx, ownerActor, { id, months: 6, ...period })
      const second = await renewInstance(tx, ownerActor, { id, months: 6, ...period })
      return [first.approved_at, first.expires_at, second.expires_at].map((iso) => Date.parse(iso ?? ''))
    })
    expect(ends.map((end) => (end - (ends[0] ?? 0)) / dayMs)).toEqual([0, 180, 360])
  })

  test('a suspended bot whose time runs out meanwhile is expired when the suspension is lifted', async () => {
    const { id } = await approved()
    await run(suspendInstance, { id, reason: 'unpaid' })
    await db.database.query(`update instance set expires_at = now() - interval '1 second' where id = $1`, [id])
    expect((await run(activateInstance, { id })).status).toBe('expired')
  })

  test('due bots of any server are swept, once, also by several sweeps at the same time', async () => {
    const due = await Promise.all([approved(), approved(), approved()])
    const ids = due.map(({ id }) => id)
    await db.database.query(`insert into server (name) values ('dead') on conflict do nothing`)
    await db.database.query(
      `update instance set expires_at = now() - interval '1 second', server_name = 'dead' where id = any($1)`,
      [ids],
    )
    const swept = (await Promise.all([1, 2, 3].map(() => run(expireDue, {})))).flatMap(({ ids: flipped }) => flipped)
    expect(swept.sort()).toEqual(ids.sort())
  })

  test('a bot that has expired is not started, and the refusal says renew', async () => {
    const { id } = await approved()
    await run(expireInstance, { id })
    await expect(run(startInstance, { id })).rejects.toThrow(/is expired; .*renew/)
    await expect(run(restartInstance, { id })).rejects.toMatchObject({ code: 'conflict' })
  })

  test('any sequence of commands leaves the status that the table of transitions says', async () => {
    const commands = [
      'approve',
      'renew',
      'expire',
      'suspend',
      'activate',
      'stop',
      'start',
      'restart',
      'delete',
    ] as const
    const next: Record<(typeof commands)[number], Partial<Record<Status, Status>>> = {
      approve: { new: 'approved' },
      renew: { approved: 'approved', expired: 'approved' },
      expire: { approved: 'expired' },
      suspend: { new: 'suspended', approved: 'suspended', expired: 'suspended' },
      activate: { suspended: 'approved' },
      stop: { new: 'new', approved: 'approved', expired: 'expired', suspended: 'suspended' },
      start: { approved: 'approved' },
      restart: { approved: 'approved' },
      delete: { new: 'deleted', approved: 'deleted', expired: 'deleted', suspended: 'deleted' },
    }
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...commands), { maxLength: 12 }), async (sequence) => {
        const { id } = await create()
        let status: Status = 'new'
        for (const command of sequence) {
          const before = await show(id)
          const outcome = await carryOut(command, id).then(
            () => 'done',
            (error: unknown) => (error instanceof Failure ? error.code : error),
          )
          let expected: Status | undefined = next[command][status]
          if (command === 'activate' && status === 'suspended') {
            expected =
              before.expires_at === null ? 'new' : Date.parse(before.expires_at) > Date.now() ? 'approved' : 'expired'
          }
          expect(outcome, `${command} of ${status}`).toBe(expected === undefined ? 'conflict' : 'done')
          status = expected ?? status
          expect((await show(id)).status).toBe(status)
        }
      }),
      { numRuns: 40 },
    )
  })
})

function carryOut(command: string, id: string): Promise<unknown> {
  switch (command) {
    case 'approve':
      return run(approveInstance, { id, months: 1, ...period, portCount: 20_000 })
    case 'renew':
      return run(renewInstance, { id, months: 1, ...period, portCount: 20_000 })
    case 'expire':
      return run(expireInstance, { id })
    case 'suspend':
      return run(suspendInstance, { id, reason: 'x' })
    case 'activate':
      return run(activateInstance, { id })
    case 'stop':
      return run(stopInstance, { id })
    case 'start':
      return run(startInstance, { id })
    case 'restart':
      return run(restartInstance, { id })
    default:
      return run(deleteInstance, { id })
  }
}

describe('many at once', () => {
  test('twenty approvals of one bot have one effect', async () => {
    const { id } = await create()
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, () => run(approveInstance, { id, months: 1, ...period })),
    )
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const { rowCount } = await db.database.query('select 1 from subscription_period where instance_id = $1', [id])
    expect(rowCount).toBe(1)
  })

  test('one bot registered ten times at once is registered once, whatever its token text', async () => {
    nextBot += 1
    const botId = nextBot
    const outcomes = await Promise.allSettled(
      Array.from({ length: 10 }, (_, index) => create({ token: `${botId}:fake-token-for-tests-${index}` })),
    )
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  test('bots approved at the same time get ports of their own, and a range that is full is said', async () => {
    const bots = await Promise.all([1, 2, 3, 4].map(() => create({ server: 'narrow' })))
    const range = { ...period, portBase: 6000, portCount: 3 }
    const outcomes = await Promise.allSettled(bots.map(({ id }) => run(approveInstance, { id, months: 1, ...range })))
    const ports = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value.port] : []))
    expect(ports.sort((one, two) => (one ?? 0) - (two ?? 0))).toEqual([6000, 6001, 6002])
    expect(
      outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [String(outcome.reason)] : [])).join(),
    ).toMatch(/no port is free on narrow/)
  })

  test('the master bot is made once by several servers, and a second one is refused', async () => {
    const token = '99001:fake-token-for-tests'
    const made = await Promise.all([1, 2, 3].map(() => run(ensureMasterBot, { token, server: 'alpha', keyring })))
    expect(made.filter(({ changed }) => changed)).toHaveLength(1)
    await expect(
      run(ensureMasterBot, { token: '99002:fake-token-for-tests', server: 'alpha', keyring }),
    ).rejects.toThrow(/is the master bot already/)
  })
})

describe('what stays and what goes', () => {
  test('deleting erases the credential, frees the bot id and the port, and keeps the history', async () => {
    const view = await approved()
    const deleted = await run(deleteInstance, { id: view.id })
    expect(deleted).toMatchObject({ status: 'deleted', desired: 'stopped', bot_id: null, port: null })
    expect(await readCredential(db.database, keyring, { instanceId: view.id, kind: 'telegram_token' })).toBeUndefined()
    const again = await create({ token: `${view.bot_id ?? ''}:fake-token-for-tests` })
    expect(again.bot_id).toBe(view.bot_id)
    expect((await listInstanceEvents(db.database, ownerActor, { id: view.id })).length).toBeGreaterThan(2)
    expect((await listAudit(db.database, ownerActor, { target: view.id })).map(({ action }) => action)).toEqual([
      'instance.delete',
      'instance.approve',
      'instance.create',
    ])
    await expect(run(deleteInstance, { id: view.id })).rejects.toThrow(/is deleted/)
  })

  test('every change leaves one audit row that says who and from where, and an event that says who', async () => {
    const actor: Actor = { ...ownerActor, name: 'user:ann', source: 'api:test' }
    const { id, bot_id: botId } = await run(
      createInstance,
      { platform: 'telegram', name: 'B', server: 'alpha', token: `${(nextBot += 1)}:fake-token-for-tests`, keyring },
      actor,
    )
    await run(editInstance, { id, name: 'C', rateLimitRps: 2 }, actor)
    await run(approveInstance, { id, months: 1, ...period }, actor)
    await run(renewInstance, { id, months: 1, ...period }, actor)
    await run(stopInstance, { id }, actor)
    await run(stopInstance, { id }, actor)
    await run(startInstance, { id }, actor)
    await run(restartInstance, { id }, actor)
    await run(setToken, { id, token: `${botId ?? ''}:another-fake-token`, keyring }, actor)
    await run(suspendInstance, { id, reason: 'x' }, actor)
    await run(activateInstance, { id }, actor)
    await run(expireInstance, { id }, actor)
    const rows = await listAudit(db.database, ownerActor, { target: id })
    expect(rows.map(({ action }) => action).reverse()).toEqual(
      [
        'create',
        'edit',
        'approve',
        'renew',
        'stop',
        'start',
        'restart',
        'set_token',
        'suspend',
        'activate',
        'expire',
      ].map((verb) => `instance.${verb}`),
    )
    for (const row of rows) expect([row.actor, row.source]).toEqual(['user:ann', 'api:test'])
    const events = await listInstanceEvents(db.database, ownerActor, { id, limit: 100 })
    for (const event of events.filter(({ kind }) => kind !== 'state')) expect(event.details).toEqual({ by: 'user:ann' })
  })

  test('history cannot be changed, not even by hand', async () => {
    for (const statement of [
      `update audit_log set actor = 'x'`,
      'delete from audit_log',
      'truncate audit_log',
      'delete from subscription_period',
      'delete from instance_lease',
    ]) {
      await expect(db.database.query(statement), statement).rejects.toThrow(/append-only/)
    }
  })

  test('retention takes events, samples and handled updates, and leaves the audit', async () => {
    const { id } = await approved()
    await db.database.query(`update instance_event set at = now() - interval '100 days' where instance_id = $1`, [id])
    await db.database.query(
      `insert into handled_update (instance_id, key, at, outcome) values ($1, 'old', now() - interval '10 days', 'null'), ($1, 'new', now(), 'null')`,
      [id],
    )
    await db.database.transaction((tx) =>
      sweepRetention(tx, { eventDays: 90, sampleHours: 48, handledUpdateHours: 192 }),
    )
    expect(await listInstanceEvents(db.database, ownerActor, { id })).toEqual([])
    expect((await db.database.query('select key from handled_update where instance_id = $1', [id])).rows).toEqual([
      { key: 'new' },
    ])
    expect(await listAudit(db.database, ownerActor, { target: id })).toHaveLength(2)
  })
})

describe('credentials', () => {
  test('a token of another bot is refused, one of the same bot replaces the old', async () => {
    const view = await approved()
    await expect(run(setToken, { id: view.id, token: '5:fake-token-for-tests', keyring })).rejects.toThrow(
      /not a Telegram token/,
    )
    await expect(run(setToken, { id: view.id, token: '55555:fake-token-for-tests', keyring })).rejects.toThrow(
      /belongs to the bot 55555/,
    )
    await run(setToken, { id: view.id, token: `${view.bot_id ?? ''}:a-new-fake-token`, keyring })
    expect(await readCredential(db.database, keyring, { instanceId: view.id, kind: 'telegram_token' })).toBe(
      `${view.bot_id ?? ''}:a-new-fake-token`,
    )
  })

  test('a rotation goes on where it stopped, and every box opens before, between and after', async () => {
    const views = await Promise.all([create(), create(), create()])
    const fresh = makeKeyring([randomBytes(32), ...keyring.keys.values()])
    const readAll = () =>
      Promise.all(views.map(({ id }) => readCredential(db.database, fresh, { instanceId: id, kind: 'telegram_token' })))
    const before = await readAll()
    const first = await run(rotateKeys, { keyring: fresh, batchSize: 1, after: 0 })
    expect(first.credentials).toBe(1)
    expect(await readAll()).toEqual(before)
    for (let after = first.next; after !== undefined; ) {
      after = (await run(rotateKeys, { keyring: fresh, batchSize: 5, after })).next
    }
    expect(await readAll()).toEqual(before)
    const onlyNew = makeKeyring([[...fresh.keys.values()][0] ?? Buffer.alloc(0)])
    expect(await readCredential(db.database, onlyNew, { instanceId: views[0]?.id ?? '', kind: 'telegram_token' })).toBe(
      before[0],
    )
    const { rows } = await db.database.query<{ key_id: string }>(
      'select key_id from key_fingerprint where retired_at is null',
    )
    expect(rows).toEqual([{ key_id: onlyNew.activeKeyId }])
  })
})

test('an agent sees and moves its own bots only, and another tenant’s look as if they were not there', async () => {
  const agent: Actor = { name: 'user:ada', userId: null, role: 'agent', tenant: 'agent:ada', source: 'test' }
  const own = await create({ tenant: 'agent:ada' })
  const foreign = await create()
  expect((await listInstances(db.database, agent, {})).map(({ id }) => id)).toEqual([own.id])
  expect((await listInstances(db.database, agent, { tenant: 'master' })).map(({ id }) => id)).toEqual([own.id])
  await expect(showInstance(db.database, agent, { id: foreign.id })).rejects.toMatchObject({ code: 'not_found' })
  await expect(run(stopInstance, { id: foreign.id }, agent)).rejects.toMatchObject({ code: 'not_found' })
  await expect(run(approveInstance, { id: own.id, months: 1, ...period }, agent)).rejects.toMatchObject({
    code: 'not_allowed',
  })
  await run(stopInstance, { id: own.id }, agent)
})

test('the words of the seeds filter the list', async () => {
  const [one, two, three] = await Promise.all([approved(), approved(), create()])
  await run(stopInstance, { id: two.id })
  const ids = async (status: string) => (await listInstances(db.database, ownerActor, { status })).map(({ id }) => id)
  expect(await ids('active')).toContain(one.id)
  expect(await ids('paused')).toContain(two.id)
  expect(await ids('pending')).toContain(three.id)
  expect(await ids('active')).not.toContain(two.id)
  await expect(ids('nonsense')).rejects.toMatchObject({ code: 'usage' })
})

test('a row with a word that this program does not know is refused clearly', async () => {
  const { id } = await create()
  await db.database.transaction(async (tx) => {
    await tx.query('alter table instance drop constraint instance_state_check')
    await tx.query(`update instance set state = 'from_the_future' where id = $1`, [id])
    await expect(showInstance(tx, ownerActor, { id })).rejects.toThrow(
      /unknown state 'from_the_future'.*newer botfleet/,
    )
    await tx.query(`update instance set state = 'stopped' where id = $1`, [id])
  })
})
