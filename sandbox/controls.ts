/**
 * `/sandbox/...`: what people do, and what tests want to know or to break, as JSON; for the chat page and for other
 * processes. `person_id` and `bot_id` are numbers. Answers are 200, or `{ error, code }` with the failure's status.
 *
 *   POST   bots { name, username?, token? }                 GET bots (`polling`: a poll is open now)
 *   POST   people { first_name, username?, language_code? } GET people
 *   POST   messages { person_id, bot_id, text, date?, reply_to? }
 *   POST   uploads (multipart: person_id, bot_id, caption?, file)
 *   POST   presses { person_id, bot_id, message_id, data }
 *   POST   blocks { person_id, bot_id, blocked }
 *   POST   groups { person_id, bot_id, text, title? }
 *   POST   revocations { bot_id }
 *   POST   faults (see faults.ts)                           GET faults     DELETE faults
 *   GET    chat?bot=&person=[&after=<message_id>&wait=<seconds>]   waits until something newer is there
 *   GET    audit?[bot=][&kind=]                             what went through, oldest first
 *   GET    files/<file_id>                                  GET events     changes, as server-sent events
 *   whatsapp/...                                            see whatsapp-controls.ts
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Failure } from '../domain/failure.ts'
import { type Bot, commandsFor, isOnline } from './bot.ts'
import { isTrue, optionalNumber, required, requiredNumber, textOf, type Values } from './call.ts'
import type { ChatMessage, StoredFile } from './chat.ts'
import { type Faults, readFault } from './faults.ts'
import { pressButton, sendGroupText, sendText, sendFile as sendUpload, setBlocked } from './people.ts'
import { type Body, BodyTooLarge, readBody, UnreadableBody } from './read-body.ts'
import type { FakeWhatsApp } from './whatsapp/start-fake-whatsapp.ts'
import {
  onWhatsAppChange,
  type WhatsAppChange,
  whatsappFile,
  whatsappGets,
  whatsappPosts,
} from './whatsapp-controls.ts'
import type { Change, World } from './world.ts'

const heartbeatMs = 15_000
const waitSecondsMax = 50
const streamsMax = 200
/** A reader that lags this far behind is cut off; it connects anew and reads everything again. */
const streamBytesMax = 1024 * 1024

export interface Controls {
  readonly world: World
  readonly faults: Faults
  /** Undefined where the sandbox has no WhatsApp. */
  readonly whatsapp: FakeWhatsApp | undefined
  streams: number
}

type Post = (controls: Controls, values: Values, body: Body) => unknown

const posts: Record<string, Post> = {
  ...whatsappPosts,
  bots: ({ world }, values) => {
    const name = required(values, 'name')
    const username = textOf(values, 'username') ?? `sandbox_${world.bots.size + 1}_bot`
    const bot = world.createBot({ token: textOf(values, 'token'), name, username })
    return { ...botView(bot), token: bot.token }
  },
  people: ({ world }, values) =>
    world.addPerson({
      firstName: required(values, 'first_name'),
      username: textOf(values, 'username'),
      languageCode: textOf(values, 'language_code'),
    }),
  messages: ({ world }, values) => {
    const text = textOf(values, 'text') ?? ''
    const date = optionalNumber(values, 'date')
    const replyTo = optionalNumber(values, 'reply_to')
    const { message, updateId } = sendText(world, { ...subject(values), text, date, replyTo })
    return { message_id: message.message_id, update_id: updateId }
  },
  uploads: ({ world }, values, { uploads }) => {
    const file = uploads.get('file')
    if (file === undefined) throw new Failure('usage', 'the form has a field "file"')
    const sent = sendUpload(world, { ...subject(values), file, caption: textOf(values, 'caption') })
    return { message_id: sent.message.message_id, update_id: sent.updateId }
  },
  presses: ({ world }, values) => {
    const messageId = requiredNumber(values, 'message_id')
    const press = { ...subject(values), messageId, data: textOf(values, 'data') ?? '' }
    const { updateId, queryId } = pressButton(world, press)
    return { update_id: updateId, query_id: queryId }
  },
  blocks: ({ world }, values) => {
    setBlocked(world, { ...subject(values), blocked: isTrue(values, 'blocked') })
    return {}
  },
  groups: ({ world }, values) => {
    const said = { ...subject(values), text: required(values, 'text'), title: textOf(values, 'title') }
    const { message, updateId } = sendGroupText(world, said)
    return { message_id: message.message_id, update_id: updateId }
  },
  faults: ({ faults }, values) => {
    faults.plant(readFault(values))
    return {}
  },
  revocations: ({ world }, values) => {
    revoke(world, requiredNumber(values, 'bot_id'))
    return {}
  },
}

const gets: Record<string, (controls: Controls, query: URLSearchParams) => unknown> = {
  ...whatsappGets,
  bots: ({ world }) => [...world.bots.values()].map(botView),
  people: ({ world }) => [...world.people.values()],
  faults: ({ faults }) => faults.waiting(),
  audit: ({ world }, query) =>
    world.audit.lines.filter(
      ({ botId, kind }) =>
        (!query.has('bot') || String(botId) === query.get('bot')) && (!query.has('kind') || kind === query.get('kind')),
    ),
  chat: readChat,
}

/** Makes a bot's token worthless, as BotFather's /revoke does: its open poll ends with 401. */
export function revoke(world: World, botId: number): void {
  const bot = world.bots.get(botId)
  if (bot === undefined) throw new Failure('not_found', `the sandbox has no bot ${botId}`)
  bot.revoked = true
  bot.poll?.end('unauthorized')
  bot.webhook?.stop()
  bot.webhook = undefined
  world.changed({ botId, chatId: 0 })
}

/** @returns whether the path was a control's. */
export async function answerControls(
  controls: Controls,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): Promise<boolean> {
  const name = /^\/sandbox\/((?:whatsapp\/)?[a-z]+)(?:$|\/)/.exec(url.pathname)?.[1]
  if (name === undefined) return false
  try {
    if (request.method === 'GET' && name === 'events') streamChanges(controls, response)
    else if (request.method === 'GET' && name === 'files') sendFile(response, storedFile(controls.world, url))
    else if (request.method === 'GET' && name === 'whatsapp/files') {
      sendFile(response, whatsappFile(controls, url.searchParams))
    } else send(response, 200, await answerOne(controls, request, { name, query: url.searchParams }))
  } catch (error) {
    const { httpStatus, message, code } = failureOf(error)
    send(response, httpStatus, { error: message, code })
  } finally {
    request.resume()
  }
  return true
}

async function answerOne(
  controls: Controls,
  request: IncomingMessage,
  { name, query }: { name: string; query: URLSearchParams },
): Promise<unknown> {
  if (request.method === 'GET' && Object.hasOwn(gets, name)) return gets[name]?.(controls, query)
  if (request.method === 'DELETE' && name === 'faults') {
    controls.faults.clear()
    return {}
  }
  const post = request.method === 'POST' && Object.hasOwn(posts, name) ? posts[name] : undefined
  if (post === undefined) throw new Failure('not_found', `no such control: ${request.method ?? ''} ${name}`)
  // A form of a foreign page cannot send either of these without asking first.
  const expected = name === 'uploads' ? 'multipart/form-data' : 'application/json'
  if (request.headers['content-type']?.startsWith(expected) !== true) {
    throw new Failure('usage', `the content type is ${expected}`)
  }
  const body = await readBody(request, new URLSearchParams())
  return post(controls, body.values, body)
}

function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error
  if (error instanceof BodyTooLarge) return new Failure('usage', 'the body is too large')
  if (error instanceof UnreadableBody) return new Failure('usage', error.message)
  return new Failure('internal', 'the sandbox failed', { cause: error })
}

async function readChat({ world }: Controls, query: URLSearchParams): Promise<unknown> {
  const bot = world.bots.get(Number(query.get('bot')))
  const person = world.people.get(Number(query.get('person')))
  if (bot === undefined || person === undefined) throw new Failure('not_found', 'no such bot or person')
  const after = Number(query.get('after') ?? 0)
  const newer = () => (bot.chats.get(person.id) ?? []).filter(({ message_id: id }) => id > after)
  const waitMs = Math.min(waitSecondsMax, Number(query.get('wait') ?? 0)) * 1000
  if (waitMs > 0)
    await untilChanged(world, { botId: bot.id, chatId: person.id, waitMs, done: () => newer().length > 0 })
  return {
    begun: bot.chats.has(person.id),
    blocked: bot.blockedBy.has(person.id),
    commands: commandsFor(bot, person.id, person.language_code ?? ''),
    messages: newer().map(messageView),
  }
}

function untilChanged(
  world: World,
  given: { botId: number; chatId: number; waitMs: number; done: () => boolean },
): Promise<void> {
  return new Promise((resolve) => {
    if (given.done()) return resolve()
    const finish = () => {
      clearTimeout(timer)
      stopListening()
      resolve()
    }
    const timer = setTimeout(finish, given.waitMs)
    timer.unref()
    const stopListening = world.onChange(({ botId, chatId }) => {
      if (botId === given.botId && chatId === given.chatId && given.done()) finish()
    })
  })
}

/** A message as the page sees it. */
function messageView({ media, ...message }: ChatMessage): unknown {
  if (media === undefined) return message
  return { ...message, media: { kind: media.kind, name: media.name, size: media.size, url: fileUrl(media.file_id) } }
}

function fileUrl(fileId: string): string {
  return `/sandbox/files/${encodeURIComponent(fileId)}`
}

/** A bot as the page sees it: without its token. */
function botView(bot: Bot): Record<string, unknown> {
  const { id, name, username } = bot
  // `polling`: a poll is open this moment. `online`: was just now, too, or a webhook is set; does not flicker.
  return { id, name, username, polling: bot.poll !== undefined, online: isOnline(bot), revoked: bot.revoked }
}

/** Changes as server-sent events; what changed is to be read anew. */
function streamChanges(controls: Controls, response: ServerResponse): void {
  if (controls.streams >= streamsMax) throw new Failure('unavailable', `${streamsMax} pages listen already`)
  controls.streams += 1
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  response.write('retry: 1000\n\n')
  const write = (text: string) => {
    if (response.writableLength > streamBytesMax) response.destroy()
    else response.write(text)
  }
  const timer = setInterval(() => write(': still here\n\n'), heartbeatMs)
  const tell = (change: Change | WhatsAppChange) => write(`data: ${JSON.stringify(change)}\n\n`)
  const listeners = [controls.world.onChange(tell), onWhatsAppChange(controls, tell)]
  response.on('close', () => {
    clearInterval(timer)
    for (const stopListening of listeners) stopListening()
    controls.streams -= 1
  })
}

function storedFile(world: World, url: URL): StoredFile {
  const file = world.files.get(url.pathname.slice('/sandbox/files/'.length))
  if (file === undefined) throw new Failure('not_found', 'no such file')
  return file
}

function sendFile(response: ServerResponse, file: Pick<StoredFile, 'name' | 'type' | 'bytes'>): void {
  const isImage = file.type.startsWith('image/')
  response.writeHead(200, {
    'content-type': isImage ? file.type : 'application/octet-stream',
    // Should a browser open it in spite of everything, nothing in it runs.
    'content-security-policy': "default-src 'none'; sandbox",
    'content-disposition': `${isImage ? 'inline' : 'attachment'}; filename*=UTF-8''${encodeURIComponent(file.name)}`,
  })
  response.end(file.bytes)
}

function subject(values: Values): { personId: number; botId: number } {
  return { personId: requiredNumber(values, 'person_id'), botId: requiredNumber(values, 'bot_id') }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  if (response.destroyed || response.headersSent) return
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(JSON.stringify(body))
}
