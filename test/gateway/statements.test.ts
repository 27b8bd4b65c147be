/** What the calls of a conversation cost the database: statements, BEGIN and COMMIT counted as one each. */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Database } from '../../db/database.ts'
import { makeKeyring } from '../../domain/keyring.ts'
import type { GatewayCallName } from '../../domain/worker-contract.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { StatementCounter } from '../support/statement-counter.ts'
import { type Door, openDoor } from './gateway-door.ts'

let made: TestDatabase
let counter: StatementCounter
let database: Database
let door: Door
const speaker = { instance: 'wa-1', nonce: 'n3' }
const person = {
  platformUserId: '4915112345678',
  chatId: '4915112345678@s.whatsapp.net',
  username: null,
  displayName: 'Ann',
  languageHint: 'en',
  lid: '77@lid',
}

beforeAll(async () => {
  made = await createTestDatabase()
  counter = await StatementCounter.before(made.url)
  database = Database.open(counter.url, { applicationName: 'botfleet counted' })
  door = await openDoor({ ...made, database }, makeKeyring([randomBytes(32)]))
  const { database: direct } = made
  await direct.query(`insert into server (name) values ('alpha')`)
  await direct.query(
    `insert into instance (id, tenant_id, platform, name, server_name, created_by, status, desired, approved_at, expires_at)
     values ('wa-1', 'master', 'whatsapp', 'Bot', 'alpha', 'test', 'approved', 'running', now(), now() + interval '1 day')`,
  )
  await direct.query(`update instance_lease set epoch = 3, nonce = 'n3', phase = 'held'`)
  await direct.query(
    `insert into product (id, name, currency, base_price, created_by) values ('vpn', 'VPN', 'USDT', 1000000, 'test')`,
  )
  await direct.query(`insert into stock_unit (product_id, key_id, sealed, fingerprint)
    select 'vpn', 'k', 'x', sha256(n::text::bytea) from generate_series(1, 9) n`)
  // The first of anything makes the role and the key known, once for each server.
  await round('home', {})
  await direct.query(`select adjust_balance(id, 'USDT', 9000000, 'k', 'test', 'test') from customer`)
})
afterAll(async () => {
  await door.close()
  await database.close()
  await counter.stop()
  await made.drop()
})

async function cost(call: GatewayCallName, body: object): Promise<number> {
  counter.take()
  const { status, text } = await door.ask(speaker, call, body)
  expect(status, text).toBe(200)
  return counter.take()
}

let rounds = 0
/** A message that comes, what it asks for, and its answer, with what Baileys writes of its session for each of the two. */
async function round(call: GatewayCallName, question: object): Promise<Record<string, number>> {
  rounds += 1
  const updateKey = `wa:${String(rounds).padStart(43, 'x')}`
  const ref = { chat: person.chatId, id: `answer ${rounds}` }
  const once = { updateKey, nonce: null, person, answerMark: null }
  const keys = [{ type: 'session', id: '4915112345678.0', value: 'x'.repeat(2800) }]
  return {
    received: await cost('waStore', { keys }),
    arrived: await cost('waArrived', { updateKey, body: 'hello' }),
    [call]: await cost(call, { ...once, ...question }),
    answered: await cost('answered', {
      updateKeys: [updateKey],
      asked: { platformUserId: person.platformUserId, state: { ask: 'menu', args: ['1'] } },
      sending: [{ ...ref, body: 'a menu' }],
    }),
    sentOff: await cost('waStore', { keys }),
    states: await cost('waSent', { changes: ['written', 'acked', 'delivered'].map((state) => ({ ...ref, state })) }),
  }
}

const atMost = 10

test.for<[GatewayCallName, object, number]>([
  ['arrive', {}, 3],
  ['home', {}, 5],
  ['shelf', { category: null, page: 0 }, 4],
  ['product', { product: 'vpn' }, 4],
  ['topUps', {}, 4],
  ['orders', { before: null }, 4],
])('a later message, its turn (%s) and its reply are at most ten statements', async ([call, question, turn]) => {
  const counts = await round(call, question)
  expect(counts).toEqual({ received: 1, arrived: 1, [call]: turn, answered: 1, sentOff: 1, states: 1 })
  expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(atMost)
})

test('a purchase takes two more', async () => {
  const question = { product: 'vpn', quantity: 1, shownUnitPrice: '1000000', rendering: 'r1' }
  const counts = await round('pay', question)
  expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(12)
})

test.for<[GatewayCallName, object]>([
  ['waOpen', {}],
  ['waKeys', { type: 'session', ids: ['a', 'b'] }],
  ['waForget', {}],
  ['waPending', {}],
  ['waSending', { messages: [{ chat: 'c', id: 'm', body: 'b' }] }],
  ['waSentBody', { chats: ['c', 'd'], id: 'm' }],
])('%s is one statement', async ([call, body]) => {
  expect(await cost(call, body)).toBe(1)
})
