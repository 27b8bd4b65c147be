/** The gateway over its real socket, with tokens and fences as workers have them. */

import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { makeKeyring } from '../../domain/keyring.ts'
import { parseSettings } from '../../domain/settings.ts'
import { type GatewayCallName, gatewayCalls } from '../../domain/worker-contract.ts'
import { signWorkerToken } from '../../domain/worker-token.ts'
import { Gateway } from '../../gateway/gateway.ts'
import { createLog } from '../../runtime/log.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { officeCalls } from './office-calls.ts'

const keyring = makeKeyring([randomBytes(32)])
const person = { platformUserId: '77', chatId: '77', username: 'ann', displayName: 'Ann', languageHint: 'en' }
let db: TestDatabase
let folder: string
let gateway: Gateway

beforeAll(async () => {
  db = await createTestDatabase()
  folder = mkdtempSync(join(tmpdir(), 'botfleet-gw-'))
  gateway = new Gateway({
    server: 'alpha',
    socketFolder: folder,
    database: db.database,
    keyring: () => keyring,
    settings: parseSettings({}),
    fleet: () => undefined,
    log: createLog({ level: 'fatal', name: 'test', write: () => {} }),
  })
  await gateway.open(1)
  await db.database.query(`insert into server (name) values ('alpha')`)
  await db.database.query(`insert into tenant (id, name) values ('agent:other', 'other')`)
})
afterAll(async () => {
  await gateway.close()
  await db.drop()
  rmSync(folder, { recursive: true, force: true })
})

let number = 0
let instance: string
beforeEach(async () => {
  number += 1
  instance = `bot-${number}`
  await makeInstance(instance, 'master')
})

async function makeInstance(id: string, tenant: string): Promise<void> {
  await db.database.query(
    `insert into instance (id, tenant_id, platform, name, server_name, created_by, status, desired, approved_at, expires_at)
     values ($1, $2, 'telegram', 'Bot', 'alpha', 'test', 'approved', 'running', now(), now() + interval '1 day')`,
    [id, tenant],
  )
  await db.database.query(`update instance_lease set epoch = 3, nonce = 'n3', phase = 'held' where instance_id = $1`, [
    id,
  ])
}

interface Answer {
  status: number
  body: Record<string, unknown>
}

function call(
  path: string,
  body: unknown,
  given: { token?: string; epoch?: number; nonce?: string; instance?: string } = {},
): Promise<Answer> {
  const claim = { instanceId: given.instance ?? instance, epoch: given.epoch ?? 3, nonce: given.nonce ?? 'n3' }
  const token = given.token ?? signWorkerToken(keyring, claim)
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        socketPath: gateway.socketPath,
        agent: false,
        path,
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
      },
      (response) => {
        let text = ''
        response.on('data', (chunk: Buffer) => (text += chunk.toString()))
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as Record<string, unknown> }),
        )
      },
    )
    sent.on('error', reject)
    sent.end(JSON.stringify(body))
  })
}

const arrive = (updateKey: string, more: object = {}) => ({ updateKey, nonce: null, person, ...more })
const count = async (table: string) =>
  (await db.database.query<{ n: number }>(`select count(*)::int as n from ${table}`)).rows[0]?.n

test('the socket and its folder are for their owner only', () => {
  expect(statSync(gateway.socketPath).mode & 0o777).toBe(0o600)
})

test('a token that is missing, forged or of another key opens nothing', async () => {
  const other = makeKeyring([randomBytes(32)])
  const claim = { instanceId: instance, epoch: 3, nonce: 'n3' }
  const real = signWorkerToken(keyring, claim)
  for (const token of ['', 'x', signWorkerToken(other, claim), real.replace('.3.', '.4.'), `${real}x`]) {
    expect((await call('/v1/arrive', arrive('tg:1'), { token })).body['code'], token).toBe('not_authenticated')
  }
})

test('a stale epoch or nonce writes nothing', async () => {
  const before = await count('handled_update')
  expect((await call('/v1/arrive', arrive('tg:1'), { epoch: 2 })).body['code']).toBe('fenced')
  expect((await call('/v1/arrive', arrive('tg:1'), { nonce: 'n2' })).body['code']).toBe('fenced')
  expect(await count('handled_update')).toBe(before)
})

/** Every business call with a body that fits; all of them must begin with the fence. */
const calls: { readonly [N in GatewayCallName]: object } = {
  arrive: arrive('tg:40'),
  chooseLanguage: arrive('tg:41', { language: 'fa' }),
  redeemLink: arrive('tg:42', { code: 'none' }),
  answered: { updateKeys: ['tg:1'] },
  recall: { updateKey: 'tg:1', person },
  picture: { product: 'none' },
  home: arrive('tg:43'),
  shopText: arrive('tg:44', { text: 'help' }),
  shelf: arrive('tg:45', { category: null, page: 0 }),
  product: arrive('tg:46', { product: 'none' }),
  quote: arrive('tg:47', { product: 'none', quantity: 1 }),
  pay: arrive('tg:48', { product: 'none', quantity: 1, shownUnitPrice: '1', rendering: 'r1' }),
  orders: arrive('tg:49', { before: null }),
  order: arrive('tg:50', { order: 1 }),
  goods: arrive('tg:51', { order: 1 }),
  history: arrive('tg:52', { before: null }),
  topUps: arrive('tg:53'),
  requestTopUp: arrive('tg:54', { amount: '10', rendering: 'r1' }),
  cancelTopUp: arrive('tg:55', { topUp: 1 }),
  wish: arrive('tg:56', { product: 'none' }),
  settings: arrive('tg:57'),
  markBlocked: { platformUserId: '77', blocked: true },
  unsteady: { times: 5, withinMs: 600_000 },
  outboxDue: {},
  outboxNext: { chatId: '77', take: 'any', answerMark: null, settled: null },
  outboxPart: { id: 1, partsSent: 1, answerMark: null },
  outboxFile: { id: 1, number: 0 },
  setNews: arrive('tg:43', { wanted: false }),
  waOpen: {},
  waKeys: { type: 'session', ids: ['a'] },
  waStore: { creds: 'c', keys: [{ type: 'session', id: 'a', value: 'v' }] },
  waForget: {},
  waPairing: { number: 1, news: { step: 'asked' } },
  waArrived: { updateKey: `wa:${'x'.repeat(43)}`, body: 'b' },
  waPending: {},
  waSending: { messages: [{ chat: 'c', id: 'm', body: 'b' }] },
  waSent: { changes: [{ chat: 'c', id: 'm', state: 'acked' }] },
  waSentBody: { chats: ['c'], id: 'm' },
  ...officeCalls(arrive),
}

test.for(Object.entries(calls))('%s with a stale epoch or nonce is fenced', async ([name, body]) => {
  const { path } = gatewayCalls[name as GatewayCallName]
  expect((await call(path, body)).status).toBe(200)
  expect((await call(path, body, { epoch: 2 })).body['code']).toBe('fenced')
  expect((await call(path, body, { nonce: 'n2' })).body['code']).toBe('fenced')
})

test.for([`status = 'expired'`, `status = 'suspended'`, `expires_at = now() - interval '1 second'`])(
  'a worker that is being drained finishes what it handles, though its instance has %s',
  async (assignment) => {
    await db.database.query(`update instance set ${assignment}, state = 'stopping' where id = $1`, [instance])
    expect((await call('/v1/arrive', arrive('tg:1'))).status).toBe(200)
  },
)

test.for(['expired', 'suspended'])(
  'an instance that is %s writes nothing, though its token is current',
  async (status) => {
    await db.database.query('update instance set status = $2 where id = $1', [instance, status])
    expect((await call('/v1/arrive', arrive('tg:1'))).body['code']).toBe('fenced')
  },
)

test('an instance whose time has run out by the clock writes nothing, and its worker is told to wait, not to end', async () => {
  await db.database.query(`update instance set expires_at = now() - interval '1 second' where id = $1`, [instance])
  const before = await count('handled_update')
  expect((await call('/v1/arrive', arrive('tg:1'))).body['code']).toBe('unavailable')
  expect(await count('handled_update')).toBe(before)
  expect((await call('/v1/arrive', arrive('tg:1'), { nonce: 'n2' })).body['code']).toBe('fenced')
  await db.database.query(`update instance set status = 'expired' where id = $1`, [instance])
  expect((await call('/v1/arrive', arrive('tg:1'))).body['code']).toBe('fenced')
})

test('a session that does not open is refused as that, and stays as it is', async () => {
  const key = { type: 'session', id: 'a' }
  expect((await call('/v1/wa/store', { creds: 'c', keys: [{ ...key, value: 'v' }] })).status).toBe(200)
  const { database } = db
  for (const table of ['whatsapp_session', 'whatsapp_key']) {
    await database.query(`update ${table} set sealed = 'v2' || substr(sealed, 3) where instance_id = $1`, [instance])
  }
  const before = await database.query('select xmin, * from whatsapp_session where instance_id = $1', [instance])
  for (const [path, body] of [
    ['/v1/wa/open', {}],
    ['/v1/wa/keys', { type: 'session', ids: ['a'] }],
  ] as const) {
    expect(await call(path, body)).toMatchObject({ status: 422, body: { code: 'session_error' } })
  }
  const after = await database.query('select xmin, * from whatsapp_session where instance_id = $1', [instance])
  expect(after.rows).toEqual(before.rows)
})

test('the keys of a first login come in one call', async () => {
  const keys = Array.from({ length: 812 }, (_, at) => ({ type: 'pre-key', id: String(at), value: 'x'.repeat(200) }))
  expect((await call('/v1/wa/store', { creds: 'c', keys })).status).toBe(200)
  const { body } = await call('/v1/wa/keys', { type: 'pre-key', ids: keys.map(({ id }) => id) })
  expect(body['values']).toEqual(Object.fromEntries(keys.map(({ id, value }) => [id, value])))
})

test('a message whose key shows a chat is not taken', async () => {
  const updateKey = 'wa:4915112345678@s.whatsapp.net/3EB0'
  expect((await call('/v1/wa/arrived', { updateKey, body: 'b' })).body['code']).toBe('usage')
})

test('a redelivered update is applied once, however many come at the same time', async () => {
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => call('/v1/choose-language', arrive('tg:5', { language: 'fa' }))),
  )
  expect(answers.filter(({ body }) => body['repeated'] === false)).toHaveLength(1)
  for (const { body } of answers) expect(body['outcome']).toEqual(answers[0]?.body['outcome'])
})

test('a press that comes again under another update id has its old effect and deserves an answer of its own', async () => {
  const press = (key: string, language: string, nonce: string) =>
    call('/v1/choose-language', arrive(key, { language, nonce }))
  await press('tg:10', 'fa', 'n-1')
  await press('tg:11', 'ru', 'n-2')
  const again = await press('tg:12', 'fa', 'n-1')
  expect(again.body).toMatchObject({ repeated: true, answered: false, outcome: { language: 'fa' } })
  const { rows } = await db.database.query('select language from customer where platform_user_id = $1', [
    person.platformUserId,
  ])
  expect(rows).toEqual([{ language: 'ru' }])
})

test('an answered update says so when it is delivered again', async () => {
  await call('/v1/arrive', arrive('tg:20'))
  expect((await call('/v1/arrive', arrive('tg:20'))).body['answered']).toBe(false)
  await call('/v1/answered', { updateKeys: ['tg:20'] })
  expect((await call('/v1/arrive', arrive('tg:20'))).body['answered']).toBe(true)
})

test('the tenant comes from the token: the same person is another customer for another tenant', async () => {
  await makeInstance(`${instance}-other`, 'agent:other')
  const mine = await call('/v1/arrive', arrive('tg:30'))
  const theirs = await call('/v1/arrive', arrive('tg:30'), { instance: `${instance}-other` })
  const id = ({ body }: Answer) => (body['outcome'] as { customerId: string }).customerId
  expect(id(mine)).not.toBe(id(theirs))
})

test('a body that is too long, no JSON or not in the contract is refused as usage', async () => {
  for (const body of [{}, arrive('tg:1', { person: {} }), { ...arrive('tg:1'), updateKey: 'x'.repeat(1_100_000) }]) {
    expect((await call('/v1/arrive', body)).body['code']).toBe('usage')
  }
  expect((await call('/v1/nothing', {})).body['code']).toBe('usage')
})

test('an old gateway that closes does not remove the socket of its successor', async () => {
  const successor = new Gateway({
    server: 'alpha',
    socketFolder: folder,
    database: db.database,
    keyring: () => keyring,
    settings: parseSettings({}),
    fleet: () => undefined,
    log: createLog({ level: 'fatal', name: 'test', write: () => {} }),
  })
  await successor.open(2)
  await gateway.close()
  expect((await call('/v1/arrive', arrive('tg:1'))).status).toBe(200)
  await successor.close()
  await gateway.open(3)
})
