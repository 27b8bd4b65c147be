/** What the sandbox remembers stays within bounds, whatever a bot or another process sends. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../sandbox/start-sandbox.ts'
import { BotClient } from './bot-client.ts'

let sandbox: Sandbox
let client: BotClient
let personId: number
let subject: { personId: number; botId: number }

const long = 'x'.repeat(40_000)

beforeEach(async () => {
  sandbox = await startSandbox()
  client = new BotClient(sandbox, sandbox.createBot({ name: 'Shop', username: 'shop_bot' }))
  personId = sandbox.addPerson({ firstName: 'Sam' }).id
  subject = { personId, botId: client.bot.id }
  sandbox.sendText({ ...subject, text: '/start' })
})
afterEach(() => sandbox.stop())

test('a chat keeps its newest 500 messages', () => {
  for (let index = 1; index <= 520; index += 1) sandbox.sendText({ ...subject, text: `line ${index}` })
  const kept = sandbox.chat(client.bot.id, personId)
  expect(kept.length).toBe(500)
  expect([kept[0]?.text, kept.at(-1)?.text]).toEqual(['line 21', 'line 520'])
})

test('a bot that nobody runs keeps its newest 10,000 updates, and the audit its newest lines', () => {
  for (let index = 1; index <= 21_000; index += 1) sandbox.sendText({ ...subject, text: `line ${index}` })
  expect(sandbox.unconfirmed(client.bot.id)).toBe(10_000)
  expect(sandbox.audit.length).toBeLessThanOrEqual(20_000)
})

test('a further bot, person or group than fits is refused with a conflict', () => {
  const fill = (make: (index: number) => void, most: number) => {
    for (let index = 0; index < most; index += 1) make(index)
  }
  const bot = (index: number) => void sandbox.createBot({ name: 'Bot', username: `bot_${index}` })
  const person = () => void sandbox.addPerson({ firstName: 'Ann' })
  const group = (index: number) => void sandbox.sendGroupText({ ...subject, text: 'hi', title: `group ${index}` })
  fill(bot, 499)
  fill(person, 9_999)
  fill(group, 1000)
  expect(() => bot(500)).toThrow('holds 500 bots at most')
  expect(person).toThrow('holds 10000 people at most')
  expect(() => group(1001)).toThrow('holds 1000 groups at most')
  expect(() => group(7)).not.toThrow()
})

test('a further chat than fits is refused with a conflict, and those that were begun go on', () => {
  const people = Array.from({ length: 9_999 }, () => sandbox.addPerson({ firstName: 'Ann' }).id)
  const other = sandbox.createBot({ name: 'Other', username: 'other_bot' }).id
  for (const one of people) sandbox.sendText({ personId: one, botId: client.bot.id, text: '/start' })
  for (const one of [personId, ...people]) sandbox.sendText({ personId: one, botId: other, text: '/start' })
  const third = sandbox.createBot({ name: 'Third', username: 'third_bot' }).id
  expect(() => sandbox.sendText({ personId, botId: third, text: '/start' })).toThrow('holds 20000 chats at most')
  expect(() => sandbox.sendText({ personId, botId: other, text: 'still here' })).not.toThrow()
})

test.each([
  ['a keyboard', { text: 'a', reply_markup: { inline_keyboard: [[{ text: long, callback_data: 'a' }]] } }],
  ['a field that no keyboard has', { text: 'a', reply_markup: { inline_keyboard: [], more: long } }],
])('%s that is too long is refused', async (_what, values) => {
  expect(await client.refusal('sendMessage', { chat_id: personId, ...values })).toBe(
    '400 Bad Request: reply markup is too long',
  )
})

test('markup that is long round a short text is refused as too long', async () => {
  const text = `<a href="https://example.com/${long}">short</a>`
  expect(await client.refusal('sendMessage', { chat_id: personId, text, parse_mode: 'HTML' })).toBe(
    '400 Bad Request: message is too long',
  )
})

test('of an entity only its own fields are kept, and no more than a hundred of them', async () => {
  const entity = { type: 'bold', offset: 0, length: 1, more: 'x'.repeat(2000) }
  const entities = [null, { type: 'bold', offset: 'x', length: 1 }, ...Array.from({ length: 150 }, () => entity)]
  const sent = await client.call('sendMessage', { chat_id: personId, text: 'a', entities })
  const kept = sent.result['entities'] as unknown as unknown[]
  expect(kept.length).toBe(98)
  expect(new Set(kept.map((one) => JSON.stringify(one)))).toEqual(new Set(['{"type":"bold","offset":0,"length":1}']))
})

test('a body beyond a mebibyte is refused unless it is a form', async () => {
  const form = new FormData()
  form.set('chat_id', String(personId))
  form.set('document', new Blob(['x'.repeat(2 * 1024 * 1024)]), 'large.txt')
  expect((await client.call('sendDocument', form)).status).toBe(200)
  expect(await client.refusal('sendMessage', { chat_id: personId, text: 'x'.repeat(1_100_000) })).toBe(
    '413 Request Entity Too Large',
  )
})

describe('what people say is bounded too', () => {
  test.each<[string, string, Record<string, unknown>, string]>([
    ['a name', 'people', { first_name: long }, 'the name of a person has 128 characters at most'],
    [
      'a username',
      'people',
      { first_name: 'A', username: long },
      'the username of a person has 128 characters at most',
    ],
    ['a language', 'people', { first_name: 'A', language_code: long }, 'the language of a person has 128'],
    ['a bot', 'bots', { name: 'A', username: long }, 'the username of a bot has 128 characters at most'],
    ['a press', 'presses', { message_id: 1, data: 'x'.repeat(65) }, 'the data of a press has 64 bytes at most'],
  ])('%s', async (_what, path, values, error) => {
    const response = await fetch(`${sandbox.url}/sandbox/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ person_id: personId, bot_id: client.bot.id, ...values }),
    })
    expect(response.status).toBe(400)
    expect(((await response.json()) as { error: string }).error).toContain(error)
  })
})
