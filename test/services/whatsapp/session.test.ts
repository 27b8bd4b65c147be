/** The session of a linked device: a map that only its own worker can write, and nobody can read in a dump. */
import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeKeyring } from '../../../domain/keyring.ts'
import { deleteInstance } from '../../../services/delete-instance.ts'
import { type Fence, Fenced } from '../../../services/fence.ts'
import { forgetSession } from '../../../services/whatsapp/forget-session.ts'
import { queueMessages } from '../../../services/whatsapp/queue-messages.ts'
import { readKeys } from '../../../services/whatsapp/read-keys.ts'
import { recordMessage } from '../../../services/whatsapp/record-message.ts'
import { SessionError } from '../../../services/whatsapp/session-error.ts'
import { storeSession } from '../../../services/whatsapp/store-session.ts'
import { dumpTables } from '../../support/backup.ts'
import { ownerActor } from '../../support/rig.ts'
import { Devices } from './device-fixture.ts'

let devices: Devices
beforeAll(async () => {
  devices = await Devices.open()
})
afterAll(() => devices.close())

const phone = '4915112345678'

test('a bot that was never linked has no credentials', async () => {
  expect(await devices.creds(await devices.bot())).toEqual({ creds: null, linked: false })
})

test('credentials and keys come back as they were written, and only what there is', async () => {
  const bot = await devices.bot()
  const keys = [
    { type: 'session', id: 'a', value: '{"x":1}' },
    { type: 'pre-key', id: 'a', value: 'of another type' },
    { type: 'session', id: 'b', value: '' },
  ]
  await devices.store(bot, { creds: '{"noise":"\u0000é"}', keys })
  expect(await devices.creds(bot)).toEqual({ creds: '{"noise":"\u0000é"}', linked: false })
  const { database } = devices.test
  const read = (type: string) => readKeys(database, bot, devices.keyring, { type, ids: ['a', 'b', 'c', 'a'] })
  expect(await read('session')).toEqual({ a: '{"x":1}', b: '', c: null })
  expect(await read('pre-key')).toEqual({ a: 'of another type', b: null, c: null })
})

test('a first login of 812 keys is one call', async () => {
  const bot = await devices.bot()
  const keys = Array.from({ length: 812 }, (_, at) => ({ type: 'pre-key', id: String(at), value: 'k'.repeat(150) }))
  await devices.store(bot, { creds: '{}', keys })
  const ids = keys.map(({ id }) => id)
  const values = await readKeys(devices.test.database, bot, devices.keyring, { type: 'pre-key', ids })
  expect(values).toEqual(Object.fromEntries(keys.map(({ id, value }) => [id, value])))
})

test('keys without credentials leave the credentials, and credentials leave the keys', async () => {
  const bot = await devices.bot()
  await devices.store(bot, { creds: 'first' })
  await devices.put(bot, 'a', 'x')
  await devices.store(bot, { creds: 'second' })
  expect(await devices.creds(bot)).toMatchObject({ creds: 'second' })
  expect(await devices.get(bot, 'a')).toBe('x')
})

test('a device is linked from when its worker says so until it is unlinked, and then nothing is left', async () => {
  const bot = await devices.bot()
  await devices.store(bot, { creds: 'half' })
  expect(await devices.creds(bot)).toMatchObject({ linked: false })
  await devices.store(bot, { creds: 'whole', linked: true })
  await devices.store(bot, { creds: 'later' })
  await devices.put(bot, 'a', 'x')
  expect(await devices.creds(bot)).toEqual({ creds: 'later', linked: true })
  await forgetSession(devices.test.database, bot)
  expect(await devices.creds(bot)).toEqual({ creds: null, linked: false })
  expect(await devices.get(bot, 'a')).toBeNull()
})

test('a store is all or nothing', async () => {
  const bot = await devices.bot()
  await devices.rows(`alter table whatsapp_key add constraint small check (length(sealed) < 5000)`)
  const keys = [
    { type: 'session', id: 'a', value: 'x' },
    { type: 'session', id: 'b', value: 'x'.repeat(10_000) },
  ]
  await expect(devices.store(bot, { creds: 'c', keys })).rejects.toThrow('small')
  await devices.rows('alter table whatsapp_key drop constraint small')
  expect(await devices.creds(bot)).toMatchObject({ creds: null })
  expect(await devices.get(bot, 'a')).toBeNull()
})

const change = fc.record({
  id: fc.constantFrom('a', 'b', 'c', 'd'),
  value: fc.option(fc.string({ maxLength: 8 }), { freq: 3 }),
})
/** What happens next: the worker writes, a new worker takes over, or an old one that does not know writes. */
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('write' as const), keys: fc.array(change, { maxLength: 6 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('stale' as const),
      keys: fc.array(change, { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('take_over' as const), keys: fc.array(change, { maxLength: 3 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('forget' as const), keys: fc.constant([]) }) },
)
type Change = { id: string; value: string | null }
const session = (keys: readonly Change[]) => keys.map((key) => ({ type: 'session', ...key }))

test('any sequence of stores behaves like a map, whatever stale workers write meanwhile', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
      let bot = await devices.bot()
      const before: Fence[] = []
      const map = new Map<string, string>()
      for (const { kind, keys } of steps) {
        const stale = before.map((claim) =>
          expect(devices.store(claim, { creds: 'stale', keys: session(keys) })).rejects.toThrow(Fenced),
        )
        if (kind === 'take_over') {
          // The old one writes at the very moment: it comes before the new one, or not at all.
          const [old, next] = [bot, devices.turnEpoch(bot.instanceId, bot.epoch + 1)]
          const wrote = await devices.store(old, { keys: session(keys) }).then(
            () => true,
            (error) => !(error instanceof Fenced),
          )
          if (wrote) apply(map, keys)
          before.push(old)
          bot = await next
        } else if (kind === 'forget') {
          await forgetSession(devices.test.database, bot)
          map.clear()
        } else if (kind === 'write') {
          await devices.store(bot, { keys: session(keys) })
          apply(map, keys)
        }
        await Promise.all(stale)
      }
      const { a = null, b = null, c = null, d = null } = Object.fromEntries(map)
      const ids = ['a', 'b', 'c', 'd']
      const read = await readKeys(devices.test.database, bot, devices.keyring, { type: 'session', ids })
      expect(read).toEqual({ a, b, c, d })
      expect(await devices.creds(bot)).toMatchObject({ creds: null })
    }),
    { numRuns: 60 },
  )
})

function apply(map: Map<string, string>, keys: readonly Change[]): void {
  for (const { id, value } of keys) {
    if (value === null) map.delete(id)
    else map.set(id, value)
  }
}

describe('the fence', () => {
  const calls: readonly [string, (claim: Fence) => Promise<unknown>][] = [
    ['openSession', (claim) => devices.creds(claim)],
    ['readKeys', (claim) => devices.get(claim, 'a')],
    ['storeSession', (claim) => devices.store(claim, { creds: 'stolen', keys: session([{ id: 'a', value: null }]) })],
    ['forgetSession', (claim) => forgetSession(devices.test.database, claim)],
  ]

  test.for(calls)('%s of a stale epoch or nonce does nothing', async ([, call]) => {
    const bot = await devices.bot()
    await devices.store(bot, { creds: 'c', keys: session([{ id: 'a', value: 'x' }]) })
    await expect(call({ ...bot, epoch: 2 })).rejects.toThrow(Fenced)
    await expect(call({ ...bot, nonce: 'guessed' })).rejects.toThrow(Fenced)
    expect(await devices.creds(bot)).toMatchObject({ creds: 'c' })
    expect(await devices.get(bot, 'a')).toBe('x')
  })

  const waiting = () =>
    expect
      .poll(() =>
        devices.rows(`select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`),
      )
      .toHaveLength(1)

  test('a write that waited for a new epoch is fenced', async () => {
    const bot = await devices.bot()
    let wrote: Promise<unknown> | undefined
    await devices.test.database.transaction(async (tx) => {
      await tx.query(`update instance_lease set epoch = 4, nonce = 'n4' where instance_id = $1`, [bot.instanceId])
      wrote = devices.put(bot, 'a', 'late').catch((error: unknown) => error)
      await waiting()
    })
    expect(await wrote).toBeInstanceOf(Fenced)
    expect(await devices.get(await devices.turnEpoch(bot.instanceId, 5), 'a')).toBeNull()
  })

  test('a new epoch waits for the write that is under way, and reads it', async () => {
    const bot = await devices.bot()
    let turned: Promise<Fence> | undefined
    await devices.test.database.transaction(async (tx) => {
      const keys = session([{ id: 'a', value: 'in time' }])
      await storeSession(tx, bot, devices.keyring, { creds: null, linked: false, keys })
      turned = devices.turnEpoch(bot.instanceId, 4)
      await waiting()
    })
    const next = await turned
    expect(next === undefined ? null : await devices.get(next, 'a')).toBe('in time')
  })

  test('a bot that nobody has approved keeps a session only while it is being paired', async () => {
    const bot = await devices.bot()
    const set = (assignment: string) =>
      devices.rows(`update instance set ${assignment} where id = $1`, [bot.instanceId])
    await set(`status = 'new', approved_at = null, expires_at = null`)
    await expect(devices.put(bot, 'a', 'x')).rejects.toMatchObject({ code: 'unavailable' })
    await devices.rows(
      `insert into pairing (instance_id, method, requested_by, until) values ($1, 'code', 'test', now() + interval '3 min')`,
      [bot.instanceId],
    )
    await set(`desired = 'pairing'`)
    await devices.put(bot, 'a', 'x')
    const message = { updateKey: `wa:${'k'.repeat(43)}`, body: 'hello' }
    await expect(recordMessage(devices.test.database, bot, devices.keyring, message)).rejects.toThrow(Fenced)
    await set(`status = 'suspended'`)
    await expect(devices.put(bot, 'a', 'y')).rejects.toMatchObject({ code: 'unavailable' })
  })

  test('where only the clock speaks against it, a worker is told to wait', async () => {
    const bot = await devices.bot()
    await devices.rows(`update instance set expires_at = now() - interval '1 second' where id = $1`, [bot.instanceId])
    await expect(devices.put(bot, 'a', 'x')).rejects.toMatchObject({ code: 'unavailable' })
  })
})

describe('what does not open is an error, and is not written over', () => {
  const broken = async (claim: Fence) => {
    await expect(devices.get(claim, 'a')).rejects.toThrow(SessionError)
  }
  const box = async (claim: Fence) => {
    const [row] = await devices.rows<{ sealed: string }>('select sealed from whatsapp_key where instance_id = $1', [
      claim.instanceId,
    ])
    return row?.sealed ?? ''
  }
  const overwrite = (claim: Fence, sealed: string) =>
    devices.rows('update whatsapp_key set sealed = $2 where instance_id = $1', [claim.instanceId, sealed])

  test('a row of another instance', async () => {
    const [one, other] = [await devices.bot(), await devices.bot()]
    await devices.put(one, 'a', 'mine')
    await devices.put(other, 'a', 'theirs')
    await overwrite(one, await box(other))
    await broken(one)
  })

  test('a row of another instance, moved with its id', async () => {
    const [one, other] = [await devices.bot(), await devices.bot()]
    await devices.put(other, 'a', 'theirs')
    await devices.rows('update whatsapp_key set instance_id = $2 where instance_id = $1', [
      other.instanceId,
      one.instanceId,
    ])
    // By its blinded id it is not even found.
    expect(await devices.get(one, 'a')).toBeNull()
    await devices.put(one, 'a', 'mine')
    await devices.rows(
      `update whatsapp_key k set sealed = (select sealed from whatsapp_key o where o.instance_id = k.instance_id and o.id <> k.id)
       where instance_id = $1`,
      [one.instanceId],
    )
    await broken(one)
  })

  test('a row of another key of the same bot', async () => {
    const bot = await devices.bot()
    await devices.put(bot, 'a', 'x')
    await devices.put(bot, 'b', 'y')
    await devices.rows(
      `update whatsapp_key k set sealed = (select sealed from whatsapp_key o where o.instance_id = k.instance_id and o.id <> k.id)
       where instance_id = $1`,
      [bot.instanceId],
    )
    await broken(bot)
  })

  test('credentials of another bot, and a key in place of credentials', async () => {
    const [one, other] = [await devices.bot(), await devices.bot()]
    await devices.store(one, { creds: 'mine', keys: session([{ id: 'a', value: 'x' }]) })
    await devices.store(other, { creds: 'theirs' })
    for (const source of ['whatsapp_session', 'whatsapp_key']) {
      const from = source === 'whatsapp_session' ? other : one
      await devices.rows(
        `update whatsapp_session set sealed = (select sealed from ${source} where instance_id = $2) where instance_id = $1`,
        [one.instanceId, from.instanceId],
      )
      await expect(devices.creds(one)).rejects.toThrow(SessionError)
    }
  })

  test('a single altered character, wherever it is', async () => {
    const bot = await devices.bot()
    await devices.put(bot, 'a', 'x')
    const whole = await box(bot)
    for (let at = 0; at < whole.length; at += 1) {
      const other = whole[at] === 'A' ? 'Q' : 'A'
      await overwrite(bot, whole.slice(0, at) + other + whole.slice(at + 1))
      await broken(bot)
    }
    await overwrite(bot, whole)
    expect(await devices.get(bot, 'a')).toBe('x')
  })

  test('a version that is not known here, and a box cut short', async () => {
    const bot = await devices.bot()
    await devices.put(bot, 'a', 'x')
    const whole = await box(bot)
    for (const sealed of [whole.replace('v1.', 'v2.'), whole.slice(0, 25), '', 'x']) {
      await overwrite(bot, sealed)
      await broken(bot)
      expect(await box(bot)).toBe(sealed)
    }
  })

  test('a key that this server does not have', async () => {
    const bot = await devices.bot()
    await devices.store(bot, { creds: 'c' })
    await expect(devices.creds(bot, makeKeyring([randomBytes(32)]))).rejects.toThrow(SessionError)
  })
})

test('a dump holds no phone number and no word of a session, of the inbox, or of what was sent', async () => {
  const own = await Devices.open()
  try {
    const bot = await own.bot()
    const jid = `${phone}@s.whatsapp.net`
    await own.store(bot, {
      creds: `{"me":"${jid}","secret":"treasure"}`,
      keys: [
        { type: 'session', id: `${phone}.0`, value: `treasure of ${jid}` },
        { type: 'pre-key', id: '1', value: 'treasure' },
      ],
    })
    const { database } = own.test
    await recordMessage(database, bot, own.keyring, { updateKey: `wa:${'k'.repeat(43)}`, body: `treasure from ${jid}` })
    await queueMessages(database, bot, own.keyring, { messages: [{ chat: jid, id: `${phone}-1`, body: 'treasure' }] })
    const dump = JSON.stringify(await dumpTables(database))
    for (const plain of [phone, 'treasure']) {
      for (const shape of [plain, Buffer.from(plain).toString('hex'), Buffer.from(plain).toString('base64url')]) {
        expect(dump).not.toContain(shape)
      }
    }
    // The dump is of the rows: what is not secret stands in it.
    expect(dump).toContain(bot.instanceId)
  } finally {
    await own.close()
  }
})

test('the same id is blinded otherwise for each bot, and boxes of the same words differ', async () => {
  const [one, other] = [await devices.bot(), await devices.bot()]
  for (const bot of [one, other]) await devices.put(bot, phone, 'same')
  const rows = await devices.rows<{ id: Buffer; sealed: string }>(
    'select id, sealed from whatsapp_key where instance_id = any($1)',
    [[one.instanceId, other.instanceId]],
  )
  expect(new Set(rows.map(({ id }) => id.toString('hex'))).size).toBe(2)
  expect(new Set(rows.map(({ sealed }) => sealed)).size).toBe(2)
})

test('a bot that is deleted leaves nothing of its device, and nothing of any message', async () => {
  const [bot, other] = [await devices.bot(), await devices.bot()]
  const { database } = devices.test
  for (const each of [bot, other]) {
    await devices.store(each, { creds: 'c', keys: session([{ id: 'a', value: 'x' }]) })
    await recordMessage(database, each, devices.keyring, { updateKey: `wa:${'k'.repeat(43)}`, body: 'b' })
    await queueMessages(database, each, devices.keyring, { messages: [{ chat: 'c', id: 'm', body: 'b' }] })
  }
  await devices.rows(`update instance set status = 'expired', desired = 'stopped' where id = $1`, [bot.instanceId])
  await database.transaction((tx) => deleteInstance(tx, ownerActor, { id: bot.instanceId }))
  const left = async ({ instanceId }: Fence) => {
    const tables = ['whatsapp_session', 'whatsapp_key', 'whatsapp_message', 'handled_update']
    const found = tables.map((table) => devices.rows(`select from ${table} where instance_id = $1`, [instanceId]))
    return (await Promise.all(found)).map((rows) => rows.length)
  }
  expect(await left(bot)).toEqual([0, 0, 0, 0])
  expect(await left(other)).toEqual([1, 1, 1, 1])
})
