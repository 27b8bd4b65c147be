import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Sandbox, type SandboxPerson, startSandbox } from '../../sandbox/start-sandbox.ts'
import { BotClient } from './bot-client.ts'

let sandbox: Sandbox
let client: BotClient
let ann: SandboxPerson

beforeEach(async () => {
  sandbox = await startSandbox()
  client = new BotClient(sandbox, sandbox.createBot({ name: 'Shop', username: 'shop_bot' }))
  ann = sandbox.person('Ann', { languageCode: 'fa', username: 'ann' })
})
afterEach(() => sandbox.stop())

test('a first /start begins the chat, with the payload of a deep link', async () => {
  ann.in(client.bot).start('ref_7')
  expect(await client.updates()).toMatchObject([
    {
      message: {
        text: '/start ref_7',
        entities: [{ type: 'bot_command', offset: 0, length: 6 }],
        from: { id: ann.id, is_bot: false, first_name: 'Ann', username: 'ann', language_code: 'fa' },
        chat: { id: ann.id, type: 'private' },
      },
    },
  ])
})

test('the person of a name is the same person every time', () => {
  expect(sandbox.person('Ann').id).toBe(ann.id)
  expect(sandbox.person('Ben').id).not.toBe(ann.id)
})

test('a message may be older than now', async () => {
  ann.in(client.bot).say('/id', { date: 1_700_000_000 })
  expect((await client.updates())[0]).toMatchObject({ message: { date: 1_700_000_000 } })
})

test('blocking and unblocking tell the bot, once each', async () => {
  const chat = ann.in(client.bot)
  chat.start()
  chat.block()
  chat.block()
  chat.unblock()
  const [, blocked, unblocked, ...more] = await client.updates()
  expect(blocked).toMatchObject({
    my_chat_member: {
      chat: { id: ann.id, type: 'private' },
      from: { id: ann.id },
      old_chat_member: { status: 'member', user: { id: client.bot.id, is_bot: true } },
      new_chat_member: { status: 'kicked' },
    },
  })
  expect(unblocked).toMatchObject({ my_chat_member: { new_chat_member: { status: 'member' } } })
  expect(more).toEqual([])
})

test('a person who has blocked a bot says nothing to it, and /start lets it back in', async () => {
  const chat = ann.in(client.bot)
  chat.start()
  chat.block()
  expect(() => chat.say('hello?')).toThrow('Ann has blocked @shop_bot')
  chat.start()
  expect((await client.call('sendMessage', { chat_id: ann.id, text: 'back' })).ok).toBe(true)
})

test('a group message comes from a group, and the bot may answer there', async () => {
  const { message } = sandbox.sendGroupText({
    personId: ann.id,
    botId: client.bot.id,
    text: 'hi all',
    title: 'Friends',
  })
  const [update] = await client.updates()
  const chat = update?.['message']?.['chat'] as unknown as { id: number; type: string }
  expect(update).toMatchObject({
    message: { message_id: message.message_id, from: { id: ann.id }, chat: { type: 'supergroup', title: 'Friends' } },
  })
  expect(chat.id).toBeLessThan(-1_000_000_000_000)
  expect((await client.call('sendMessage', { chat_id: chat.id, text: 'hello all' })).result).toMatchObject({
    chat: { id: chat.id, title: 'Friends' },
  })
  expect(sandbox.chat(client.bot.id, chat.id).map(({ text }) => text)).toEqual(['hi all', 'hello all'])
})

test('answer() reads the bot’s messages one after another and waits for the next', async () => {
  const chat = ann.in(client.bot)
  chat.start()
  const say = (text: string) => client.call('sendMessage', { chat_id: ann.id, text })
  await say('one')
  await say('two')
  expect((await chat.answer()).text).toBe('one')
  expect((await chat.answer(/tw./)).text).toBe('two')
  const third = chat.answer('thr')
  await say('three')
  expect((await third).text).toBe('three')
  await expect(chat.answer('never', { timeoutMs: 50 })).rejects.toThrow(/no such message within 50 ms[^]*bot: three/)
})

test('nobody talks to a bot that is not there', () => {
  expect(() => ann.in({ id: 7 })).toThrow('the sandbox has no bot 7')
})
