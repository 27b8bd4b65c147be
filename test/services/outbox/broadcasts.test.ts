/** Broadcasts: to whom, how far, and what stops them. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Actor } from '../../../domain/actor.ts'
import { cancelBroadcast } from '../../../services/outbox/broadcasts/cancel-broadcast.ts'
import { carryOnBroadcasts } from '../../../services/outbox/broadcasts/carry-on-broadcasts.ts'
import { createBroadcast } from '../../../services/outbox/broadcasts/create-broadcast.ts'
import { listBroadcasts } from '../../../services/outbox/broadcasts/list-broadcasts.ts'
import { pauseBroadcast } from '../../../services/outbox/broadcasts/pause-broadcast.ts'
import { previewBroadcast } from '../../../services/outbox/broadcasts/preview-broadcast.ts'
import { resumeBroadcast } from '../../../services/outbox/broadcasts/resume-broadcast.ts'
import { showBroadcast } from '../../../services/outbox/broadcasts/show-broadcast.ts'
import { startBroadcast } from '../../../services/outbox/broadcasts/start-broadcast.ts'
import { setNews } from '../../../services/outbox/set-news.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { type PaperBot, PaperFleet } from './paper-fleet.ts'

let db: TestDatabase
let fleet: PaperFleet
let bot: PaperBot
const tenant = 'agent:one'
const owner: Actor = { name: 'cli:test@here', userId: null, role: 'owner', tenant: null, source: 'test' }
const agentOf = (of: string): Actor => ({
  name: 'user:agent',
  userId: null,
  role: 'agent',
  tenant: of,
  source: 'test',
})

beforeEach(async () => {
  db = await createTestDatabase()
  fleet = new PaperFleet(db)
  bot = await fleet.bot('bot-1')
  for (const id of ['ann', 'ben', 'cid']) await fleet.customer(id, tenant, ['bot-1'])
})
afterEach(() => db.drop())

type Service<Input, Output> = (
  tx: Parameters<Parameters<typeof db.database.transaction>[0]>[0],
  actor: Actor,
  input: Input,
) => Promise<Output>
const run = <Input, Output>(service: Service<Input, Output>, input: Input, actor = owner) =>
  db.database.transaction((tx) => service(tx, actor, input))
const create = async (html = '<b>New</b> goods') => (await run(createBroadcast, { tenant, html })).id
const carryOn = async () => {
  while (await db.database.transaction(carryOnBroadcasts));
}

test('a broadcast goes once to every customer whom a bot may write to and who wants it', async () => {
  await fleet.bot('bot-x', 'agent:two')
  await fleet.customer('other', 'agent:two', ['bot-x'])
  for (const [id, assignment] of [
    ['off', 'broadcasts_off_at = now()'],
    ['bad', `blocked_at = now(), blocked_reason = 'x'`],
    ['gone', `erased_at = now(), platform_user_id = 'erased:1'`],
  ] as const) {
    await fleet.customer(id, tenant, ['bot-1'])
    await db.database.query(`update customer set ${assignment} where id = $1`, [id])
  }
  await fleet.customer('never', tenant, [])
  await fleet.customer('blocker', tenant, ['bot-1'])
  await db.database.query(`update customer_chat set blocked_at = now() where customer_id = 'blocker'`)
  const id = await create()
  expect(await fleet.box()).toEqual([])
  await run(startBroadcast, { id })
  await carryOn()
  await carryOn()
  expect(await fleet.box()).toEqual([`ann ${id} queued`, `ben ${id} queued`, `cid ${id} queued`])
  expect((await bot.due()).bulk).toEqual(['ann', 'ben', 'cid'])
  for (const chat of ['ann', 'ben', 'cid']) {
    expect(await bot.deliver(chat, { bulk: true })).toMatchObject({ kind: 'broadcast', html: '<b>New</b> goods' })
  }
  await carryOn()
  expect(await run(showBroadcast, { id })).toMatchObject({
    state: 'done',
    counted: true,
    recipients: 3,
    sent: 3,
    waiting: 0,
  })
})

test('thousands of recipients are queued in batches by whichever server comes, each once', async () => {
  await db.database.query(
    `with p as (
       insert into customer (id, tenant_id, platform, platform_user_id)
       select 'c' || n, $1, 'telegram', 'c' || n from generate_series(1, 3500) as n returning id
     ) insert into customer_chat (instance_id, customer_id, chat_id) select 'bot-1', id, id from p`,
    [tenant],
  )
  const id = await create()
  const first = await run(startBroadcast, { id })
  expect(first).toMatchObject({ state: 'sending', counted: false, recipients: 1000 })
  await Promise.all([carryOn(), carryOn(), carryOn()])
  await carryOn()
  expect(await run(showBroadcast, { id })).toMatchObject({
    state: 'sending',
    counted: true,
    recipients: 3503,
    waiting: 3503,
  })
  expect((await bot.due()).bulk).toHaveLength(20)
})

test('what a person waits for goes before a broadcast that came earlier', async () => {
  await run(startBroadcast, { id: await create() })
  await fleet.tell('ann', 'paid')
  expect((await bot.due()).urgent).toEqual(['ann'])
  expect(await bot.next('ben')).toBeNull()
  expect((await bot.deliver('ann', { bulk: true }))?.payload).toMatchObject({ reason: 'paid' })
  expect(await bot.deliver('ann', { bulk: true })).toMatchObject({ kind: 'broadcast' })
})

test('a pause in the middle stops it, going on finishes it, and a message in hand is not lost', async () => {
  const id = await create()
  await run(startBroadcast, { id })
  await bot.deliver('ann', { bulk: true })
  const inHand = await bot.next('ben', { bulk: true })
  await run(pauseBroadcast, { id })
  expect((await bot.due()).bulk).toEqual([])
  expect(await bot.next('cid', { bulk: true })).toBeNull()
  expect(await bot.settle({ outcome: 'sent', id: inHand?.id ?? 0, messageId: null })).toBe(true)
  await carryOn()
  expect(await run(showBroadcast, { id })).toMatchObject({ state: 'paused', sent: 2, waiting: 1 })
  await run(resumeBroadcast, { id })
  expect((await bot.due()).bulk).toEqual(['cid'])
  expect(await bot.deliver('cid', { bulk: true })).toMatchObject({ kind: 'broadcast' })
  await carryOn()
  expect(await run(showBroadcast, { id })).toMatchObject({ state: 'done', sent: 3 })
})

test('a cancelled broadcast reaches nobody any more', async () => {
  const id = await create()
  await run(startBroadcast, { id })
  await bot.deliver('ann', { bulk: true })
  await run(cancelBroadcast, { id })
  expect(await bot.next('ben', { bulk: true })).toBeNull()
  await carryOn()
  expect(await run(showBroadcast, { id })).toMatchObject({ state: 'cancelled', sent: 1, dropped: 2, waiting: 0 })
})

test('somebody who opts out while it is under way does not get it, and gets what they wait for', async () => {
  await run(startBroadcast, { id: await create() })
  await fleet.tell('ann', 'paid')
  const buyer = { tenant, customerId: 'ann', instanceId: 'bot-1' }
  await setNews(db.database, buyer, { wanted: false })
  expect((await bot.deliver('ann', { bulk: true }))?.payload).toMatchObject({ reason: 'paid' })
  expect(await bot.next('ann', { bulk: true })).toBeNull()
  expect((await fleet.box()).find((line) => line.startsWith('ann') && line.endsWith('dropped'))).toBeDefined()
  await setNews(db.database, buyer, { wanted: true })
  await run(startBroadcast, { id: await create('again') })
  expect(await bot.deliver('ann', { bulk: true })).toMatchObject({ html: 'again' })
})

test('nobody opts out for a customer of another tenant', async () => {
  await setNews(db.database, { tenant: 'agent:two', customerId: 'ann', instanceId: 'bot-x' }, { wanted: false })
  const { rows } = await db.database.query(`select broadcasts_off_at from customer where id = 'ann'`)
  expect(rows).toEqual([{ broadcasts_off_at: null }])
})

test('a preview goes to its author alone, and needs a chat of the author', async () => {
  const id = await create()
  await expect(run(previewBroadcast, { id })).rejects.toMatchObject({ code: 'conflict' })
  await fleet.admin('ann')
  expect(await run(previewBroadcast, { id }, { ...owner, userId: 'ann' })).toBe(1)
  expect(await bot.deliver('ann')).toMatchObject({ kind: 'broadcast', html: '<b>New</b> goods' })
  expect(await run(showBroadcast, { id })).toMatchObject({ state: 'draft', recipients: 0 })
})

test.for([
  ['start', startBroadcast],
  ['pause', pauseBroadcast],
  ['resume', resumeBroadcast],
  ['cancel', cancelBroadcast],
] as const)('%s is refused where the broadcast is over', async ([, service]) => {
  const id = await create()
  await run(cancelBroadcast, { id })
  await expect(run(service, { id })).rejects.toMatchObject({ code: 'conflict' })
})

test('an agent sends to its own customers only', async () => {
  const id = await create()
  const mine = agentOf(tenant)
  const other = agentOf('agent:two')
  for (const service of [startBroadcast, cancelBroadcast, showBroadcast, previewBroadcast]) {
    await expect(run<{ id: number }, unknown>(service, { id }, other)).rejects.toMatchObject({ code: 'not_allowed' })
    await expect(run<{ id: number }, unknown>(service, { id: 99 }, other)).rejects.toMatchObject({
      code: 'not_allowed',
    })
  }
  await expect(run(createBroadcast, { tenant, html: 'x' }, other)).rejects.toMatchObject({ code: 'not_allowed' })
  await expect(run(listBroadcasts, { limit: 9 }, mine)).rejects.toMatchObject({ code: 'not_allowed' })
  expect(await run(startBroadcast, { id }, mine)).toMatchObject({ state: 'sending', recipients: 3 })
  expect(await run(listBroadcasts, { tenant, limit: 9 }, mine)).toHaveLength(1)
})

test('the database itself keeps what a broadcast says, and where it may go from where it is', async () => {
  const id = await create()
  const set = (assignment: string) => db.database.query(`update broadcast set ${assignment} where id = $1`, [id])
  await expect(set(`html = 'other'`)).rejects.toMatchObject({ code: '23001' })
  await expect(set(`state = 'done'`)).rejects.toMatchObject({ code: '23001' })
  await set(`state = 'cancelled'`)
  await expect(set(`state = 'sending'`)).rejects.toMatchObject({ code: '23001' })
})
