import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Pacing } from '../../sandbox/pacing.ts'
import { type Sandbox, type SandboxPerson, startSandbox } from '../../sandbox/start-sandbox.ts'
import { BotClient } from './bot-client.ts'

let sandbox: Sandbox
let client: BotClient
let ann: SandboxPerson

async function start(options: Parameters<typeof startSandbox>[0] = {}): Promise<void> {
  sandbox = await startSandbox(options)
  client = new BotClient(sandbox, sandbox.createBot({ name: 'Shop', username: 'shop_bot' }))
  ann = sandbox.person('Ann')
  ann.in(client.bot).start()
}

beforeEach(() => start())
afterEach(() => sandbox.stop())

const send = () => client.call('sendMessage', { chat_id: ann.id, text: 'x' })
const saidByBot = () => sandbox.chat(client.bot.id, ann.id).filter(({ from }) => from === 'bot').length

test('429 says how long to wait, in the body and in the header', async () => {
  sandbox.plantFault({ kind: 'too_many', retryAfterSeconds: 7 })
  const { status, description, parameters, headers } = await send()
  expect({ status, description, parameters }).toEqual({
    status: 429,
    description: 'Too Many Requests: retry after 7',
    parameters: { retry_after: 7 },
  })
  expect(headers.get('retry-after')).toBe('7')
  expect((await send()).ok).toBe(true)
})

test('a status hits the method, the bot and the number of calls that it names', async () => {
  const other = new BotClient(sandbox, sandbox.createBot({ name: 'Other', username: 'other_bot' }))
  sandbox.plantFault({
    kind: 'status',
    status: 502,
    description: 'Bad Gateway',
    method: 'getme',
    botId: client.bot.id,
    times: 2,
  })
  expect((await other.call('getMe')).status).toBe(200)
  expect((await send()).status).toBe(200)
  expect((await client.call('getMe')).description).toBe('Bad Gateway')
  expect(sandbox.faultsLeft()).toBe(1)
  expect((await client.call('getMe')).status).toBe(502)
  expect((await client.call('getMe')).status).toBe(200)
  expect(sandbox.audit.filter(({ kind }) => kind === 'fault')).toHaveLength(2)
})

test('a fault of one chat leaves the others and calls about no chat alone', async () => {
  const ben = sandbox.person('Ben')
  ben.in(client.bot).start()
  sandbox.plantFault({ kind: 'status', status: 502, chatId: ben.id })
  expect([(await send()).status, (await client.call('getMe')).status]).toEqual([200, 200])
  expect((await client.call('sendMessage', { chat_id: ben.id, text: 'x' })).status).toBe(502)
})

test('a connection that breaks before has had no effect, one that breaks after has', async () => {
  sandbox.plantFault({ kind: 'drop_before', method: 'sendMessage' })
  await expect(send()).rejects.toThrow('fetch failed')
  expect(saidByBot()).toBe(0)
  sandbox.plantFault({ kind: 'drop_after', method: 'sendMessage' })
  await expect(send()).rejects.toThrow('fetch failed')
  expect(saidByBot()).toBe(1)
})

test('a malformed answer is no JSON and has had no effect', async () => {
  sandbox.plantFault({ kind: 'malformed' })
  await expect(send()).rejects.toThrow(SyntaxError)
  expect(saidByBot()).toBe(0)
})

test('a delay holds the call up, and it takes effect although the client has gone', async () => {
  sandbox.plantFault({ kind: 'delay', delayMs: 300 })
  const startedAt = performance.now()
  await expect(
    client.call('sendMessage', { chat_id: ann.id, text: 'late' }, { signal: AbortSignal.timeout(50) }),
  ).rejects.toThrow()
  expect(saidByBot()).toBe(0)
  expect((await ann.in(client.bot).answer()).text).toBe('late')
  expect(performance.now() - startedAt).toBeGreaterThan(290)
})

test('silence never answers, until the sandbox stops', async () => {
  sandbox.plantFault({ kind: 'silence' })
  const call = send().then(
    () => 'answered',
    () => 'broken',
  )
  expect(await Promise.race([call, new Promise((resolve) => setTimeout(resolve, 200, 'silent'))])).toBe('silent')
  await sandbox.stop()
  expect(await call).toBe('broken')
})

test('a stop ends open polls, may be repeated, and frees the port', async () => {
  const poll = client.call('getUpdates', { timeout: 30, offset: -1 }).catch(() => 'ended')
  await Promise.all([sandbox.stop(), sandbox.stop()])
  await poll
  await sandbox.stop()
  const again = await startSandbox({ port: Number(new URL(sandbox.url).port) })
  await again.stop()
})

test('a taken port is a conflict that names it', async () => {
  const port = Number(new URL(sandbox.url).port)
  await expect(startSandbox({ port })).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining(String(port)),
  })
})

describe('pacing', () => {
  const limits = { perChatBurst: 2, perGroupMinute: 3, perBotSecond: 5 }

  test('is off unless asked for', async () => {
    for (let index = 0; index < 50; index += 1) expect((await send()).ok).toBe(true)
  })

  test('lets a burst through and then answers 429', async () => {
    await sandbox.stop()
    await start({ pacing: limits })
    expect((await send()).ok).toBe(true)
    expect((await send()).ok).toBe(true)
    expect(await send()).toMatchObject({ status: 429, parameters: { retry_after: 2 } })
    expect((await client.call('getMe')).ok).toBe(true)
    expect(saidByBot()).toBe(2)
  })

  test('counts a group by the minute, and all chats of a bot by the second', () => {
    const pacing = new Pacing(limits)
    for (const atMs of [0, 10, 20]) expect(pacing.take(1, -5, atMs)).toBeUndefined()
    expect(pacing.take(1, -5, 1500)).toBe(59)
    expect(pacing.take(1, -5, 60_001)).toBeUndefined()
    for (const chat of [1, 2, 3, 4, 5]) expect(pacing.take(2, chat, 0)).toBeUndefined()
    expect(pacing.take(2, 6, 100)).toBe(1)
    expect(pacing.take(3, 6, 100)).toBeUndefined()
    expect(pacing.take(2, 6, 1001)).toBeUndefined()
  })
})
