/** What an operator sees of messages that did not go out, and what can be done about them. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Actor } from '../../../domain/actor.ts'
import { countMessages } from '../../../services/outbox/count-messages.ts'
import { dropMessages } from '../../../services/outbox/drop-messages.ts'
import { dropStale } from '../../../services/outbox/drop-stale.ts'
import { listMessages } from '../../../services/outbox/list-messages.ts'
import { redriveMessages } from '../../../services/outbox/redrive-messages.ts'
import { showMessage } from '../../../services/outbox/show-message.ts'
import { sweepRetention } from '../../../services/sweep-retention.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { type PaperBot, PaperFleet } from './paper-fleet.ts'

let db: TestDatabase
let fleet: PaperFleet
let bot: PaperBot
const actor: Actor = { name: 'cli:test@here', userId: null, role: 'operator', tenant: null, source: 'test' }

beforeEach(async () => {
  db = await createTestDatabase()
  fleet = new PaperFleet(db)
  bot = await fleet.bot('bot-1')
  await fleet.customer('ann', 'agent:one', ['bot-1'])
  for (const reference of ['1', '2']) await fleet.tell('ann', reference)
})
afterEach(() => db.drop())

async function refuse(): Promise<number> {
  const id = (await bot.next('ann'))?.id ?? 0
  await bot.settle({ outcome: 'refused', id, reason: 'Telegram: Forbidden (403)' })
  return id
}
const list = (states?: ('dead' | 'queued')[]) => listMessages(db.database, actor, { states, limit: 10 })

test('dead letters are listed with their reason, counted, and delivered once more when an operator says so', async () => {
  const id = await refuse()
  expect(await list(['dead'])).toMatchObject([{ id, last_error: 'Telegram: Forbidden (403)', attempts: 1 }])
  expect(await countMessages(db.database)).toMatchObject({ waiting: 1, dead: 1 })
  const redrive = () => db.database.transaction((tx) => redriveMessages(tx, actor, { ids: [id, id + 1, 99] }))
  expect(await redrive()).toEqual([id])
  expect(await redrive()).toEqual([])
  expect((await bot.deliver('ann'))?.id).toBe(id)
  expect(await fleet.box()).toEqual(['ann 1 sent', 'ann 2 queued'])
  const { rows } = await db.database.query(`select action, tenant_id from audit_log where target_kind = 'outbox'`)
  expect(rows).toEqual([{ action: 'outbox.redrive', tenant_id: 'agent:one' }])
})

test('what waits or is dead can be given up; what is in hand or was sent cannot', async () => {
  const id = await refuse()
  await bot.next('ann')
  const drop = (ids: number[]) => db.database.transaction((tx) => dropMessages(tx, actor, { ids }))
  expect(await drop([id, id + 1])).toEqual([id])
  await bot.settle({ outcome: 'sent', id: id + 1, messageId: null })
  expect(await drop([id + 1])).toEqual([])
  expect(await fleet.box()).toEqual(['ann 1 dropped', 'ann 2 sent'])
})

test('a message says what it waits for', async () => {
  const waits = async () => (await list(['queued'])).map(({ waits_for: why }) => why)
  expect(await waits()).toEqual([null, null])
  await fleet.set('bot-1', `state = 'token_invalid'`)
  expect((await waits())[0]).toContain('its own bot, which is out')
  await db.database.query('update customer_chat set blocked_at = now()')
  expect((await waits())[0]).toContain('no bot of this shop may write to them')
})

test('only who may read the outbox reads it, and only who may redrive it does', async () => {
  const viewer: Actor = { ...actor, role: 'viewer' }
  const id = await refuse()
  await expect(listMessages(db.database, viewer, { limit: 1 })).rejects.toMatchObject({ code: 'not_allowed' })
  await expect(showMessage(db.database, viewer, { id })).rejects.toMatchObject({ code: 'not_allowed' })
  for (const service of [redriveMessages, dropMessages]) {
    await expect(db.database.transaction((tx) => service(tx, viewer, { ids: [id] }))).rejects.toMatchObject({
      code: 'not_allowed',
    })
  }
  await expect(showMessage(db.database, actor, { id: 99 })).rejects.toMatchObject({ code: 'not_found' })
})

test('what was told is swept after its retention; what waits is not, until nobody wants it any more', async () => {
  await bot.deliver('ann')
  await refuse()
  await fleet.tell('ann', '3')
  await db.database.query(`select tell_chat('agent:one', 'test', '{}', 't', 'telegram', 'olga')`)
  const sweep = () => sweepRetention(db.database as never, { eventDays: 30, sampleHours: 1, handledUpdateHours: 48 })
  expect(await sweep()).toBe(0)
  await db.database.query(
    `update outbox_message set ended_at = ended_at - interval '31 days', created_at = created_at - interval '31 days'`,
  )
  expect(await sweep()).toBe(1)
  expect(await fleet.box()).toEqual(['ann 2 dead', 'ann 3 queued', 'olga t queued'])
  expect(await dropStale(db.database)).toBe(1)
  await db.database.query(`update outbox_message set created_at = created_at - interval '60 days'`)
  expect(await dropStale(db.database)).toBe(1)
  expect(await fleet.box()).toEqual(['ann 2 dead', 'ann 3 dropped', 'olga t dropped'])
})
