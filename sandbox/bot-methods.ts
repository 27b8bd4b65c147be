/** The Bot API's methods by name; each throws `TelegramError` in the real server's words. */

import { type Call, textOf } from './call.ts'
import { getUpdates } from './get-updates.ts'
import {
  answerCallbackQuery,
  deleteMessage,
  editMessageReplyMarkup,
  editMessageText,
  sendMedia,
  sendMessage,
} from './send-methods.ts'
import { refusals } from './telegram-error.ts'

type Method = (call: Call) => unknown

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
  getupdates: ({ world, bot, values, gone }) =>
    getUpdates(world, bot, {
      offset: Number(values['offset'] ?? 0),
      limit: Number(values['limit'] ?? 100),
      timeoutSeconds: Number(values['timeout'] ?? 0),
      allowedUpdates: listOf(values['allowed_updates']),
      gone,
    }),
  sendmessage: sendMessage,
  sendphoto: (call) => sendMedia('photo', call),
  senddocument: (call) => sendMedia('document', call),
  editmessagetext: editMessageText,
  editmessagereplymarkup: editMessageReplyMarkup,
  deletemessage: deleteMessage,
  answercallbackquery: answerCallbackQuery,
  sendchataction: () => true,
  getchat: ({ world, bot, values }) => {
    const person = world.people.get(Number(values['chat_id']))
    if (person === undefined || world.chat(bot, person.id) === undefined) throw refusals.badRequest('chat not found')
    return { id: person.id, type: 'private', first_name: person.first_name, username: person.username }
  },
  getfile: ({ world, values }) => {
    const file = world.files.get(textOf(values, 'file_id') ?? '')
    if (file === undefined) throw refusals.badRequest('wrong file_id or the file is temporarily unavailable')
    return {
      file_id: file.file_id,
      file_unique_id: file.file_id,
      file_size: file.bytes.length,
      file_path: file.file_id,
    }
  },
  setmycommands: ({ world, bot, values }) => {
    const commands = jsonOf(values['commands'])
    if (!Array.isArray(commands)) throw refusals.badRequest("can't parse commands: expected an Array")
    bot.commands.set(textOf(values, 'language_code') ?? '', commands)
    world.changed(bot.id, 0)
    return true
  },
  getmycommands: ({ bot, values }) =>
    bot.commands.get(textOf(values, 'language_code') ?? '') ?? bot.commands.get('') ?? [],
  deletemycommands: ({ bot, values }) => {
    bot.commands.delete(textOf(values, 'language_code') ?? '')
    return true
  },
  setwebhook: ({ world, bot, values }) => {
    const url = textOf(values, 'url') ?? ''
    if (url !== '' && !URL.canParse(url)) throw refusals.badRequest('bad webhook: invalid webhook URL specified')
    const secret = textOf(values, 'secret_token')
    bot.webhook = url === '' ? undefined : { url, secret }
    if (url !== '') bot.poll?.end('webhook')
    world.changes.emit('queued', bot)
    return true
  },
  deletewebhook: ({ bot, values }) => {
    bot.webhook = undefined
    if ((textOf(values, 'drop_pending_updates') ?? 'false') === 'true') bot.updates.length = 0
    return true
  },
  getwebhookinfo: ({ bot }) => ({
    url: bot.webhook?.url ?? '',
    has_custom_certificate: false,
    pending_update_count: bot.updates.length,
  }),
  close: () => {
    throw refusals.tooMany(600)
  },
  logout: () => {
    throw refusals.badRequest('the sandbox has nobody to log out from')
  },
}

/** Runs a method; its name is not case-sensitive, as with the real server. */
export async function runMethod(name: string, call: Call): Promise<unknown> {
  const method = Object.hasOwn(methods, name.toLowerCase()) ? methods[name.toLowerCase()] : undefined
  if (method === undefined) throw refusals.notFound()
  return method(call)
}

function listOf(value: unknown): readonly string[] | undefined {
  const list = jsonOf(value)
  return Array.isArray(list) ? list.map(String) : undefined
}

/** A parameter that is JSON in a form or a query, and a value in a JSON body. */
function jsonOf(value: unknown): unknown {
  if (typeof value !== 'string') return value
  try {
    return JSON.parse(value)
  } catch {
    return undefined
  }
}
