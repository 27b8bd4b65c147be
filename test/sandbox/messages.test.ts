import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Sandbox, type SandboxPerson, startSandbox } from '../../sandbox/start-sandbox.ts'
import { BotClient } from './bot-client.ts'

let sandbox: Sandbox
let client: BotClient
let ann: SandboxPerson

beforeEach(async () => {
  sandbox = await startSandbox()
  client = new BotClient(sandbox, sandbox.createBot({ name: 'Shop', username: 'shop_bot' }))
  ann = sandbox.person('Ann', { languageCode: 'en' })
  ann.in(client.bot).start()
})
afterEach(async () => {
  vi.useRealTimers()
  await sandbox.stop()
})

const send = (values: Record<string, unknown>) => client.call('sendMessage', { chat_id: ann.id, text: 'x', ...values })
const refused = (values: Record<string, unknown>, method = 'sendMessage') =>
  client.refusal(method, { chat_id: ann.id, text: 'x', ...values })
const keyboard = (data: string, text = 'Yes') => ({ inline_keyboard: [[{ text, callback_data: data }]] })

describe('sendMessage', () => {
  test('gives the message back as the chat shows it, and the audit has it', async () => {
    const { result } = await send({ text: '<b>hi</b> there', parse_mode: 'HTML' })
    expect(result).toMatchObject({
      message_id: 2,
      from: { id: client.bot.id, is_bot: true },
      chat: { id: ann.id, type: 'private', first_name: 'Ann' },
      text: 'hi there',
      entities: [{ type: 'bold', offset: 0, length: 2 }],
    })
    expect(ann.in(client.bot).messages().at(-1)).toMatchObject({
      from: 'bot',
      text: 'hi there',
      html: '<b>hi</b> there',
    })
    expect(sandbox.audit.filter(({ kind }) => kind === 'sent')).toMatchObject([
      { botId: client.bot.id, chatId: ann.id, messageId: 2, text: 'hi there' },
    ])
  })

  test('is refused where the person has not begun, is unknown, or has blocked the bot', async () => {
    const ben = sandbox.person('Ben')
    expect(await refused({ chat_id: ben.id })).toBe('400 Bad Request: chat not found')
    expect(await refused({ chat_id: 12 })).toBe('400 Bad Request: chat not found')
    expect(await refused({ chat_id: '@nobody' })).toBe('400 Bad Request: chat not found')
    expect(await refused({ chat_id: '' })).toBe('400 Bad Request: chat_id is empty')
    sandbox.sendGroupText({ personId: ben.id, botId: client.bot.id, text: 'met in a group' })
    expect(await refused({ chat_id: ben.id })).toBe("403 Forbidden: bot can't initiate conversation with a user")
    ann.in(client.bot).block()
    expect(await refused({})).toBe('403 Forbidden: bot was blocked by the user')
    ann.in(client.bot).unblock()
    expect((await send({})).ok).toBe(true)
  })

  test('has a text of 1 to 4096 characters', async () => {
    expect(await refused({ text: ' \n' })).toBe('400 Bad Request: message text is empty')
    expect(await refused({ text: 'x'.repeat(4097) })).toBe('400 Bad Request: message is too long')
    expect((await send({ text: `<b>${'x'.repeat(4096)}</b>`, parse_mode: 'html' })).ok).toBe(true)
  })

  test('refuses broken HTML and a parse mode that nobody reads here', async () => {
    const html = { text: '<b>open', parse_mode: 'HTML' }
    expect(await refused(html)).toBe(
      `400 Bad Request: can't parse entities: Can't find end tag corresponding to start tag "b"`,
    )
    expect(await refused({ parse_mode: 'MarkdownV2' })).toBe('400 Bad Request: unsupported parse_mode')
  })

  test('takes callback data up to 64 bytes, counted in bytes', async () => {
    expect((await send({ reply_markup: keyboard('x'.repeat(64)) })).ok).toBe(true)
    expect((await send({ reply_markup: JSON.stringify(keyboard('as text')) })).ok).toBe(true)
    for (const data of ['x'.repeat(65), 'é'.repeat(33), '']) {
      expect(await refused({ reply_markup: keyboard(data) })).toBe('400 Bad Request: BUTTON_DATA_INVALID')
    }
  })

  test.each([
    ['{oops', "can't parse reply keyboard markup JSON object"],
    ['[]', 'object expected as reply markup'],
    [{ inline_keyboard: 'x' }, 'field "inline_keyboard" must be of type Array'],
    [{ inline_keyboard: [[{ callback_data: 'x' }]] }, `can't parse inline keyboard button: Can't find field "text"`],
    [
      { inline_keyboard: [[{ text: 'x' }]] },
      "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
    ],
    [
      { inline_keyboard: [[{ text: 'x', url: 'javascript:alert(1)' }]] },
      "inline keyboard button URL 'javascript:alert(1)' is invalid: Wrong HTTP URL",
    ],
    [
      { inline_keyboard: [Array.from({ length: 101 }, () => ({ text: 'x', callback_data: 'y' }))] },
      'reply markup is too long',
    ],
  ])('refuses the keyboard %j', async (markup, why) => {
    expect(await refused({ reply_markup: markup })).toBe(`400 Bad Request: ${why}`)
  })

  test('answers a message that is there', async () => {
    const { result } = await send({ reply_parameters: { message_id: 1 } })
    expect(result).toMatchObject({ reply_to_message: { message_id: 1, text: '/start' } })
    expect(await refused({ reply_parameters: { message_id: 99 } })).toBe(
      '400 Bad Request: message to be replied not found',
    )
    expect((await send({ reply_parameters: { message_id: 99, allow_sending_without_reply: true } })).ok).toBe(true)
  })
})

describe('edits', () => {
  test('change the text and the keyboard in place', async () => {
    const { result } = await send({ text: 'old', reply_markup: keyboard('a') })
    const edited = await client.call('editMessageText', {
      chat_id: ann.id,
      message_id: result['message_id'],
      text: 'new',
      reply_markup: keyboard('b'),
    })
    expect(edited.result).toMatchObject({ text: 'new', reply_markup: keyboard('b') })
    expect(ann.in(client.bot).messages().at(-1)).toMatchObject({ text: 'new', edited: true })
    await client.call('editMessageReplyMarkup', { chat_id: ann.id, message_id: result['message_id'] })
    expect(ann.in(client.bot).messages().at(-1)?.reply_markup).toBeUndefined()
  })

  test('that change nothing are refused', async () => {
    const { result } = await send({ text: 'same', reply_markup: keyboard('a') })
    const same = { message_id: result['message_id'], text: 'same', reply_markup: keyboard('a') }
    const words =
      /^400 Bad Request: message is not modified: specified new message content and reply markup are exactly/
    expect(await refused(same, 'editMessageText')).toMatch(words)
    expect(await refused(same, 'editMessageReplyMarkup')).toMatch(words)
  })

  test('reach only messages of the bot that are there', async () => {
    expect(await refused({ message_id: 99 }, 'editMessageText')).toBe('400 Bad Request: message to edit not found')
    expect(await refused({ message_id: 1 }, 'editMessageText')).toBe("400 Bad Request: message can't be edited")
  })
})

test('deleteMessage removes a message of the last two days', async () => {
  const { result } = await send({})
  expect((await client.call('deleteMessage', { chat_id: ann.id, message_id: result['message_id'] })).result).toBe(true)
  expect(ann.in(client.bot).messages()).toHaveLength(1)
  const gone = { message_id: result['message_id'] }
  expect(await refused(gone, 'deleteMessage')).toBe('400 Bad Request: message to delete not found')
  vi.useFakeTimers({ toFake: ['Date'] })
  vi.setSystemTime(Date.now() + 49 * 3600 * 1000)
  expect(await refused({ message_id: 1 }, 'deleteMessage')).toBe("400 Bad Request: message can't be deleted")
})

describe('a press of a button', () => {
  test('arrives with its data and its message, and again with a new id when it is sent again', async () => {
    await send({ text: 'Choose', reply_markup: keyboard('yes') })
    const chat = ann.in(client.bot)
    const first = chat.press('Yes')
    const second = chat.press('yes')
    expect(second.updateId).toBe((first.updateId ?? 0) + 1)
    const updates = await client.updates({ offset: first.updateId })
    expect(updates).toMatchObject([
      { callback_query: { data: 'yes', from: { id: ann.id }, message: { text: 'Choose', message_id: 2 } } },
      { callback_query: { data: 'yes' } },
    ])
    expect(() => chat.press('No')).toThrow('no message here has a button "No"')
  })

  test('is answered once, and not after 150 seconds', async () => {
    await send({ reply_markup: keyboard('yes') })
    const queryIds = async () =>
      (await client.updates()).flatMap((update) => update['callback_query']?.['id'] ?? []) as unknown as string[]
    ann.in(client.bot).press('Yes')
    const [first] = await queryIds()
    const tooOld = '400 Bad Request: query is too old and response timeout expired or query ID is invalid'
    expect((await client.call('answerCallbackQuery', { callback_query_id: first, text: 'Done' })).result).toBe(true)
    expect(await refused({ callback_query_id: first }, 'answerCallbackQuery')).toBe(tooOld)
    expect(await refused({ callback_query_id: 'made-up' }, 'answerCallbackQuery')).toBe(tooOld)
    expect(sandbox.audit.filter(({ kind }) => kind === 'answered')).toMatchObject([{ queryId: first, text: 'Done' }])
    ann.in(client.bot).press('Yes')
    const [, second] = await queryIds()
    vi.useFakeTimers({ toFake: ['Date'] })
    vi.setSystemTime(Date.now() + 151_000)
    expect(await refused({ callback_query_id: second }, 'answerCallbackQuery')).toBe(tooOld)
  })
})

test('commands are kept by language and scope, and wrong ones are refused', async () => {
  const commands = [{ command: 'start', description: 'Begin' }]
  const persian = [{ command: 'start', description: 'شروع' }]
  await client.call('setMyCommands', { commands })
  await client.call('setMyCommands', { commands: JSON.stringify(persian), language_code: 'fa' })
  expect((await client.call('getMyCommands')).result).toEqual(commands)
  expect((await client.call('getMyCommands', { language_code: 'fa' })).result).toEqual(persian)
  expect((await client.call('getMyCommands', { scope: { type: 'all_private_chats' } })).result).toEqual([])
  await client.call('deleteMyCommands', {})
  expect((await client.call('getMyCommands')).result).toEqual([])
  const upper = { commands: [{ command: 'Start', description: 'x' }] }
  expect(await client.refusal('setMyCommands', upper)).toBe('400 Bad Request: BOT_COMMAND_INVALID')
})

test('getChat and sendChatAction know only chats that were begun', async () => {
  expect((await client.call('getChat', { chat_id: ann.id })).result).toMatchObject({
    type: 'private',
    first_name: 'Ann',
  })
  expect(await client.refusal('getChat', { chat_id: 7 })).toBe('400 Bad Request: chat not found')
  expect((await client.call('sendChatAction', { chat_id: ann.id, action: 'typing' })).result).toBe(true)
  expect(await refused({ action: 'dancing' }, 'sendChatAction')).toBe(
    '400 Bad Request: wrong parameter action in request',
  )
})

test('close and logOut end nothing here', async () => {
  expect((await client.call('close')).status).toBe(429)
  expect((await client.call('logOut')).status).toBe(400)
  expect((await client.call('getMe')).ok).toBe(true)
})
