/** What owners and admins are told of their bots, each once. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { tellEndingSoon } from '../../../services/outbox/tell-ending-soon.ts'
import { tellOutages } from '../../../services/outbox/tell-outages.ts'
import { tellUnsteady } from '../../../services/outbox/tell-unsteady.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { PaperFleet } from './paper-fleet.ts'

let db: TestDatabase
let fleet: PaperFleet

beforeEach(async () => {
  db = await createTestDatabase()
  fleet = new PaperFleet(db)
  await fleet.bot('bot-1')
  await fleet.owner('olga')
  await fleet.admin('boss')
})
afterEach(() => db.drop())

const look = async () => {
  await Promise.all([1, 2, 3].map(() => db.database.transaction(tellEndingSoon)))
  await Promise.all([1, 2, 3].map(() => db.database.transaction(tellOutages)))
}
const endsIn = (time: string) => fleet.set('bot-1', `expires_at = now() + interval '${time}'`)
const ago = (column: string, time: string) =>
  db.database.query(`update instance set ${column} = clock_timestamp() - interval '${time}' where id = 'bot-1'`)

/** Who was told what, without the facts' references. */
async function told(): Promise<string[]> {
  const { rows } = await db.database.query<{ line: string }>(
    `select chat_id || ' ' || kind || coalesce(' ' || (payload ->> 'days'), '') as line from outbox_message order by id`,
  )
  return rows.map(({ line }) => line)
}
const both = (what: string) => [`olga ${what}`, `boss ${what}`]

test('a subscription that ends is announced 7, 3 and 1 days before, each once, by however many servers', async () => {
  await endsIn('8 days')
  await look()
  expect(await told()).toEqual([])
  const expected: string[] = []
  for (const [time, days] of [
    ['6 days 23 hours', 7],
    ['3 days', 3],
    ['2 days', 3],
    ['23 hours', 1],
  ] as const) {
    // The clock goes on, the end stays: so here the end that was told comes nearer with it.
    await endsIn(time)
    await db.database.query(`update instance set expiry_told_for = expires_at where expiry_told_for is not null`)
    await look()
    await look()
    if (!expected.includes(`olga expiring ${days}`)) expected.push(...both(`expiring ${days}`))
    expect(await told()).toEqual(expected)
  }
})

test('of announcements that were missed only the nearest is made, and a renewal begins anew', async () => {
  await endsIn('2 days')
  await look()
  expect(await told()).toEqual(both('expiring 3'))
  await endsIn('32 days')
  await look()
  expect(await told()).toHaveLength(2)
  await endsIn('6 days')
  await look()
  expect((await told()).slice(2)).toEqual(both('expiring 7'))
})

test('the end of a subscription is told when it comes, also to those whose bot cannot say it any more', async () => {
  await fleet.set('bot-1', `status = 'expired'`)
  await look()
  expect(await told()).toEqual(both('expired'))
})

test.for([
  ['token_invalid', 'bot_token_invalid'],
  ['conflict', 'bot_conflict'],
  ['failed', 'bot_stopped'],
  ['logged_out', 'bot_logged_out'],
  ['restricted', 'bot_restricted'],
  ['session_error', 'bot_session_error'],
])('a bot that becomes %s is told of at once, and once', async ([state, kind]) => {
  await fleet.set('bot-1', `state = '${state}', last_error = 'why'`)
  await fleet.set('bot-1', `state = '${state}', last_error = 'still'`)
  expect(await told()).toEqual(both(String(kind)))
  await ago('down_since', '1 hour')
  await look()
  expect(await told()).toEqual(both(String(kind)))
})

test('a bot that has been down for five minutes is told of once, and so is its return', async () => {
  await fleet.set('bot-1', `state = 'backoff', last_error = 'it crashed'`)
  await fleet.set('bot-1', `state = 'starting'`)
  await ago('down_since', '4 minutes 50 seconds')
  await look()
  expect(await told()).toEqual([])
  await ago('down_since', '5 minutes 10 seconds')
  await look()
  const toldAt = async () => (await db.database.query('select down_told_at from instance')).rows
  const first = await toldAt()
  await look()
  expect(await toldAt()).toEqual(first)
  expect(await told()).toEqual(both('bot_down'))
  await fleet.set('bot-1', `state = 'running', last_error = null`)
  await look()
  await look()
  expect(await told()).toEqual([...both('bot_down'), ...both('bot_back')])
  await fleet.set('bot-1', `state = 'backoff'`)
  await ago('down_since', '6 minutes')
  await look()
  expect((await told()).slice(4)).toEqual(both('bot_down'))
})

test('crashing again and again is one outage, and an outage that somebody stops is over without a word', async () => {
  await fleet.set('bot-1', `state = 'backoff'`)
  await ago('down_since', '6 minutes')
  for (const state of ['starting', 'connecting', 'backoff', 'starting']) {
    await fleet.set('bot-1', `state = '${state}'`)
    await look()
  }
  expect(await told()).toEqual(both('bot_down'))
  await fleet.set('bot-1', `desired = 'stopped'`)
  await look()
  await fleet.set('bot-1', `desired = 'running', state = 'running'`)
  await look()
  expect(await told()).toEqual(both('bot_down'))
})

test('a bot whose server is gone is down, though nobody has noted it', async () => {
  await db.database.query(`update server set lease_until = clock_timestamp() - interval '4 minutes'`)
  await look()
  expect(await told()).toEqual([])
  await db.database.query(`update server set lease_until = clock_timestamp() - interval '6 minutes'`)
  await look()
  await look()
  expect(await told()).toEqual(both('bot_down'))
  await db.database.query(`update server set lease_until = clock_timestamp() + interval '1 minute'`)
  await look()
  expect((await told()).slice(2)).toEqual(both('bot_back'))
})

test('bots of the master are the admins own: they hear it once', async () => {
  await fleet.bot('bot-m', 'master')
  await fleet.set('bot-m', `state = 'token_invalid'`)
  expect(await told()).toEqual(['boss bot_token_invalid'])
})

test('a conflict that is looked at once more is told when it stays one; on WhatsApp in words of its own', async () => {
  await fleet.set('bot-1', `platform = 'whatsapp', state = 'conflict', next_try_at = now() + interval '1 minute'`)
  expect(await told()).toEqual([])
  await fleet.set('bot-1', `state = 'starting', next_try_at = null`)
  await fleet.set('bot-1', `state = 'conflict', last_error = '440'`)
  expect(await told()).toEqual(both('bot_link_in_use'))
})

test('a bot whose connection ends again and again is told of to admins, once an hour', async () => {
  const unsteady = { instanceId: 'bot-1', times: 5, withinMs: 600_000 }
  for (let times = 1; times <= 3; times += 1) await db.database.transaction((tx) => tellUnsteady(tx, unsteady))
  expect(await told()).toEqual(['boss bot_unsteady'])
  await db.database.query(`update outbox_message set reference = 'bot-1:2026-01-01 00'`)
  await db.database.transaction((tx) => tellUnsteady(tx, unsteady))
  expect(await told()).toEqual(['boss bot_unsteady', 'boss bot_unsteady'])
})

test('of a bot that only pairs nobody hears how that ends', async () => {
  await fleet.set('bot-1', `desired = 'pairing'`)
  await fleet.set('bot-1', `state = 'logged_out', last_error = 'nobody entered the code'`)
  expect(await told()).toEqual([])
})
