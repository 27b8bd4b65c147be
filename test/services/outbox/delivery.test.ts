/** Who gets a message, in which order, from whose hands. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Listener } from '../../../db/listen.ts'
import { enqueueToAdmins, enqueueToOwners } from '../../../services/outbox/enqueue.ts'
import { notePart } from '../../../services/outbox/note-part.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { type PaperBot, PaperFleet } from './paper-fleet.ts'

let db: TestDatabase
let fleet: PaperFleet
let bot: PaperBot

beforeEach(async () => {
  db = await createTestDatabase()
  fleet = new PaperFleet(db)
  bot = await fleet.bot('bot-1')
  await fleet.customer('ann', 'agent:one', ['bot-1'])
})
afterEach(() => db.drop())

const past = (id: number) =>
  db.database.query(
    `update outbox_message set not_before = now() - interval '1 s', claimed_until = now() - interval '1 s' where id = $1`,
    [id],
  )
const sent = (id: number) => ({ outcome: 'sent', id, messageId: null }) as const
const later = (id: number, retryAfterMs: number | null = null) =>
  ({ outcome: 'later', id, reason: 'no answer', retryAfterMs }) as const

test('the same fact is queued once for each recipient', async () => {
  await fleet.customer('ben', 'agent:one', ['bot-1'])
  for (const customer of ['ann', 'ann', 'ben', 'ann']) await fleet.tell(customer, 'paid 1')
  expect(await fleet.box()).toEqual(['ann paid 1 queued', 'ben paid 1 queued'])
})

test('what is queued in a transaction that fails is not told', async () => {
  await expect(
    db.database.transaction(async (tx) => {
      await tx.query(`select tell_customer('agent:one', 'goods', '{}', '1', 'ann', null)`)
      throw new Error('no')
    }),
  ).rejects.toThrow('no')
  expect(await fleet.box()).toEqual([])
})

test('messages of a chat come one after another in their order, chats independent of each other', async () => {
  await fleet.customer('ben', 'agent:one', ['bot-1'])
  for (const reference of ['1', '2']) await fleet.tell('ann', reference)
  await fleet.tell('ben', '3')
  expect((await bot.due()).urgent.toSorted()).toEqual(['ann', 'ben'])
  const first = await bot.next('ann')
  expect(first?.payload).toMatchObject({ reason: '1' })
  expect((await bot.deliver('ben'))?.payload).toMatchObject({ reason: '3' })
  // Not settled, the first one comes again, and never the second before it.
  expect((await bot.next('ann'))?.id).toBe(first?.id)
  expect(await bot.settle(sent(first?.id ?? 0))).toBe(true)
  expect((await bot.deliver('ann'))?.payload).toMatchObject({ reason: '2' })
  expect(await bot.next('ann')).toBeNull()
  expect(await bot.due()).toMatchObject({ urgent: [], bulk: [], nextInMs: null })
})

test('while a message is to be tried again later, those behind it wait, and the bot knows until when', async () => {
  for (const reference of ['1', '2']) await fleet.tell('ann', reference)
  const first = await bot.next('ann')
  await bot.settle(later(first?.id ?? 0, 60_000))
  expect(await bot.next('ann')).toBeNull()
  const due = await bot.due()
  expect(due.urgent).toEqual([])
  expect(due.nextInMs).toBeGreaterThan(55_000)
  await past(first?.id ?? 0)
  expect((await bot.due()).urgent).toEqual(['ann'])
  expect((await bot.next('ann'))?.id).toBe(first?.id)
})

test('each attempt waits longer, and after twelve a message is a dead letter that holds up nobody', async () => {
  for (const reference of ['1', '2']) await fleet.tell('ann', reference)
  const waits: number[] = []
  for (let attempt = 1; attempt <= 12; attempt += 1) {
    const message = await bot.next('ann')
    await bot.settle(later(message?.id ?? 0))
    const { rows } = await db.database.query<{ ms: number }>(
      `select (extract(epoch from not_before - clock_timestamp()) * 1000)::double precision as ms from outbox_message where reference = '1'`,
    )
    waits.push(rows[0]?.ms ?? 0)
    await past(message?.id ?? 0)
  }
  expect(waits[0]).toBeLessThan(5100)
  expect(waits[11]).toBeGreaterThan(890_000)
  expect(Math.max(...waits)).toBeLessThan(1_800_100)
  expect((await bot.deliver('ann'))?.payload).toMatchObject({ reason: '2' })
  expect(await fleet.box()).toEqual(['ann 1 dead', 'ann 2 sent'])
})

test('an attempt that never reached the channel does not count', async () => {
  await fleet.tell('ann', '1')
  for (let attempt = 1; attempt <= 15; attempt += 1) {
    const message = await bot.next('ann')
    await bot.settle({ outcome: 'untried', id: message?.id ?? 0, reason: 'ECONNREFUSED' })
    await past(message?.id ?? 0)
  }
  expect(await fleet.box()).toEqual(['ann 1 queued'])
})

test('a message that Telegram refuses for good is a dead letter at once', async () => {
  for (const reference of ['1', '2']) await fleet.tell('ann', reference)
  const message = await bot.next('ann')
  await bot.settle({ outcome: 'refused', id: message?.id ?? 0, reason: 'Forbidden: bot was blocked by the user' })
  expect(await fleet.box()).toEqual(['ann 1 dead', 'ann 2 queued'])
  const { rows } = await db.database.query(`select last_error from outbox_message where state = 'dead'`)
  expect(rows).toEqual([{ last_error: 'Forbidden: bot was blocked by the user' }])
})

test('a worker of an earlier epoch marks nothing, and its successor takes the message over with its marks', async () => {
  await fleet.tell('ann', '1')
  const message = await bot.next('ann', { mark: '41' })
  expect(message?.earlierMarks).toEqual([])
  bot.epoch = 2
  const again = await bot.next('ann', { mark: '50' })
  expect(again).toMatchObject({ id: message?.id, earlierMarks: ['41'] })
  bot.epoch = 1
  const id = message?.id ?? 0
  expect(await bot.settle(sent(id))).toBe(false)
  expect(await bot.settle(later(id))).toBe(false)
  expect(await notePart(db.database, bot.claim, { id, partsSent: 1, answerMark: null })).toBe(false)
  expect(await fleet.box()).toEqual(['ann 1 claimed'])
  bot.epoch = 2
  expect(await bot.settle(sent(id))).toBe(true)
  expect(await bot.settle(later(id))).toBe(false)
  expect(await fleet.box()).toEqual(['ann 1 sent'])
})

test('of two bots of a tenant one has the message in hand, and the other takes it when the lease has ended', async () => {
  const other = await fleet.bot('bot-2')
  await fleet.customer('ben', 'agent:one', ['bot-1', 'bot-2'])
  await fleet.tell('ben', '1')
  const message = await bot.next('ben')
  expect(await other.next('ben')).toBeNull()
  expect((await other.due()).urgent).toEqual([])
  await past(message?.id ?? 0)
  expect((await other.next('ben'))?.id).toBe(message?.id)
  expect(await bot.settle(sent(message?.id ?? 0))).toBe(false)
})

test('of twenty bots that ask at once one gets the message', async () => {
  const names = Array.from({ length: 20 }, (_, index) => `many-${index}`)
  const bots = await Promise.all(names.map((name) => fleet.bot(name)))
  await fleet.customer('ben', 'agent:one', names)
  await fleet.tell('ben', '1')
  const taken = await Promise.all(bots.map((one) => one.next('ben')))
  expect(taken.filter((message) => message !== null)).toHaveLength(1)
})

test('a message that names a bot goes through it, and through another only while that one is out or blocked', async () => {
  const other = await fleet.bot('bot-2')
  await fleet.customer('ben', 'agent:one', ['bot-1', 'bot-2'])
  await fleet.tell('ben', '1', { instanceId: 'bot-1' })
  expect(await other.next('ben')).toBeNull()
  expect((await other.due()).urgent).toEqual([])
  await fleet.set('bot-1', `state = 'token_invalid'`)
  expect((await other.deliver('ben'))?.payload).toMatchObject({ reason: '1' })
  await fleet.set('bot-1', `state = 'running'`)
  await fleet.tell('ben', '2', { instanceId: 'bot-1' })
  expect(await other.next('ben')).toBeNull()
  await db.database.query(
    `update customer_chat set blocked_at = now() where instance_id = 'bot-1' and customer_id = 'ben'`,
  )
  expect((await other.deliver('ben'))?.payload).toMatchObject({ reason: '2' })
})

test('the messages of a customer who has blocked the bot wait until the customer is back', async () => {
  await fleet.tell('ann', '1')
  await db.database.query(`update customer_chat set blocked_at = now()`)
  expect(await bot.next('ann')).toBeNull()
  expect((await bot.due()).urgent).toEqual([])
  await db.database.query(`update customer_chat set blocked_at = null`)
  expect((await bot.deliver('ann'))?.payload).toMatchObject({ reason: '1' })
})

test('a bot hands out nothing of another tenant, even to a chat of the same number', async () => {
  const foreign = await fleet.bot('bot-x', 'agent:two')
  await db.database.query(
    `insert into customer_chat (instance_id, customer_id, chat_id) values ('bot-x', 'ann', 'ann')`,
  )
  await fleet.tell('ann', '1')
  await fleet.owner('olga')
  await db.database.transaction((tx) =>
    enqueueToOwners(tx, { tenant: 'agent:one', kind: 'test', payload: { shop: 'One' }, reference: 't' }),
  )
  await db.database.query(
    `with b as (
       insert into broadcast (tenant_id, html, state, created_by) values ('agent:one', 'x', 'sending', 'test') returning id
     ) insert into outbox_message (tenant_id, customer_id, kind, reference, broadcast_id, bulk)
     select 'agent:one', 'ann', 'broadcast', 'b', id, true from b`,
  )
  for (const chat of ['ann', 'olga']) expect(await foreign.next(chat, { bulk: true })).toBeNull()
  expect(await foreign.due()).toMatchObject({ urgent: [], bulk: [] })
})

test('owners, agents and the named chat of a tenant hear of it, each once; of the master its staff', async () => {
  await fleet.owner('olga')
  await fleet.owner('omar')
  await fleet.admin('boss', 'owner')
  await fleet.admin('eva', 'viewer')
  await db.database.query(
    `insert into app_user (id, username, password_hash, role, tenant_id) values ('agent', 'agent', 'x', 'agent', 'agent:one')`,
  )
  await db.database.query(
    `insert into chat_identity (platform, platform_user_id, user_id) values ('telegram', 'omar', 'agent')`,
  )
  await db.database.query(`update tenant set notice_chat_id = '-100' where id = 'agent:one'`)
  await db.database.transaction(async (tx) => {
    for (const tenant of ['agent:one', 'master']) {
      await enqueueToOwners(tx, { tenant, kind: 'test', payload: { shop: 'One' }, reference: `t ${tenant}` })
    }
    await enqueueToAdmins(tx, { kind: 'low_stock', payload: { product: 'p', name: 'P', left: 1 }, reference: 'p' })
  })
  expect((await fleet.box()).toSorted()).toEqual(
    [
      '-100 t agent:one queued',
      'olga t agent:one queued',
      'omar t agent:one queued',
      'boss t master queued',
      'boss p queued',
    ].toSorted(),
  )
  expect((await bot.due()).urgent.toSorted()).toEqual(['-100', 'olga', 'omar'])
})

test('goods of a bot wake nobody, since its worker looks by itself; goods of the command line and all else do', async () => {
  const heard: (string | undefined)[] = []
  const listener = new Listener(db.url, ['botfleet_outbox'], (_channel, payload) => void heard.push(payload))
  await listener.start()
  const goods = (reference: string, via: string | null) =>
    db.database.query(`select tell_customer('agent:one', 'goods', '{}', $1, 'ann', $2)`, [reference, via])
  await goods('1', 'bot-1')
  await goods('2', null)
  await fleet.tell('ann', '3')
  await db.database.query(`select tell_chat('master', 'test', '{}', 'last', 'telegram', 'boss')`)
  await vi.waitFor(() => expect(heard.at(-1)).toBe('master'))
  expect(heard).toEqual([undefined, 'agent:one', 'agent:one', 'master'])
  await listener.stop()
})

test('parts that went out are remembered, with the mark of the next one', async () => {
  await fleet.tell('ann', '1')
  const message = await bot.next('ann', { mark: '10' })
  await notePart(db.database, bot.claim, { id: message?.id ?? 0, partsSent: 2, answerMark: '12' })
  bot.epoch = 2
  expect(await bot.next('ann')).toMatchObject({ partsSent: 2, earlierMarks: ['12'] })
})

test('a bot that has heard of no message yet is told how far it had come', async () => {
  await fleet.tell('ann', '1')
  const message = await bot.next('ann')
  expect((await bot.due()).mark).toBeNull()
  await bot.settle({ outcome: 'sent', id: message?.id ?? 0, messageId: 77 })
  expect((await bot.due()).mark).toBe('77')
})
