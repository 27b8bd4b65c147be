/** The real Telegram worker under the real supervisor and gateway; only Telegram itself is the sandbox. */
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { identityOf, signalProcess } from '../../runtime/process-identity.ts'
import { type Sandbox, startSandbox } from '../../sandbox/start-sandbox.ts'
import { createLinkCode } from '../../services/create-link-code.ts'
import { createUser } from '../../services/create-user.ts'
import { restartInstance } from '../../services/restart-instance.ts'
import { setToken } from '../../services/set-token.ts'
import { startInstance } from '../../services/start-instance.ts'
import { stopInstance } from '../../services/stop-instance.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { processOf } from '../support/faults.ts'
import { ownerActor, Rig } from '../support/rig.ts'

let db: TestDatabase
let sandbox: Sandbox
let rig: Rig
let bot: { id: number; token: string }
let instance: string
let ann: number

beforeEach(async () => {
  db = await createTestDatabase()
  sandbox = await startSandbox()
  rig = new Rig(db, { TELEGRAM_API_ROOT: sandbox.apiRoot }, 'telegram')
  bot = sandbox.createBot({ name: 'Test Shop', username: 'test_shop_bot' })
  ann = sandbox.addPerson({ firstName: 'Ann', languageCode: 'en' }).id
  instance = await rig.approvedBot('Test Shop', { token: bot.token })
})
afterEach(async () => {
  await rig.stop()
  await sandbox.stop()
  await db.drop()
})

const answers = (personId = ann) => sandbox.chat(bot.id, personId).filter((message) => message.from === 'bot')
const waitFor = (check: () => unknown, timeout = 30_000) => vi.waitFor(check, { timeout, interval: 20 })
const say = (text: string, personId = ann) => sandbox.sendText({ personId, botId: bot.id, text })

test('a bot greets in the language of the person and answers help, id and unknown text', async () => {
  await rig.start()
  await rig.until(instance, 'running')
  const farid = sandbox.addPerson({ firstName: 'Farid <b>', languageCode: 'fa-IR' }).id
  say('/start')
  say('/help')
  say('/id')
  say('hello?')
  say('/start', farid)
  await waitFor(() => expect(answers()).toHaveLength(4))
  expect(answers().map(({ text }) => text.split('\n')[0])).toEqual([
    'Hello Ann, this is Test Shop.',
    'How it works',
    `Your id: ${ann}`,
    'I did not understand that. /help says what I can do.',
  ])
  await waitFor(() => expect(answers(farid)).toHaveLength(1))
  expect(answers(farid)[0]?.html).toContain('Farid &lt;b&gt;')
  expect(answers(farid)[0]?.text).toContain('سلام')
})

test('choosing a language edits the menu in place and is remembered', async () => {
  await rig.start()
  await rig.until(instance, 'running')
  say('/language')
  await waitFor(() => expect(answers()).toHaveLength(1))
  const menu = answers()[0]
  const markup = menu?.reply_markup as { inline_keyboard: { callback_data: string; text: string }[][] } | undefined
  const russian = markup?.inline_keyboard.flat().find(({ text }) => text === 'Русский')
  sandbox.press({ personId: ann, botId: bot.id, messageId: menu?.message_id ?? 0, data: russian?.callback_data ?? '' })
  await waitFor(() => expect(answers()[0]).toMatchObject({ edited: true, text: 'Теперь говорим по-русски.' }))
  say('/help')
  await waitFor(() => expect(answers()).toHaveLength(2))
  expect(answers()[1]?.text).toContain('Как это работает')
})

test('messages of one person are answered in their order, and nobody waits for a slow chat', async () => {
  await rig.start()
  await rig.until(instance, 'running')
  const ben = sandbox.addPerson({ firstName: 'Ben' }).id
  sandbox.plantFault({ kind: 'delay', delayMs: 3000, method: 'sendMessage', chatId: ann })
  for (const text of ['/id', '/help', '/language']) say(text)
  await waitFor(() => expect(sandbox.audit.some(({ kind }) => kind === 'delivered')).toBe(true))
  say('/id', ben)
  await waitFor(() => expect(answers(ben)).toHaveLength(1))
  expect(answers()).toHaveLength(0)
  await waitFor(() => expect(answers()).toHaveLength(3))
  expect(answers().map(({ text }) => text.slice(0, 7))).toEqual(['Your id', 'How it ', 'Which l'])
})

test('a message is confirmed only after it was handled, and a killed worker loses none', async () => {
  await rig.start()
  const { pid } = await rig.until(instance, 'running')
  sandbox.plantFault({ kind: 'delay', delayMs: 60_000, method: 'sendMessage', times: 1 })
  say('/id')
  await waitFor(() => expect(sandbox.faultsLeft()).toBe(0))
  expect(sandbox.unconfirmed(bot.id)).toBe(1)
  signalProcess(processOf(pid), 'SIGKILL')
  await waitFor(() => expect(answers()).toHaveLength(1))
  await waitFor(() => expect(sandbox.unconfirmed(bot.id)).toBe(0))
  const { rows } = await db.database.query<{ n: number }>(
    `select count(*)::int as n from handled_update where answered_at is not null`,
  )
  expect(rows[0]?.n).toBe(1)
})

test('an update that was answered is not answered again when it is delivered again', async () => {
  await rig.start()
  const { pid } = await rig.until(instance, 'running')
  // The answer goes out, but the worker dies before it can confirm.
  await waitFor(() => expect(sandbox.isPolling(bot.id)).toBe(true))
  sandbox.plantFault({ kind: 'status', status: 500, method: 'getUpdates', times: 1000 })
  say('/id')
  await waitFor(() => expect(answers()).toHaveLength(1))
  await waitFor(async () => {
    const { rows } = await db.database.query<{ n: number }>(
      'select count(*)::int as n from handled_update where answered_at is not null',
    )
    expect(rows[0]?.n).toBe(1)
  })
  expect(sandbox.unconfirmed(bot.id)).toBe(1)
  signalProcess(processOf(pid), 'SIGKILL')
  sandbox.clearFaults()
  await waitFor(() => expect(sandbox.unconfirmed(bot.id)).toBe(0))
  say('/help')
  await waitFor(() => expect(answers()).toHaveLength(2))
})

test('a revoked token rests as token_invalid after a handful of calls, and a new one of the same bot revives it', async () => {
  sandbox.revokeToken(bot.id)
  await rig.start()
  const view = await rig.until(instance, 'token_invalid')
  expect(view.last_error).toContain('Telegram refuses the token')
  const fresh = sandbox.createBot({
    name: 'Test Shop',
    username: 'test_shop_bot',
    token: `${bot.id}:another-token-for-tests`,
  })
  await db.database.transaction((tx) =>
    setToken(tx, ownerActor, { id: instance, token: fresh.token, keyring: rig.keyring }),
  )
  await rig.until(instance, 'running')
})

test('a token that is revoked while a bot polls ends it as token_invalid', async () => {
  await rig.start()
  await rig.until(instance, 'running')
  await waitFor(() => expect(sandbox.isPolling(bot.id)).toBe(true))
  sandbox.revokeToken(bot.id)
  await rig.until(instance, 'token_invalid')
})

test('another poller of the same token leads to conflict, without a fight', async () => {
  await rig.start()
  await rig.until(instance, 'running')
  const told = new AbortController()
  const stranger = (async () => {
    while (!told.signal.aborted) {
      await fetch(`${sandbox.apiRoot}/bot${bot.token}/getUpdates?timeout=20`).catch(() => {})
    }
  })()
  const view = await rig.until(instance, 'conflict')
  expect(view.last_error).toContain('another program polls this bot')
  told.abort()
  await rig.stop()
  await sandbox.stop()
  await stranger
})

test('a foreign webhook is reported by its host and removed only when asked', async () => {
  await fetch(
    `${sandbox.apiRoot}/bot${bot.token}/setWebhook?url=${encodeURIComponent('https://shop.example/hook/secret-path')}`,
  )
  await rig.start()
  const view = await rig.until(instance, 'conflict')
  expect(view.last_error).toContain('shop.example')
  expect(view.last_error).not.toContain('secret-path')
  await db.database.transaction((tx) => startInstance(tx, ownerActor, { id: instance, takeWebhook: true }))
  await rig.until(instance, 'running')
})

test('Telegram that does not answer is shown, and the bot runs once it does', async () => {
  sandbox.plantFault({ kind: 'status', status: 502, method: 'getUpdates', times: 2 })
  await rig.start()
  await rig.until(instance, 'connecting', (view) => view.last_error?.includes('Telegram does not answer') === true)
  const view = await rig.until(instance, 'running')
  expect(view.last_error).toBeNull()
})

test('a refusal to hurry is waited for, and the answer still goes out once', async () => {
  await rig.start()
  await rig.until(instance, 'running')
  sandbox.plantFault({ kind: 'too_many', retryAfterSeconds: 1, method: 'sendMessage', times: 1 })
  say('/id')
  await waitFor(() => expect(answers()).toHaveLength(1))
})

test('a send whose outcome is unknown is not repeated', async () => {
  await rig.start()
  await rig.until(instance, 'running')
  sandbox.plantFault({ kind: 'drop_after', method: 'sendMessage', times: 1 })
  say('/id')
  say('/help')
  await waitFor(() => expect(answers()).toHaveLength(2))
  expect(answers().map(({ text }) => text.slice(0, 7))).toEqual(['Your id', 'How it '])
})

test('groups are ignored, and people who block the bot are marked until they come back', async () => {
  await rig.start()
  await rig.until(instance, 'running')
  sandbox.sendGroupText({ personId: ann, botId: bot.id, text: '/start' })
  say('/id')
  await waitFor(() => expect(answers()).toHaveLength(1))
  expect((await db.database.query('select key from handled_update')).rowCount).toBe(1)
  const blocked = async () =>
    (await db.database.query<{ b: boolean }>('select blocked_at is not null as b from customer_chat')).rows.map(
      ({ b }) => b,
    )
  sandbox.setBlocked({ personId: ann, botId: bot.id, blocked: true })
  await vi.waitFor(async () => expect(await blocked()).toEqual([true]), { timeout: 20_000 })
  sandbox.setBlocked({ personId: ann, botId: bot.id, blocked: false })
  await vi.waitFor(async () => expect(await blocked()).toEqual([false]), { timeout: 20_000 })
})

test('of a backlog from a stopped time each chat hears once that the bot was away', async () => {
  const old = Math.floor(Date.now() / 1000) - 3600
  for (const text of ['/start', '/id', '/help']) sandbox.sendText({ personId: ann, botId: bot.id, text, date: old })
  say('/id')
  await rig.start()
  await waitFor(() => expect(answers()).toHaveLength(2))
  expect(answers().map(({ text }) => text.slice(0, 10))).toEqual(['I was away', 'Your id: 5'])
})

test('stopping an idle bot takes no long poll to end, and nothing is confirmed that was not handled', async () => {
  await rig.start()
  const { pid } = await rig.until(instance, 'running')
  await waitFor(() => expect(sandbox.isPolling(bot.id)).toBe(true))
  await db.database.transaction((tx) => stopInstance(tx, ownerActor, { id: instance }))
  await rig.until(instance, 'stopped')
  expect(pid === null ? undefined : identityOf(pid)).toBeUndefined()
  say('/id')
  expect(sandbox.unconfirmed(bot.id)).toBe(1)
  await db.database.transaction((tx) => startInstance(tx, ownerActor, { id: instance }))
  await waitFor(() => expect(answers()).toHaveLength(1))
})

test('a frozen worker handles nothing when it wakes past its deadline', async () => {
  await rig.start()
  const { pid } = await rig.until(instance, 'running')
  const frozen = processOf(pid)
  await waitFor(() => expect(sandbox.isPolling(bot.id)).toBe(true))
  signalProcess(frozen, 'SIGSTOP')
  say('/id')
  // Its successor, started after the hung one was killed, answers once.
  await rig.until(instance, 'running', (view) => view.epoch >= 2)
  await waitFor(() => expect(answers()).toHaveLength(1))
  expect(identityOf(frozen.pid)?.startTicks === frozen.startTicks).toBe(false)
})

test('without its supervisor a worker ends by itself at its deadline and polls no more', async () => {
  const supervisor = await rig.start()
  const { pid } = await rig.until(instance, 'running')
  const worker = processOf(pid)
  // The gateway falls silent, as after kill -9 of the supervisor.
  supervisor.heartbeat = () => {
    throw new Error('gone')
  }
  await waitFor(() => expect(identityOf(worker.pid)?.startTicks === worker.startTicks).toBe(false))
  const polls = sandbox.audit.filter(({ kind }) => kind === 'polled').length
  await db.database.transaction((tx) => stopInstance(tx, ownerActor, { id: instance }))
  await rig.until(instance, 'stopped')
  expect(sandbox.audit.filter(({ kind }) => kind === 'polled').length - polls).toBeLessThan(5)
})

test('the token is in no argument, no environment and no log of the worker', async () => {
  await rig.start()
  const { pid } = await rig.until(instance, 'running')
  sandbox.plantFault({ kind: 'status', status: 500, method: 'sendMessage', times: 1 })
  say('/start')
  say('/id')
  await waitFor(() => expect(answers()).toHaveLength(1))
  const secret = bot.token.split(':')[1] ?? ''
  for (const file of ['cmdline', 'environ'])
    expect(readFileSync(`/proc/${pid ?? 0}/${file}`, 'utf8')).not.toContain(secret)
  expect(readFileSync(`${rig.home}/logs/alpha/${instance}.log`, 'utf8')).not.toContain(secret)
  expect(rig.logLines.join('')).not.toContain(secret)
  const environment = readFileSync(`/proc/${pid ?? 0}/environ`, 'utf8')
    .split('\0')
    .map((line) => line.split('=')[0])
  expect(environment).not.toContain('HOME')
})

test('restart drains the worker and starts another that goes on where it stopped', async () => {
  await rig.start()
  await rig.until(instance, 'running')
  await db.database.transaction((tx) => restartInstance(tx, ownerActor, { id: instance }))
  await rig.until(instance, 'running', (view) => view.epoch === 2)
  say('/id')
  await waitFor(() => expect(answers()).toHaveLength(1))
})

test('a link code of ours binds the chat to its user, once', async () => {
  await rig.start()
  await rig.until(instance, 'running')
  const code = await db.database.transaction(async (tx) => {
    await createUser(tx, ownerActor, {
      username: 'carla',
      password: 'a-long-enough-password',
      role: 'viewer',
      tenant: null,
    })
    return (await createLinkCode(tx, ownerActor, { username: 'carla' })).code
  })
  say(`/start link-${code}`)
  say(`/start link-${code}`)
  await waitFor(() => expect(answers()).toHaveLength(2))
  expect(answers().map(({ text }) => text)).toEqual([
    'This chat now belongs to carla.',
    'This link has been used already. Ask for a new one.',
  ])
})

test('a port that is taken is replaced by the next one', async () => {
  const reserved = (await rig.show(instance)).port ?? 0
  const stranger = createServer()
  await new Promise<void>((resolve) => stranger.listen(reserved, '127.0.0.1', resolve))
  await rig.start()
  const view = await rig.until(instance, 'running')
  expect(view.port).toBe(reserved + 1)
  expect(await (await fetch(`http://127.0.0.1:${reserved + 1}/health`)).json()).toEqual({
    status: 'ok',
    phase: 'running',
  })
  expect((await fetch(`http://127.0.0.1:${reserved + 1}/status`)).status).toBe(401)
  stranger.close()
})

test('a disk that is full for its log does not stop a bot', async () => {
  mkdirSync(`${rig.home}/logs/alpha`, { recursive: true })
  symlinkSync('/dev/full', `${rig.home}/logs/alpha/${instance}.log`)
  await rig.start()
  await rig.until(instance, 'running')
  say('/id')
  await waitFor(() => expect(answers()).toHaveLength(1))
})

test('a credential that does not open is said with the way out, and nothing crashes', async () => {
  await db.database.query(`update instance_credential set sealed = overlay(sealed placing 'AAAA' from 30)`)
  await rig.start()
  const view = await rig.until(instance, 'failed')
  expect(view.last_error).toContain(`set-token ${instance}`)
  await db.database.transaction((tx) =>
    setToken(tx, ownerActor, { id: instance, token: bot.token, keyring: rig.keyring }),
  )
  await rig.until(instance, 'running')
})

test('HTTPS_PROXY reaches the worker', async () => {
  const asked: string[] = []
  const proxy = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', (chunk) => {
      asked.push(chunk.toString().split('\r\n')[0] ?? '')
      socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n')
    })
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  process.env['HTTPS_PROXY'] = `http://127.0.0.1:${(proxy.address() as { port: number }).port}`
  try {
    await rig.stop()
    rig = new Rig(db, { TELEGRAM_API_ROOT: 'https://telegram.invalid' }, 'telegram')
    const other = await rig.approvedBot('Proxied', { token: '900002:sandbox-token-for-tests' })
    await rig.start()
    await rig.until(other, 'connecting', (view) => view.last_error !== null)
    expect(asked[0]).toBe('CONNECT telegram.invalid:443 HTTP/1.1')
  } finally {
    delete process.env['HTTPS_PROXY']
    proxy.close()
  }
})

test('a half-open connection to Telegram is noticed and left', async () => {
  await rig.start()
  await rig.until(instance, 'running')
  sandbox.plantFault({ kind: 'silence', method: 'getUpdates', times: 1 })
  await waitFor(() => expect(sandbox.faultsLeft()).toBe(0))
  say('/id')
  await waitFor(() => expect(answers()).toHaveLength(1), 40_000)
})
