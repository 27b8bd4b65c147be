/** The Bot API's methods by name; each throws `TelegramError` in the real server's words. */
import type { Command } from './bot.ts'
import { type Call, chatOf, jsonOf, recipientOf, textOf, type Values } from './call.ts'
import { deleteMessage, editMessageCaption, editMessageReplyMarkup, editMessageText } from './edit-methods.ts'
import { getUpdates } from './get-updates.ts'
import { chatJson } from './message-json.ts'
import { sendMedia, sendMessage } from './send-methods.ts'
import { refusals } from './telegram-error.ts'
import { deleteWebhook, getWebhookInfo, setWebhook } from './webhook.ts'

type Method = (call: Call) => unknown

const queryLifeMs = 150_000
const downloadBytesMax = 20 * 1024 * 1024
const commandsMax = 100
const chatActions = new Set([
  'typing',
  'upload_photo',
  'record_video',
  'upload_video',
  'record_voice',
  'upload_voice',
  'upload_document',
  'choose_sticker',
  'find_location',
  'record_video_note',
  'upload_video_note',
])

const methods: Record<string, Method> = {
  getme: ({ bot }) => ({
    id: bot.id,
    is_bot: true,
    first_name: bot.name,
    username: bot.username,
    can_join_groups: true,
    can_read_all_group_messages: false,
    supports_inline_queries: false,
  }),
  getupdates: getUpdates,
  sendmessage: sendMessage,
  sendphoto: (call) => sendMedia('photo', call),
  senddocument: (call) => sendMedia('document', call),
  editmessagetext: editMessageText,
  editmessagecaption: editMessageCaption,
  editmessagereplymarkup: editMessageReplyMarkup,
  deletemessage: deleteMessage,
  answercallbackquery: answerCallbackQuery,
  sendchataction: sendChatAction,
  getchat: (call) => chatJson(chatOf(call)),
  getfile: getFile,
  setmycommands: setMyCommands,
  getmycommands: ({ bot, values }) => bot.commands.get(commandsKey(values)) ?? [],
  deletemycommands: ({ world, bot, values }) => {
    bot.commands.delete(commandsKey(values))
    world.changed({ botId: bot.id, chatId: 0 })
    return true
  },
  setwebhook: setWebhook,
  deletewebhook: deleteWebhook,
  getwebhookinfo: getWebhookInfo,
  // Both end a bot's life at this server; nothing in a fleet may call them on a normal stop.
  close: () => {
    throw refusals.tooMany(600)
  },
  logout: () => {
    throw refusals.badRequest('the sandbox has no cloud to log out from')
  },
}

/** Methods that write into a chat, and so fall under pacing. */
const paced = new Set(['sendmessage', 'sendphoto', 'senddocument', 'editmessagetext', 'editmessagecaption'])

export function isPaced(name: string): boolean {
  return paced.has(name.toLowerCase())
}

/** Runs a method; its name is not case-sensitive, as with the real server. */
export async function runMethod(name: string, call: Call): Promise<unknown> {
  const method = Object.hasOwn(methods, name.toLowerCase()) ? methods[name.toLowerCase()] : undefined
  if (method === undefined) throw refusals.noMethod()
  return method(call)
}

function answerCallbackQuery({ world, bot, values }: Call): unknown {
  const queryId = textOf(values, 'callback_query_id') ?? ''
  const query = bot.queries.get(queryId)
  const text = textOf(values, 'text') ?? ''
  if (text.length > 200) throw refusals.badRequest('MESSAGE_TOO_LONG')
  bot.queries.delete(queryId)
  if (query === undefined || query.askedAtMs < Date.now() - queryLifeMs) {
    throw refusals.badRequest('query is too old and response timeout expired or query ID is invalid')
  }
  world.audit.note(bot.id, { kind: 'answered', queryId, text })
  const alert = textOf(values, 'show_alert') === 'true'
  world.changed({ botId: bot.id, chatId: query.chatId, notice: { text, alert, queryId } })
  return true
}

function sendChatAction(call: Call): unknown {
  const chat = recipientOf(call)
  const action = textOf(call.values, 'action')?.toLowerCase() ?? ''
  if (!chatActions.has(action)) throw refusals.badRequest('wrong parameter action in request')
  call.world.changed({ botId: call.bot.id, chatId: chat.id, typing: true })
  return true
}

function getFile({ world, bot, values }: Call): unknown {
  const file = world.files.get(textOf(values, 'file_id') ?? '')
  if (file === undefined || file.botId !== bot.id) {
    throw refusals.badRequest('invalid file_id')
  }
  if (file.bytes.length > downloadBytesMax) throw refusals.badRequest('file is too big')
  const { file_id, file_unique_id, path: file_path } = file
  return { file_id, file_unique_id, file_size: file.bytes.length, file_path }
}

function setMyCommands({ world, bot, values }: Call): unknown {
  const given = jsonOf(values, 'commands', "can't parse commands JSON object")
  if (!Array.isArray(given)) throw refusals.badRequest("can't parse commands: expected an Array of BotCommand")
  if (given.length > commandsMax) throw refusals.badRequest('BOT_COMMANDS_TOO_MUCH')
  const commands = given.map(readCommand)
  const key = commandsKey(values)
  if (commands.length === 0) bot.commands.delete(key)
  else bot.commands.set(key, commands)
  // Scopes may name chats; those that were used last stay.
  const oldest = bot.commands.keys().next()
  if (bot.commands.size > 1000 && oldest.done !== true) bot.commands.delete(oldest.value)
  world.changed({ botId: bot.id, chatId: 0 })
  return true
}

function readCommand(given: unknown): Command {
  const { command, description } = (typeof given === 'object' && given !== null ? given : {}) as Partial<Command>
  const name = typeof command === 'string' ? command.replace(/^\//, '') : ''
  if (!/^[a-z0-9_]{1,32}$/.test(name)) throw refusals.badRequest('BOT_COMMAND_INVALID')
  if (typeof description !== 'string' || description.length === 0 || description.length > 256) {
    throw refusals.badRequest('BOT_COMMAND_DESCRIPTION_INVALID')
  }
  return { command: name, description }
}

function commandsKey(values: Values): string {
  const scope = jsonOf(values, 'scope', "can't parse BotCommandScope JSON object") as Values | undefined
  const type = textOf(scope ?? {}, 'type') ?? 'default'
  const chat = textOf(scope ?? {}, 'chat_id')
  return `${chat === undefined ? type : `${type}:${chat}`}|${textOf(values, 'language_code') ?? ''}`
}
