/** `sendMessage`, `sendPhoto`, `sendDocument`: what puts a new message into a chat. */
import { type Call, isTrue, jsonOf, recipientOf, textOf, type Values } from './call.ts'
import { type Chat, now, type StoredFile } from './chat.ts'
import { messageJson } from './message-json.ts'
import { parseHtml, type TextEntity } from './parse-html.ts'
import type { Upload } from './read-body.ts'
import { readReplyMarkup } from './reply-markup.ts'
import { refusals } from './telegram-error.ts'

const textMax = 4096
const captionMax = 1024
/** With its markup; what is longer is not read at all. */
const markedUpTextMax = 32 * 1024
const entitiesMax = 100
const photoBytesMax = 10 * 1024 * 1024
const documentBytesMax = 50 * 1024 * 1024

export function sendMessage(call: Call): unknown {
  const chat = recipientOf(call)
  return send(call, chat, readText(call.values))
}

/** An uploaded file, or the id of one that this bot has sent or received before. URLs are not fetched. */
export function sendMedia(kind: 'photo' | 'document', call: Call): unknown {
  const chat = recipientOf(call)
  const caption = readCaption(call.values)
  const file = mediaOf(kind, call)
  const media = { kind, file_id: file.file_id, name: file.name, size: file.bytes.length }
  return send(call, chat, { ...caption, media })
}

function send(
  call: Call,
  chat: Chat,
  content: FormattedText & { media?: { kind: 'photo' | 'document' } & MediaFile },
): unknown {
  const { world, bot, values, connection } = call
  const markup = readReplyMarkup(values)
  const message = world.addMessage(bot, chat.id, {
    ...content,
    from: 'bot',
    date: now(),
    reply_markup: markup,
    replyTo: repliedTo(call, chat),
  })
  world.audit.note(bot.id, {
    kind: 'sent',
    connection,
    chatId: chat.id,
    messageId: message.message_id,
    text: message.text,
  })
  return messageJson(bot, chat, message)
}

interface FormattedText {
  readonly text: string
  readonly entities: readonly TextEntity[]
  /** As it was sent, when that was HTML. */
  readonly html: string | undefined
}

interface MediaFile {
  readonly file_id: string
  readonly name: string
  readonly size: number
}

function mediaOf(kind: 'photo' | 'document', { world, bot, values, uploads }: Call): StoredFile {
  const given = textOf(values, kind)
  const upload = given?.startsWith('attach://') === true ? uploads.get(given.slice(9)) : uploads.get(kind)
  if (upload !== undefined) return world.storeFile(bot, checkUpload(kind, upload), `${kind}s`)
  if (given === undefined || given === '') throw refusals.badRequest(`there is no ${kind} in the request`)
  if (/^https?:/i.test(given)) throw refusals.badRequest('failed to get HTTP URL content')
  const known = world.files.get(given)
  if (known === undefined || known.botId !== bot.id) {
    throw refusals.badRequest('wrong file identifier/HTTP URL specified')
  }
  return known
}

function checkUpload(kind: 'photo' | 'document', upload: Upload): Upload {
  const { length } = upload.bytes
  if (length === 0) throw refusals.badRequest('file must be non-empty')
  if (kind === 'document') {
    if (length > documentBytesMax) throw refusals.tooLarge()
    return { ...upload, type: imageTypeOf(upload.bytes) ?? 'application/octet-stream' }
  }
  if (length > photoBytesMax) throw refusals.badRequest(`file of size ${length} bytes is too big for a photo`)
  const type = imageTypeOf(upload.bytes)
  if (type === undefined) throw refusals.badRequest('IMAGE_PROCESS_FAILED')
  return { ...upload, type }
}

/** By what the bytes are, never by what the sender says they are. */
export function imageTypeOf(bytes: Buffer): string | undefined {
  const head = bytes.subarray(0, 12).toString('latin1')
  if (head.startsWith('\u0089PNG\r\n')) return 'image/png'
  if (head.startsWith('\u00FF\u00D8\u00FF')) return 'image/jpeg'
  if (/^GIF8[79]a/.test(head)) return 'image/gif'
  return head.startsWith('RIFF') && head.endsWith('WEBP') ? 'image/webp' : undefined
}

export function readText(values: Values): FormattedText {
  const formatted = readFormatted(values, 'text', 'entities')
  if (formatted.text.trim() === '') throw refusals.badRequest('message text is empty')
  if (formatted.text.length > textMax) throw refusals.badRequest('message is too long')
  return formatted
}

export function readCaption(values: Values): FormattedText {
  const formatted = readFormatted(values, 'caption', 'caption_entities')
  if (formatted.text.length > captionMax) throw refusals.badRequest('message caption is too long')
  return formatted
}

/** Plain text, HTML, or text with entities. Markdown is not read here: refused, so that nobody relies on it. */
function readFormatted(values: Values, name: string, entityName: string): FormattedText {
  const given = textOf(values, name) ?? ''
  if (given.length > markedUpTextMax) {
    throw refusals.badRequest(name === 'caption' ? 'message caption is too long' : 'message is too long')
  }
  const mode = (textOf(values, 'parse_mode') ?? '').toLowerCase()
  if (mode === 'html') return { ...parseHtml(given), html: given }
  if (mode !== '') throw refusals.badRequest('unsupported parse_mode')
  const entities = jsonOf(values, entityName, "can't parse entities JSON object")
  const read = Array.isArray(entities) ? entities.slice(0, entitiesMax).flatMap(readEntity) : []
  return { text: given, entities: read, html: undefined }
}

/** Only the fields an entity has are kept, and what is no entity is dropped. */
function readEntity(value: unknown): TextEntity[] {
  if (typeof value !== 'object' || value === null) return []
  const { type, offset, length, ...rest } = value as Partial<Record<string, unknown>>
  if (typeof type !== 'string' || type.length > 64) return []
  if (typeof offset !== 'number' || typeof length !== 'number') return []
  if (!Number.isInteger(offset) || !Number.isInteger(length)) return []
  const more = ['url', 'language', 'custom_emoji_id'].flatMap((field) => {
    const text = rest[field]
    return typeof text === 'string' && text.length <= textMax ? [[field, text] as const] : []
  })
  return [{ type, offset, length, ...Object.fromEntries(more) }]
}

function repliedTo({ bot, values }: Call, chat: Chat): number | undefined {
  const parameters = jsonOf(values, 'reply_parameters', "can't parse reply parameters JSON object") as
    | Values
    | undefined
  const id = textOf(parameters ?? {}, 'message_id') ?? textOf(values, 'reply_to_message_id')
  if (id === undefined || id === '0') return undefined
  if (bot.chats.get(chat.id)?.some((message) => message.message_id === Number(id)) === true) return Number(id)
  if (isTrue(parameters ?? values, 'allow_sending_without_reply')) return undefined
  throw refusals.badRequest('message to be replied not found')
}
