import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type Sandbox, type SandboxPerson, startSandbox } from '../../sandbox/start-sandbox.ts'
import { BotClient } from './bot-client.ts'

let sandbox: Sandbox
let client: BotClient
let ann: SandboxPerson

beforeEach(async () => {
  sandbox = await startSandbox()
  client = new BotClient(sandbox, sandbox.createBot({ name: 'Shop', username: 'shop_bot' }))
  ann = sandbox.person('Ann', { languageCode: 'en' })
})
afterEach(async () => {
  vi.useRealTimers()
  await sandbox.stop()
})

const say = (...texts: string[]) => texts.map((text) => ann.in(client.bot).say(text).updateId ?? 0)
const untilPolling = () => vi.waitFor(() => expect(sandbox.isPolling(client.bot.id)).toBe(true), { interval: 5 })
const texts = (updates: Awaited<ReturnType<BotClient['updates']>>) =>
  updates.map((update) => update['message']?.['text'])

test('getMe tells who the bot is', async () => {
  const { result } = await client.call('getMe')
  expect(result).toMatchObject({ id: client.bot.id, is_bot: true, first_name: 'Shop', username: 'shop_bot' })
})

test('a token that is unknown, replaced, revoked or malformed is unauthorized', async () => {
  const of = async (token: string) => {
    const response = await fetch(`${sandbox.apiRoot}/bot${token}/getMe`)
    return [response.status, ((await response.json()) as { description: string }).description]
  }
  expect(await of('4242:nobody')).toEqual([401, 'Unauthorized'])
  expect(await of('no-token')).toEqual([401, 'Unauthorized: invalid token specified'])
  const bot = sandbox.createBot({ name: 'Old', username: 'old_bot', token: '1001:first-fake' })
  const same = sandbox.createBot({ name: 'Old', username: 'old_bot', token: '1001:second-fake' })
  expect(same.id).toBe(bot.id)
  expect(await of('1001:first-fake')).toEqual([401, 'Unauthorized'])
  expect((await of('1001:second-fake'))[0]).toBe(200)
  sandbox.revokeToken(bot.id)
  expect(await of('1001:second-fake')).toEqual([401, 'Unauthorized'])
})

test('a method nobody knows is not found, and names are not case-sensitive', async () => {
  expect(await client.refusal('sendNonsense')).toBe('404 Not Found: method not found')
  expect(await client.refusal('constructor')).toBe('404 Not Found: method not found')
  expect((await client.call('GETME')).ok).toBe(true)
})

test('updates stay until a larger offset confirms them', async () => {
  const [first = 0, second = 0] = say('one', 'two')
  expect(second).toBe(first + 1)
  expect(texts(await client.updates())).toEqual(['one', 'two'])
  expect(texts(await client.updates())).toEqual(['one', 'two'])
  expect(texts(await client.updates({ offset: second }))).toEqual(['two'])
  expect(await client.updates({ offset: second + 1 })).toEqual([])
  expect(sandbox.unconfirmed(client.bot.id)).toBe(0)
})

test('a negative offset keeps that many of the newest and forgets the rest', async () => {
  say('one', 'two', 'three')
  expect(texts(await client.updates({ offset: -2 }))).toEqual(['two', 'three'])
  expect(texts(await client.updates())).toEqual(['two', 'three'])
})

test('an offset that lies far from every update is not believed', async () => {
  const [id = 0] = say('one')
  expect(texts(await client.updates({ offset: id + 1000 }))).toEqual(['one'])
  expect(texts(await client.updates({ offset: 1 }))).toEqual(['one'])
})

test('limit bounds a batch, and nonsense in it is read as the default', async () => {
  say('one', 'two', 'three')
  expect(texts(await client.updates({ limit: 2 }))).toEqual(['one', 'two'])
  expect(texts(await client.updates({ limit: 0 }))).toEqual(['one'])
  expect(texts(await client.updates({ limit: 'many' }))).toHaveLength(3)
})

test('a waiting poll gets a message the moment it is sent', async () => {
  const poll = client.updates({ timeout: 30 })
  await untilPolling()
  say('hello')
  expect(texts(await poll)).toEqual(['hello'])
})

test('a poll that nothing ends comes back empty after its timeout', async () => {
  const startedAt = performance.now()
  expect(await client.updates({ timeout: 1 })).toEqual([])
  expect(performance.now() - startedAt).toBeGreaterThan(950)
})

test('of two polls the older one ends with 409 and the newer one stays', async () => {
  const older = client.call('getUpdates', { timeout: 30 })
  await untilPolling()
  const newer = client.updates({ timeout: 30 })
  expect(await older).toMatchObject({
    status: 409,
    error_code: 409,
    description: 'Conflict: terminated by other getUpdates request; make sure that only one bot instance is running',
  })
  say('for the newer')
  expect(texts(await newer)).toEqual(['for the newer'])
  const [conflict] = sandbox.audit.filter(({ kind }) => kind === 'conflict')
  const [delivered] = sandbox.audit.filter(({ kind }) => kind === 'delivered')
  expect(conflict).toBeDefined()
  expect(delivered).toMatchObject({ kind: 'delivered', updateIds: [expect.any(Number)] })
})

test('two pollers both get what waits already, and the audit tells them apart', async () => {
  say('seen twice')
  const [one, other] = await Promise.all([client.updates(), client.updates()])
  expect([texts(one ?? []), texts(other ?? [])]).toEqual([['seen twice'], ['seen twice']])
  const deliveries = sandbox.audit.filter((line) => line.kind === 'delivered')
  expect(new Set(deliveries.map(({ pollId }) => pollId)).size).toBe(2)
  expect(new Set(deliveries.map(({ connection }) => connection)).size).toBe(2)
})

test('a poller that goes away frees its place and confirms nothing', async () => {
  const [id = 0] = say('kept')
  const gone = new AbortController()
  const poll = client.updates({ offset: id + 1, timeout: 30 }, { signal: gone.signal }).catch(() => 'gone')
  await untilPolling()
  const before = sandbox.unconfirmed(client.bot.id)
  gone.abort()
  expect(await poll).toBe('gone')
  await vi.waitFor(() => expect(sandbox.isPolling(client.bot.id)).toBe(false))
  say('later')
  expect([before, sandbox.unconfirmed(client.bot.id)]).toEqual([0, 1])
  expect(sandbox.audit.filter(({ kind }) => kind === 'delivered')).toEqual([])
  expect(texts(await client.updates({ timeout: 5 }))).toEqual(['later'])
  expect(sandbox.audit.filter(({ kind }) => kind === 'conflict')).toEqual([])
})

test('what is ready only after the poller has gone does not count as delivered', async () => {
  say('kept')
  sandbox.plantFault({ kind: 'delay', delayMs: 150, method: 'getUpdates' })
  await client.updates({}, { signal: AbortSignal.timeout(50) }).catch(() => {})
  await vi.waitFor(() => expect(sandbox.audit.filter(({ kind }) => kind === 'polled')).toHaveLength(1))
  await client.call('getMe')
  expect(sandbox.audit.filter(({ kind }) => kind === 'delivered')).toEqual([])
  expect(texts(await client.updates())).toEqual(['kept'])
})

test('an open poll ends with 401 when the token is revoked', async () => {
  const poll = client.call('getUpdates', { timeout: 30 })
  await untilPolling()
  sandbox.revokeToken(client.bot.id)
  expect(await poll).toMatchObject({ status: 401, description: 'Unauthorized' })
})

test('allowed_updates is remembered and filters when updates are made, not when they are fetched', async () => {
  say('before')
  await client.updates({ allowed_updates: ['callback_query'] })
  say('lost for good')
  await client.updates({})
  say('lost too')
  await client.updates({ allowed_updates: [] })
  say('after')
  expect(texts(await client.updates())).toEqual(['before', 'after'])
})

test('allowed_updates comes as JSON text in a form, and as nonsense is refused', async () => {
  const get = await fetch(`${client.url('getUpdates')}?allowed_updates=${encodeURIComponent('["callback_query"]')}`)
  expect(get.status).toBe(200)
  say('not asked for')
  expect(await client.updates()).toEqual([])
  expect(await client.refusal('getUpdates', { allowed_updates: '[oops' })).toMatch(/^400 Bad Request: can't parse/)
})

test('a message waits for a day and a press for 150 seconds', async () => {
  await client.updates()
  const chat = ann.in(client.bot)
  chat.start()
  await client.call('sendMessage', {
    chat_id: ann.id,
    text: 'Choose',
    reply_markup: { inline_keyboard: [[{ text: 'Yes', callback_data: 'yes' }]] },
  })
  chat.press('Yes')
  vi.useFakeTimers({ toFake: ['Date'] })
  vi.setSystemTime(Date.now() + 151_000)
  expect(texts(await client.updates())).toEqual(['/start'])
  vi.setSystemTime(Date.now() + 24 * 3600 * 1000)
  expect(await client.updates()).toEqual([])
})

test('parameters come as JSON, as a form, as multipart or in the query', async () => {
  say('hello')
  const chat = { chat_id: String(ann.id), text: 'x' }
  const form = new FormData()
  for (const [name, value] of Object.entries(chat)) form.set(name, value)
  const query = `?${new URLSearchParams(chat).toString()}`
  const ways = [
    client.call('sendMessage', chat),
    client.call('sendMessage', form),
    fetch(client.url('sendMessage'), { method: 'POST', body: new URLSearchParams(chat) }),
    fetch(client.url('sendMessage') + query),
    fetch(client.url('sendMessage') + query, { method: 'POST' }),
  ]
  for (const way of ways) expect((await way).status).toBe(200)
  const broken = await fetch(client.url('sendMessage'), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{oops',
  })
  expect(broken.status).toBe(400)
})

test('update ids start anywhere and grow by one for each bot, message ids from one', async () => {
  const other = new BotClient(sandbox, sandbox.createBot({ name: 'Other', username: 'other_bot' }))
  const [mine = 0] = say('to the first')
  const theirs = ann.in(other.bot).say('to the second')
  expect(mine).toBeGreaterThan(1_000_000)
  expect(theirs.updateId).not.toBe(mine)
  expect(theirs.message.message_id).toBe(1)
  expect(say('again')[0]).toBe(mine + 1)
})

test('with strict timing a second 409 comes three seconds late, and a repeated offset waits three', async () => {
  await sandbox.stop()
  sandbox = await startSandbox({ strictTiming: true })
  client = new BotClient(sandbox, sandbox.createBot({ name: 'Shop', username: 'shop_bot' }))
  const polls = [client.call('getUpdates', { timeout: 20 })]
  await untilPolling()
  polls.push(client.call('getUpdates', { timeout: 20 }))
  const startedAt = performance.now()
  expect((await polls[0])?.status).toBe(409)
  expect(performance.now() - startedAt).toBeLessThan(2500)
  await untilPolling()
  const third = client.call('getUpdates', { timeout: 4 })
  expect((await polls[1])?.status).toBe(409)
  expect(performance.now() - startedAt).toBeGreaterThan(2900)
  await third
  const repeatedAt = performance.now()
  await client.updates({ offset: 5 })
  await client.updates({ offset: 5 })
  expect(performance.now() - repeatedAt).toBeGreaterThan(2900)
})
