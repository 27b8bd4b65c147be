/** A worker that is killed between sending an answer and noting it: the next one finds the answer in its chat. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type Sandbox, startSandbox } from '../../sandbox/start-sandbox.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { kill, processOf } from '../support/faults.ts'
import { Rig } from '../support/rig.ts'

let db: TestDatabase
let sandbox: Sandbox
let rig: Rig
let bot: { id: number; token: string }
let instance: string
let ann: number
let ben: number

beforeEach(async () => {
  db = await createTestDatabase()
  sandbox = await startSandbox()
  rig = new Rig(db, { TELEGRAM_API_ROOT: sandbox.apiRoot }, 'telegram')
  bot = sandbox.createBot({ name: 'Test Shop', username: 'test_shop_bot' })
  ann = sandbox.addPerson({ firstName: 'Ann', languageCode: 'en' }).id
  ben = sandbox.addPerson({ firstName: 'Ben', languageCode: 'en' }).id
  instance = await rig.approvedBot('Test Shop', { token: bot.token })
  await rig.start()
  await rig.until(instance, 'running')
})
afterEach(async () => {
  await rig.stop()
  await sandbox.stop()
  await db.drop()
})

const answers = (person = ann) => sandbox.chat(bot.id, person).filter(({ from }) => from === 'bot')
const waitFor = (check: () => unknown) => vi.waitFor(check, { timeout: 30_000, interval: 20 })
const say = (text: string, person = ann) => sandbox.sendText({ personId: person, botId: bot.id, text })

/** Kills the worker while it waits for what Telegram says to its send; resolves when everything is confirmed. */
async function killInTheSend(): Promise<void> {
  await waitFor(() => expect(sandbox.faultsLeft()).toBe(0))
  await kill(processOf((await rig.show(instance)).pid))
  await waitFor(() => expect(sandbox.unconfirmed(bot.id)).toBe(0))
}

test('an answer that went out and was not noted is found, not sent again and not changed', async () => {
  sandbox.plantFault({ kind: 'silence_after', method: 'sendMessage' })
  say('/id')
  await killInTheSend()
  expect(answers()).toMatchObject([{ text: `Your id: ${ann}`, edited: false }])
  say('/help')
  await waitFor(() => expect(answers()).toHaveLength(2))
})

test('an answer that did not go out is sent, once', async () => {
  sandbox.plantFault({ kind: 'silence', method: 'sendMessage' })
  say('/id')
  await killInTheSend()
  expect(answers()).toMatchObject([{ text: `Your id: ${ann}`, edited: false }])
})

test('an answer that is still on its way when its sender dies is waited for, and not sent again', async () => {
  sandbox.plantFault({ kind: 'delay', delayMs: 700, method: 'sendMessage' })
  say('/id')
  await killInTheSend()
  const refused = () => sandbox.audit.flatMap((line) => (line.kind === 'refused' ? [line.description] : []))
  await waitFor(() => expect(refused()).toContainEqual(expect.stringContaining('not modified')))
  expect(answers()).toMatchObject([{ text: `Your id: ${ann}`, edited: false }])
})

test('a menu whose buttons differ each time it is made is found, too', async () => {
  sandbox.plantFault({ kind: 'silence_after', method: 'sendMessage' })
  say('/language')
  await killInTheSend()
  expect(answers()).toMatchObject([{ text: 'Which language shall we speak?' }])
})

test('it is found behind what other chats said meanwhile, and none of that is touched', async () => {
  say('/help')
  await waitFor(() => expect(answers()).toHaveLength(1))
  sandbox.plantFault({ kind: 'silence_after', method: 'sendMessage' })
  say('/id')
  await waitFor(() => expect(sandbox.faultsLeft()).toBe(0))
  for (const text of ['/id', '/help', '/id']) say(text, ben)
  await waitFor(() => expect(answers(ben)).toHaveLength(3))
  await killInTheSend()
  expect(answers().map(({ text }) => text.split('\n')[0])).toEqual(['How it works', `Your id: ${ann}`])
  expect([...answers(), ...answers(ben)].filter(({ edited }) => edited)).toEqual([])
  expect(answers(ben)).toHaveLength(3)
})

test('a second death while looking, and a third after sending, still leave one answer', async () => {
  sandbox.plantFault({ kind: 'silence', method: 'sendMessage' })
  say('/id')
  await waitFor(() => expect(sandbox.faultsLeft()).toBe(0))
  // Ids go on without the answer being sent, so that it will lie far behind the first mark: of one nobody knows whose it is.
  say('/help', ben)
  await waitFor(() => expect(answers(ben)).toHaveLength(1))
  sandbox.plantFault({ kind: 'silence', method: 'editMessageText', chatId: ann })
  const first = (await rig.show(instance)).pid
  for (let count = 0; count < 30; count += 1) sandbox.sendText({ personId: ben, botId: bot.id, text: 'hello', date: 1 })
  await kill(processOf(first))
  await waitFor(() => expect(sandbox.faultsLeft()).toBe(0))
  sandbox.plantFault({ kind: 'silence_after', method: 'sendMessage', chatId: ann })
  const second = await rig.until(instance, 'running', ({ pid }) => pid !== first)
  await kill(processOf(second.pid))
  await killInTheSend()
  expect(answers()).toMatchObject([{ text: `Your id: ${ann}`, edited: false }])
})

test('after a send without outcome nothing is looked for, so that no earlier answer is taken for a later one', async () => {
  // The first answer goes out and its connection breaks; the second, of the same words, does not go out.
  sandbox.plantFault({ kind: 'drop_after', method: 'sendMessage' })
  sandbox.plantFault({ kind: 'silence', method: 'sendMessage' })
  say('/id')
  say('/id')
  await killInTheSend()
  expect(answers()).toHaveLength(2)
})

test('a press on an old message, to a worker that has just begun, puts no later message in its answer’s place', async () => {
  say('/language')
  await waitFor(() => expect(answers()).toHaveLength(1))
  const menu = answers()[0]?.message_id ?? 0
  say('/id')
  await waitFor(() => expect(answers()).toHaveLength(2))
  await waitFor(() => expect(sandbox.unconfirmed(bot.id)).toBe(0))
  const first = (await rig.show(instance)).pid
  await kill(processOf(first))
  await rig.until(instance, 'running', ({ pid }) => pid !== first)
  sandbox.plantFault({ kind: 'silence', method: 'sendMessage', chatId: ann })
  sandbox.press({ personId: ann, botId: bot.id, messageId: menu, data: 'id' })
  await killInTheSend()
  expect(answers().map(({ text }) => text)).toEqual([
    'Which language shall we speak?',
    `Your id: ${ann}`,
    `Your id: ${ann}`,
  ])
  expect(answers().some(({ edited }) => edited)).toBe(false)
})

test('two workers that die within moments leave what the first one has answered as it was', async () => {
  say('/language')
  await waitFor(() => expect(answers()).toHaveLength(1))
  const menu = answers()[0]?.message_id ?? 0
  const press = (data: string) => sandbox.press({ personId: ann, botId: bot.id, messageId: menu, data })
  // Of what the first worker knows the second one hears no more than this message.
  sandbox.plantFault({ kind: 'silence', method: 'sendMessage', chatId: ben })
  say('/id', ben)
  await waitFor(() => expect(sandbox.faultsLeft()).toBe(0))
  press('id')
  await waitFor(() => expect(answers()).toHaveLength(2))
  await vi.waitFor(async () => {
    const { rows } = await db.database.query('select from handled_update where answered_at is not null')
    expect(rows).toHaveLength(2)
  })
  sandbox.plantFault({ kind: 'silence', method: 'sendMessage', chatId: ann })
  press('+help')
  await waitFor(() => expect(sandbox.faultsLeft()).toBe(0))
  await kill(processOf((await rig.show(instance)).pid))
  sandbox.plantFault({ kind: 'silence', method: 'sendMessage', chatId: ann })
  await killInTheSend()
  await waitFor(() => expect(answers()).toHaveLength(3))
  expect(answers().map(({ text }) => text.split('\n')[0])).toEqual([
    'Which language shall we speak?',
    `Your id: ${ann}`,
    'How it works',
  ])
  expect(answers().some(({ edited }) => edited)).toBe(false)
})

test('that a worker was busy, which nobody knows of, is not made a second answer', async () => {
  await db.database.transaction(async (tx) => {
    await tx.query('lock table handled_update')
    say('/id')
    await waitFor(() => expect(answers()).toHaveLength(1))
    sandbox.plantFault({ kind: 'silence_after', method: 'sendMessage', chatId: ann })
    await kill(processOf((await rig.show(instance)).pid))
    // Its last call does not come through.
    await tx.query(
      `select pg_cancel_backend(pid) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
  })
  await killInTheSend()
  await waitFor(() => expect(answers()).toMatchObject([{ text: `Your id: ${ann}`, edited: false }]))
})
