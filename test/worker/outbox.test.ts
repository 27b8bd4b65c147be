/** What bots tell without being asked, through real workers: once, in order, in the recipient's language. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Tx } from '../../db/transaction.ts'
import type { Actor } from '../../domain/actor.ts'
import { type Sandbox, startSandbox } from '../../sandbox/start-sandbox.ts'
import { createBroadcast } from '../../services/outbox/broadcasts/create-broadcast.ts'
import { pauseBroadcast } from '../../services/outbox/broadcasts/pause-broadcast.ts'
import { resumeBroadcast } from '../../services/outbox/broadcasts/resume-broadcast.ts'
import { startBroadcast } from '../../services/outbox/broadcasts/start-broadcast.ts'
import { enqueue, enqueueToAdmins } from '../../services/outbox/enqueue.ts'
import { addStock } from '../../services/stock/add-stock.ts'
import { stopInstance } from '../../services/stop-instance.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { kill, processOf } from '../support/faults.ts'
import { buy } from '../support/goods.ts'
import { ownerActor, Rig } from '../support/rig.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'

let db: TestDatabase
let sandbox: Sandbox
let rig: Rig
let bot: { id: number; token: string }
let instance: string
let ann: number
let annId: string
const tenant = 'agent:one'
type Service<Input, Output> = (tx: Tx, actor: Actor, input: Input) => Promise<Output>

beforeEach(async () => {
  db = await createTestDatabase()
  sandbox = await startSandbox()
  rig = new Rig(db, { TELEGRAM_API_ROOT: sandbox.apiRoot }, 'telegram')
  bot = sandbox.createBot({ name: 'Test Shop', username: 'test_shop_bot' })
  ann = sandbox.addPerson({ firstName: 'Ann', languageCode: 'en' }).id
  instance = await rig.approvedBot('Test Shop', { token: bot.token, tenant })
  await rig.start()
  await rig.until(instance, 'running')
  annId = await arrive(ann)
})
afterEach(async () => {
  await rig.stop()
  await sandbox.stop()
  await db.drop()
})

const waitFor = (check: () => unknown, timeout = 30_000) => vi.waitFor(check, { timeout, interval: 10 })
const say = (text: string, personId = ann) => sandbox.sendText({ personId, botId: bot.id, text })
const heard = (personId = ann, from = bot.id) => sandbox.chat(from, personId).filter(({ from: who }) => who === 'bot')
/** What the bot said after the greeting, by its first line. */
const told = (personId = ann) =>
  heard(personId)
    .slice(1)
    .map(({ text }) => text.split('\n')[0])

/** Lets a person begin with the bot. @returns the customer's id. */
async function arrive(personId: number): Promise<string> {
  say('/id', personId)
  await waitFor(() => expect(heard(personId)).toHaveLength(1))
  const { rows } = await db.database.query<{ id: string }>(
    'select id from customer where tenant_id = $1 and platform_user_id = $2',
    [tenant, String(personId)],
  )
  return rows[0]?.id ?? ''
}

/** A service as the owner. */
const run = <Input, Output>(service: Service<Input, Output>, input: Input) =>
  db.database.transaction((tx) => service(tx, ownerActor, input))

async function states(): Promise<string[]> {
  const { rows } = await db.database.query<{ state: string }>('select state from outbox_message order by id')
  return rows.map(({ state }) => state)
}

/** Tells Ann of a top-up, whose amount tells it apart. */
function tell(amount: string, customerId = annId): Promise<void> {
  return db.database.transaction((tx) =>
    enqueue(tx, {
      tenant,
      customerId,
      kind: 'top_up_confirmed',
      payload: { amount, currency: 'USDT', balance: '9' },
      reference: amount,
    }),
  )
}
/** Without a poke it would be looked for within half a minute. */
const lookedForAfterMs = 10_000
const arrived = (amount: string) => `Your payment has arrived: ${amount} USDT.`

/** Kills the worker in the middle of a planted fault; resolves when the next one runs. */
async function killInTheFault(): Promise<void> {
  await waitFor(() => expect(sandbox.faultsLeft()).toBe(0))
  const { pid } = await rig.show(instance)
  await kill(processOf(pid))
  await rig.until(instance, 'running', (view) => view.pid !== pid)
}

test('a message reaches its chat within a moment, in the language of the person, and is noted as sent', async () => {
  const farid = sandbox.addPerson({ firstName: 'Farid', languageCode: 'fa-IR' }).id
  const faridId = await arrive(farid)
  const began = performance.now()
  await tell('5')
  await waitFor(() => expect(told()).toEqual([arrived('5')]))
  expect(performance.now() - began).toBeLessThan(lookedForAfterMs)
  await tell('7', faridId)
  await waitFor(() => expect(told(farid)[0]).toContain('پرداخت شما رسید'))
  await waitFor(async () => expect(await states()).toEqual(['sent', 'sent']))
})

test('messages of a chat come in their order, and none between a person and the answer', async () => {
  sandbox.plantFault({ kind: 'delay', method: 'sendMessage', chatId: ann, delayMs: 400 })
  say('/help')
  await waitFor(() => expect(sandbox.faultsLeft()).toBe(0))
  for (const amount of ['1', '2', '3']) await tell(amount)
  await waitFor(() => expect(told()).toHaveLength(4))
  expect(told()).toEqual(['How it works', arrived('1'), arrived('2'), arrived('3')])
})

test('many chats at once are all told, each by its own', async () => {
  const people = Array.from({ length: 120 }, (_, index) => {
    const { id } = sandbox.addPerson({ firstName: `P${index}`, languageCode: 'en' })
    say('/id', id)
    return id
  })
  await waitFor(() => expect(people.every((id) => heard(id).length === 1)).toBe(true))
  await db.database.query(
    `select tell_customer(tenant_id, 'top_up_confirmed', '{"amount": "1", "currency": "USDT", "balance": "1"}', 'x', id, null)
     from customer`,
  )
  // By itself: the server looks for what was missed after half a minute.
  await waitFor(() => expect(people.filter((id) => told(id).length === 1)).toHaveLength(120), 15_000)
})

test('goods that fit come as text that can be copied, and the order knows when it was delivered', async () => {
  const order = await buy(db, rig.keyring, { tenant, customerId: annId, instanceId: null, lines: ['a<b>1', 'a<b>2'] })
  await waitFor(() => expect(heard()).toHaveLength(2))
  expect(heard()[1]?.html).toBe(
    `<b>VPN &lt;month&gt;</b>, order ${order}:\n<code>a&lt;b&gt;1</code>\n<code>a&lt;b&gt;2</code>`,
  )
  await waitFor(async () => {
    const { rows } = await db.database.query('select from customer_order where delivered_at is not null')
    expect(rows).toHaveLength(1)
  })
  const { rows } = await db.database.query(`select payload from outbox_message`)
  expect(rows).toEqual([{ payload: { order } }])
})

test.for([
  [4000, 'text'],
  [4090, 'document'],
  [8000, 'document'],
])('goods of %i characters come as %s', async ([length, kind]) => {
  const line = 'x'.repeat(Number(length))
  await buy(db, rig.keyring, { tenant, customerId: annId, instanceId: null, lines: [line] })
  await waitFor(() => expect(heard()).toHaveLength(2))
  const [, goods] = heard()
  expect(goods?.media?.kind ?? 'text').toBe(kind)
  if (kind === 'document') expect(goods?.media).toMatchObject({ name: 'order-1.txt', size: length })
})

test('files come as documents, each once, whatever happens between them', async () => {
  sandbox.plantFault({ kind: 'delay', method: 'sendDocument', chatId: ann, delayMs: 1 })
  sandbox.plantFault({ kind: 'silence_after', method: 'sendDocument', chatId: ann })
  const files = ['one', 'two', 'three'].map((name) => ({ name: `${name}.conf`, content: `content of ${name}` }))
  await buy(db, rig.keyring, { tenant, customerId: annId, instanceId: null, lines: ['line'], files })
  await killInTheFault()
  await waitFor(async () => expect(await states()).toEqual(['sent']))
  expect(
    heard()
      .slice(1)
      .map(({ media }) => media?.name),
  ).toEqual([undefined, 'one.conf', 'two.conf', 'three.conf'])
  expect(heard().filter(({ edited }) => edited)).toEqual([])
})

test.for(['sendMessage', 'sendDocument'])(
  'a worker that is killed when Telegram has what it sent by %s, and has not said so, leaves it there once',
  async (method) => {
    sandbox.plantFault({ kind: 'silence_after', method })
    const line = method === 'sendMessage' ? 'short' : 'x'.repeat(5000)
    await buy(db, rig.keyring, { tenant, customerId: annId, instanceId: null, lines: [line] })
    await killInTheFault()
    await waitFor(async () => expect(await states()).toEqual(['sent']))
    expect(heard()).toHaveLength(2)
    expect(heard()[1]).toMatchObject({ edited: false })
  },
)

test.for(['sendMessage', 'sendDocument'])(
  'a worker that is killed before Telegram has what it sends by %s leaves it to the next one, which sends it once',
  async (method) => {
    sandbox.plantFault({ kind: 'silence', method })
    const line = method === 'sendMessage' ? 'short' : 'x'.repeat(5000)
    await buy(db, rig.keyring, { tenant, customerId: annId, instanceId: null, lines: [line] })
    await killInTheFault()
    await waitFor(async () => expect(await states()).toEqual(['sent']))
    expect(heard()).toHaveLength(2)
  },
)

test('an answer is never taken for a message, nor a message for an answer, when a worker is killed between them', async () => {
  // The message was sent and not noted; a person wrote meanwhile.
  sandbox.plantFault({ kind: 'silence_after', method: 'sendMessage', chatId: ann })
  await tell('5')
  await waitFor(() => expect(sandbox.faultsLeft()).toBe(0))
  say('/help')
  await killInTheFault()
  await waitFor(async () => expect(await states()).toEqual(['sent']))
  await waitFor(() => expect(told()).toEqual([arrived('5'), 'How it works']))
  // The message was not sent: the next worker tells it before it answers, so that only the message lies behind its mark.
  sandbox.plantFault({ kind: 'silence', method: 'sendMessage', chatId: ann })
  await tell('6')
  await waitFor(() => expect(sandbox.faultsLeft()).toBe(0))
  say('/help')
  await killInTheFault()
  await waitFor(async () => expect(await states()).toEqual(['sent', 'sent']))
  await waitFor(() => expect(told()).toEqual([arrived('5'), 'How it works', arrived('6'), 'How it works']))
  expect(heard().filter(({ edited }) => edited)).toEqual([])
})

test('news that a worker was telling when it was killed comes before what waits, which would lie behind its mark', async () => {
  sandbox.plantFault({ kind: 'silence', method: 'sendMessage', chatId: ann })
  const news = await run(createBroadcast, { tenant, html: 'News' })
  await run(startBroadcast, { id: news.id })
  await waitFor(() => expect(sandbox.faultsLeft()).toBe(0))
  await tell('7')
  await killInTheFault()
  await waitFor(() => expect(told()).toEqual(['News', arrived('7')]))
})

test('a send without an outcome is looked for before it is made again', async () => {
  sandbox.plantFault({ kind: 'drop_after', method: 'sendMessage' })
  await tell('5')
  // After the pause of a first attempt, and not when the server looks for what was missed.
  await waitFor(async () => expect(await states()).toEqual(['sent']), 12_000)
  expect(told()).toEqual([arrived('5')])
})

test('a send without an outcome is settled before anything else is said in its chat', async () => {
  sandbox.plantFault({ kind: 'drop_before', method: 'sendMessage', chatId: ann })
  await tell('5')
  await waitFor(() => expect(sandbox.faultsLeft()).toBe(0))
  say('/help')
  await waitFor(() => expect(told()).toEqual([arrived('5'), 'How it works']))
  expect(heard().filter(({ edited }) => edited)).toEqual([])
})

test('the pause that Telegram asks for is kept, and what waits behind it waits, too', async () => {
  sandbox.plantFault({ kind: 'too_many', retryAfterSeconds: 40, method: 'sendMessage' })
  for (const amount of ['1', '2']) await tell(amount)
  await waitFor(async () => expect(await states()).toEqual(['queued', 'queued']))
  await waitFor(async () => {
    const { rows } = await db.database.query(
      `select last_error, extract(epoch from not_before - now())::integer between 38 and 41 as waits
       from outbox_message where attempts = 1`,
    )
    expect(rows).toEqual([{ last_error: 'Telegram: Too Many Requests: retry after 40 (429)', waits: true }])
  })
  // The worker knows by itself when it is due; it is let off the rest.
  await db.database.query(`update outbox_message set not_before = now()`)
  await db.database.query(`select pg_notify('botfleet_outbox', $1)`, [tenant])
  await waitFor(() => expect(told()).toEqual([arrived('1'), arrived('2')]))
})

test('somebody who has blocked the bot is a dead letter at once, and is not written to again', async () => {
  sandbox.setBlocked({ personId: ann, botId: bot.id, blocked: true })
  const isBlocked = async () =>
    (await db.database.query('select from customer_chat where blocked_at is not null')).rowCount === 1
  await waitFor(async () => expect(await isBlocked()).toBe(true))
  // As if nobody had heard of it.
  await db.database.query(`update customer_chat set blocked_at = null`)
  for (const amount of ['1', '2']) await tell(amount)
  await waitFor(async () => expect(await states()).toEqual(['dead', 'queued']))
  expect(await isBlocked()).toBe(true)
})

test('twice a minute the server looks for what nobody was woken for, and for what the clock brings', async () => {
  await db.database.query('alter table outbox_message disable trigger outbox_message_notifies')
  await tell('1')
  await db.database.query('alter table outbox_message enable trigger outbox_message_notifies')
  await db.database.query(
    `insert into tenant_owner (tenant_id, platform, platform_user_id) values ($1, 'telegram', $2)`,
    [tenant, String(ann)],
  )
  await db.database.query(`update instance set expires_at = now() + interval '20 hours'`)
  await waitFor(() => expect(told()).toHaveLength(2), 45_000)
  expect(told()).toContain(arrived('1'))
  expect(told().join()).toContain('expires within a day')
})

test('what is bought by a press arrives behind its answer, at once and without anybody being woken', async () => {
  await rig.stop()
  rig = new Rig(db, { TELEGRAM_API_ROOT: sandbox.apiRoot }, 'telegram')
  await rig.start()
  await rig.until(instance, 'running')
  await buy(db, rig.keyring, { tenant, customerId: annId, instanceId: null, lines: ['first'] })
  await waitFor(() => expect(told()).toHaveLength(1))
  await db.database.query(`select adjust_balance($1, 'USDT', 1000000, 'k', 'test', 'test')`, [annId])
  await db.database.transaction((tx) =>
    addStock(tx, ownerActor, {
      product: 'vpn',
      keyring: rig.keyring,
      source: 'test',
      goods: { lines: Buffer.from('second') },
    }),
  )
  const began = performance.now()
  const [greeting] = heard()
  const data = `pay:vpn:1:${(1_000_000).toString(36)}:abc`
  sandbox.press({ personId: ann, botId: bot.id, messageId: greeting?.message_id ?? 0, data })
  await waitFor(() => expect(heard().at(-1)?.text).toContain('second'))
  expect(performance.now() - began).toBeLessThan(lookedForAfterMs)
  await waitFor(async () => expect(await states()).toEqual(['sent', 'sent']))
})

test('a broadcast keeps its pace, can be paused in the middle, and is left by a press', async () => {
  const people = [ann]
  for (const name of ['Ben', 'Cid', 'Dan']) {
    const id = sandbox.addPerson({ firstName: name, languageCode: 'en' }).id
    people.push(id)
    await arrive(id)
  }
  const { id } = await run(createBroadcast, { tenant, html: '<b>News</b> for <all>' })
  const began = performance.now()
  await run(startBroadcast, { id })
  const got = () => people.filter((person) => told(person).length > 0)
  await waitFor(() => expect(got()).toHaveLength(2))
  await run(pauseBroadcast, { id })
  // Whoever was next is let in at the pace of one a second, and finds nothing.
  await new Promise((resolve) => setTimeout(resolve, 2500))
  expect(got().length).toBeLessThan(4)
  await run(resumeBroadcast, { id })
  await waitFor(() => expect(got()).toHaveLength(4))
  expect(performance.now() - began).toBeGreaterThan(2500)
  const [, news] = heard(ann)
  expect(news?.text).toBe('<b>News</b> for <all>')
  const markup = news?.reply_markup as { inline_keyboard: { callback_data: string }[][] }
  const off = markup.inline_keyboard[0]?.[0]?.callback_data ?? ''
  sandbox.press({ personId: ann, botId: bot.id, messageId: news?.message_id ?? 0, data: off })
  await waitFor(() => expect(told(ann)).toContain('You get no more news from this shop.'))
  const next = await run(createBroadcast, { tenant, html: 'More' })
  await run(startBroadcast, { id: next.id })
  await waitFor(() => expect(people.filter((person) => told(person).includes('More'))).toHaveLength(3))
  expect(told(ann)).not.toContain('More')
})

test('a bot on another server is told as quickly', async () => {
  await rig.start({ server: 'beta' })
  const betaBot = sandbox.createBot({ name: 'Beta', username: 'beta_bot' })
  const beta = await rig.approvedBot('Beta', { token: betaBot.token, server: 'beta', tenant: 'agent:two' })
  await rig.until(beta, 'running')
  sandbox.sendText({ personId: ann, botId: betaBot.id, text: '/id' })
  await waitFor(() => expect(heard(ann, betaBot.id)).toHaveLength(1))
  const began = performance.now()
  await db.database.query(`select tell_chat('agent:two', 'test', '{"shop": "Two"}', 'x', 'telegram', $1)`, [
    String(ann),
  ])
  await waitFor(() => expect(heard(ann, betaBot.id)).toHaveLength(2))
  expect(performance.now() - began).toBeLessThan(lookedForAfterMs)
  expect(told()).toEqual([])
})

test.for([
  [1500, 'is as if nothing had been'],
  [6000, 'is longer than the lease: the next worker finds what was sent'],
])('a database that falls silent for %i ms in the middle of a message %s', async ([silentMs]) => {
  await rig.stop()
  const { proxy, url } = await TcpProxy.toDatabase(db.url)
  rig = new Rig(db, { TELEGRAM_API_ROOT: sandbox.apiRoot }, 'telegram')
  try {
    await rig.start({ url })
    await rig.until(instance, 'running')
    say('/id')
    await waitFor(() => expect(heard()).toHaveLength(2))
    sandbox.plantFault({ kind: 'delay', method: 'sendMessage', chatId: ann, delayMs: 300 })
    await tell('1')
    await waitFor(() => expect(sandbox.faultsLeft()).toBe(0))
    proxy.blackHole()
    await tell('2')
    await new Promise((resolve) => setTimeout(resolve, Number(silentMs)))
    proxy.heal()
    await waitFor(async () => expect(await states()).toEqual(['sent', 'sent']))
    expect(told().slice(1)).toEqual([arrived('1'), arrived('2')])
  } finally {
    proxy.heal()
    await rig.stop()
    await proxy.stop()
  }
})

test('while the database is away nothing is lost and nothing is told twice', async () => {
  sandbox.plantFault({ kind: 'delay', method: 'sendMessage', chatId: ann, delayMs: 300 })
  await tell('1')
  await waitFor(() => expect(sandbox.faultsLeft()).toBe(0))
  await db.database.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and application_name like 'botfleet serve%'`,
  )
  await tell('2')
  await waitFor(async () => expect(await states()).toEqual(['sent', 'sent']))
  expect(told()).toEqual([arrived('1'), arrived('2')])
})

test('a bot that does not run tells its owners through the master bot, and its customers when it is back', async () => {
  const masterBot = sandbox.createBot({ name: 'Master', username: 'master_bot' })
  const master = await rig.approvedBot('Master', { token: masterBot.token })
  await db.database.query(`update instance set is_master = true where id = $1`, [master])
  await rig.until(master, 'running')
  const olga = sandbox.addPerson({ firstName: 'Olga', languageCode: 'ru' }).id
  sandbox.sendText({ personId: olga, botId: masterBot.id, text: '/id' })
  await waitFor(() => expect(heard(olga, masterBot.id)).toHaveLength(1))
  await db.database.query(
    `insert into tenant_owner (tenant_id, platform, platform_user_id) values ($1, 'telegram', $2)`,
    [tenant, String(olga)],
  )
  await db.database.transaction((tx) => stopInstance(tx, ownerActor, { id: instance }))
  await rig.until(instance, 'stopped')
  await tell('1')
  await db.database.transaction((tx) =>
    enqueueToAdmins(tx, { kind: 'low_stock', payload: { product: 'p', name: 'P', left: 0 }, reference: 'p' }),
  )
  await db.database.query(`select tell_owners($1, 'test', '{"shop": "One"}', 'x')`, [tenant])
  await waitFor(() => expect(heard(olga, masterBot.id)).toHaveLength(2))
  expect(heard(olga, masterBot.id)[1]?.text).toBe(`one\nПробное уведомление One: уведомления приходят сюда.`)
  await waitFor(async () => expect(await states()).toEqual(['queued', 'sent']))
  await db.database.query(`update instance set desired = 'running' where id = $1`, [instance])
  await waitFor(() => expect(told()).toEqual([arrived('1')]))
})
