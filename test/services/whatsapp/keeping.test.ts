/** What WhatsApp bots keep, while keys are changed, rows are swept, and the database goes through a backup. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadSnapshot } from '../../../db/load-snapshot.ts'
import { type Keyring, makeKeyring } from '../../../domain/keyring.ts'
import { openBackupFile } from '../../../runtime/backup-file.ts'
import { countOldSeals } from '../../../services/count-old-seals.ts'
import type { Fence } from '../../../services/fence.ts'
import { listKeyFingerprints } from '../../../services/list-key-fingerprints.ts'
import { type RotationStep, rotateKeys } from '../../../services/rotate-keys.ts'
import { settleTurn } from '../../../services/settle-turn.ts'
import { sweepRetention } from '../../../services/sweep-retention.ts'
import { listPending } from '../../../services/whatsapp/list-pending.ts'
import { queueMessages } from '../../../services/whatsapp/queue-messages.ts'
import { readKeys } from '../../../services/whatsapp/read-keys.ts'
import { readSentBody } from '../../../services/whatsapp/read-sent-body.ts'
import { recordMessage } from '../../../services/whatsapp/record-message.ts'
import { storeSession } from '../../../services/whatsapp/store-session.ts'
import { backupKeyring, never, writeBackupOf } from '../../support/backup.ts'
import { createTestDatabase } from '../../support/database.ts'
import { ownerActor } from '../../support/rig.ts'
import { Devices } from './device-fixture.ts'

let devices: Devices
let bot: Fence
beforeEach(async () => {
  devices = await Devices.open()
  await devices.rows('insert into key_fingerprint (key_id) values ($1)', [devices.keyring.activeKeyId])
  bot = await devices.bot()
})
afterEach(() => devices.close())

const updateKey = `wa:${'k'.repeat(43)}`

/** Something in each of the tables. */
async function fill(claim: Fence): Promise<void> {
  const { database } = devices.test
  const keys = Array.from({ length: 25 }, (_, at) => ({ type: 'session', id: String(at), value: `value ${at}` }))
  await devices.store(claim, { creds: 'creds', linked: true, keys })
  await recordMessage(database, claim, devices.keyring, { updateKey, body: 'arrived' })
  await queueMessages(database, claim, devices.keyring, { messages: [{ chat: 'c', id: 'm', body: 'sent' }] })
}

async function expectAll(claim: Fence, keyring: Keyring, database = devices.test.database): Promise<void> {
  expect(await devices.creds(claim, keyring)).toEqual({ creds: 'creds', linked: true })
  const ids = Array.from({ length: 25 }, (_, at) => String(at))
  const values = await readKeys(database, claim, keyring, { type: 'session', ids })
  expect(values).toEqual(Object.fromEntries(ids.map((id) => [id, `value ${id}`])))
  expect(await listPending(database, claim, keyring)).toEqual({
    arrived: [{ updateKey, body: 'arrived' }],
    queued: [{ chat: 'c', id: 'm', body: 'sent' }],
    more: false,
  })
  expect(await readSentBody(database, claim, keyring, { chats: ['c'], id: 'm' })).toBe('sent')
}

async function rotate(keyring: Keyring, batchSize = 10): Promise<number> {
  let sealed = 0
  for (let after: number | undefined = 0; after !== undefined; ) {
    const input: { keyring: Keyring; batchSize: number; after: number } = { keyring, batchSize, after }
    const step: RotationStep = await devices.test.database.transaction((tx) => rotateKeys(tx, ownerActor, input))
    sealed += step.whatsapp
    after = step.next
  }
  return sealed
}

const withNewKey = (keyring: Keyring) => makeKeyring([randomBytes(32), ...keyring.keys.values()])
const onlyActive = (keyring: Keyring) => makeKeyring([keyring.keys.get(keyring.activeKeyId) ?? Buffer.alloc(0)])

test('a rotation seals all of it anew, and the old key is not needed any more', async () => {
  await fill(bot)
  const fresh = withNewKey(devices.keyring)
  const old = () => countOldSeals(devices.test.database, ownerActor, { keyId: fresh.activeKeyId })
  expect(await old()).toMatchObject({ whatsapp: 28 })
  expect(await rotate(fresh)).toBe(28)
  expect(await old()).toMatchObject({ whatsapp: 0 })
  expect(await listKeyFingerprints(devices.test.database)).toEqual([fresh.activeKeyId])
  await expectAll(bot, onlyActive(fresh))
  // Ids are blinded as before: what is written again is the same row.
  await storeSession(devices.test.database, bot, fresh, {
    creds: null,
    linked: false,
    keys: [{ type: 'session', id: '0', value: 'value 0' }],
  })
  expect(await devices.rows('select from whatsapp_key')).toHaveLength(25)
})

test('rows that a bot is writing wait for another round, and the bot does not wait', async () => {
  await fill(bot)
  const fresh = withNewKey(devices.keyring)
  await devices.test.database.transaction(async (tx) => {
    const keys = [{ type: 'session', id: '0', value: 'value 0' }]
    await storeSession(tx, bot, devices.keyring, { creds: null, linked: false, keys })
    const step = { keyring: fresh, batchSize: 1000, after: 0 }
    const run = () => devices.test.database.transaction((other) => rotateKeys(other, ownerActor, step))
    const sealed = [await run(), await run(), await run(), await run()].map(({ whatsapp }) => whatsapp)
    expect(sealed).toEqual([1, 24, 1, 1])
  })
  expect(await rotate(fresh)).toBe(1)
  await expectAll(bot, onlyActive(fresh))
})

test('a rotation that ends while a bot writes under the old key looks again', async () => {
  await devices.put(bot, 'b', 'early')
  const fresh = withNewKey(devices.keyring)
  // A server that has the new key, and seals with the old one still.
  const stale = { activeKeyId: devices.keyring.activeKeyId, keys: fresh.keys }
  let ending: Promise<number> | undefined
  await devices.test.database.transaction(async (tx) => {
    const keys = [{ type: 'session', id: 'a', value: 'late' }]
    await storeSession(tx, bot, stale, { creds: null, linked: false, keys })
    ending = rotate(fresh)
    await expect
      .poll(() =>
        devices.rows(`select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`),
      )
      .toHaveLength(1)
  })
  expect(await ending).toBe(2)
  expect(await devices.get(bot, 'a', onlyActive(fresh))).toBe('late')
  expect(await listKeyFingerprints(devices.test.database)).toEqual([fresh.activeKeyId])
})

test('what is written under the old key after a rotation makes that key known again', async () => {
  const fresh = withNewKey(devices.keyring)
  await rotate(fresh)
  await devices.put(bot, 'a', 'later still')
  expect(await listKeyFingerprints(devices.test.database)).toContain(devices.keyring.activeKeyId)
})

test('a backup holds all of it, and a restored bot goes on with the same device', async () => {
  await fill(bot)
  const target = await createTestDatabase({ migrated: false })
  const folder = mkdtempSync(join(tmpdir(), 'botfleet-whatsapp-'))
  const path = join(folder, 'one.backup')
  try {
    await writeBackupOf(devices.test.url, path)
    const file = await openBackupFile(path)
    await file.read(backupKeyring, never, (records) =>
      loadSnapshot({
        url: target.url,
        signal: never,
        schema: file.header.schema,
        records,
        inspect: async () => {},
        settle: async () => {},
      }),
    )
    const { keyring } = devices
    const restored = { type: 'session', ids: ['7'] }
    expect(await readKeys(target.database, bot, keyring, restored)).toEqual({ 7: 'value 7' })
    expect(await listPending(target.database, bot, keyring)).toEqual(
      await listPending(devices.test.database, bot, keyring),
    )
  } finally {
    await target.drop()
    rmSync(folder, { recursive: true, force: true })
  }
})

test('words are gone once they are answered, and rows when their time is over', async () => {
  await fill(bot)
  const { database } = devices.test
  const asked = null
  await settleTurn(database, bot, () => devices.keyring, { updateKeys: [updateKey], asked })
  expect(await devices.rows('select body, key_id from handled_update')).toEqual([{ body: null, key_id: null }])
  const sweep = () =>
    database.transaction((tx) => sweepRetention(tx, { eventDays: 90, sampleHours: 1, handledUpdateHours: 192 }))
  expect(await sweep()).toBe(0)
  for (const table of ['handled_update', 'whatsapp_message']) {
    await devices.rows(`update ${table} set at = now() - interval '193 hours'`)
  }
  expect(await sweep()).toBe(2)
  expect(await devices.creds(bot)).toMatchObject({ creds: 'creds' })
})
