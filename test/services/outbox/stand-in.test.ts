/** The master's bot speaks for bots that are out, to people who have a chat with it. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { dueInstances } from '../../../services/outbox/due-instances.ts'
import { enqueueToOwners } from '../../../services/outbox/enqueue.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { type PaperBot, PaperFleet } from './paper-fleet.ts'

let db: TestDatabase
let fleet: PaperFleet
let master: PaperBot
let own: PaperBot

beforeEach(async () => {
  db = await createTestDatabase()
  fleet = new PaperFleet(db)
  own = await fleet.bot('bot-1')
  master = await fleet.bot('bot-m', 'master', { master: true, server: 'beta' })
  await fleet.customer('olga', 'master', ['bot-m'])
  await fleet.owner('olga')
  await fleet.owner('omar')
})
afterEach(() => db.drop())

const tellOwners = (reference = 'r') =>
  db.database.transaction((tx) =>
    enqueueToOwners(tx, { tenant: 'agent:one', kind: 'test', payload: { shop: 'One' }, reference }),
  )

test.for([
  [`status = 'expired'`],
  [`status = 'suspended'`],
  [`desired = 'stopped'`],
  [`state = 'token_invalid'`],
  [`state = 'conflict'`],
  [`state = 'backoff', down_since = now() - interval '3 minutes'`],
  [`expires_at = now() - interval '1 second'`],
])('while the own bot is out by %s the master bot tells owners who know it', async ([assignment]) => {
  await tellOwners()
  expect(await master.next('olga')).toBeNull()
  expect((await master.due()).urgent).toEqual([])
  await fleet.set('bot-1', String(assignment))
  if (String(assignment).includes('down_since')) {
    await db.database.query(`update instance set down_since = now() - interval '3 minutes' where id = 'bot-1'`)
  }
  expect((await master.due()).urgent).toContain('olga')
  expect(await dueInstances(db.database, { server: 'beta' })).toEqual(['bot-m'])
  expect(await master.deliver('olga')).toMatchObject({ kind: 'test', onBehalfOf: 'agent:one' })
  // Omar has no chat with it, and a bot cannot begin one.
  expect(await master.next('omar')).toBeNull()
})

test('a bot that restarts is not out yet', async () => {
  await tellOwners()
  await fleet.set('bot-1', `state = 'backoff'`)
  expect(await master.next('olga')).toBeNull()
})

test('while the server of the own bot is gone the master bot speaks', async () => {
  await tellOwners()
  await db.database.query(
    `update server set lease_until = clock_timestamp() - interval '3 minutes' where name = 'alpha'`,
  )
  expect(await master.deliver('olga')).toMatchObject({ kind: 'test' })
})

test('customers wait for their own bot, and an ordinary bot of the master stands in for nobody', async () => {
  await fleet.customer('ann', 'agent:one', ['bot-1'])
  await db.database.query(
    `insert into customer_chat (instance_id, customer_id, chat_id) values ('bot-m', 'ann', 'ann')`,
  )
  await fleet.set('bot-1', `state = 'conflict'`)
  await fleet.tell('ann', '1')
  expect(await master.next('ann')).toBeNull()
  await tellOwners()
  await db.database.query(`update instance set is_master = false`)
  expect(await master.next('olga')).toBeNull()
  await fleet.set('bot-1', `state = 'running'`)
  expect((await own.deliver('ann'))?.payload).toMatchObject({ reason: '1' })
})

test('somebody who has blocked the master bot is not written to by it', async () => {
  await fleet.set('bot-1', `state = 'conflict'`)
  await tellOwners()
  await db.database.query(`update customer_chat set blocked_at = now()`)
  expect(await master.next('olga')).toBeNull()
})

test('what one bot has in hand the other does not take, and it is told once', async () => {
  await tellOwners()
  const message = await own.next('olga')
  await fleet.set('bot-1', `state = 'conflict'`)
  expect(await master.next('olga')).toBeNull()
  expect(await own.settle({ outcome: 'sent', id: message?.id ?? 0, messageId: null })).toBe(true)
  // What it is told next is why its bot is silent.
  expect(await master.deliver('olga')).toMatchObject({ kind: 'bot_conflict' })
  expect(await master.next('olga')).toBeNull()
})
