/** `/sandbox/...`: the same controls for other processes and for the chat page, as JSON, and changes as an event stream. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { textOf, type Values } from './call.ts'
import type { Fault, Faults } from './faults.ts'
import { pressButton, sendGroupText, sendText, setBlocked, UnknownSubject } from './people.ts'
import { readBody } from './read-body.ts'
import type { Bot, World } from './world.ts'

const heartbeatMs = 15_000

interface Controls {
  readonly world: World
  readonly faults: Faults
}

const posts: Record<string, (controls: Controls, values: Values) => unknown> = {
  bots: ({ world }, values) => {
    const name = textOf(values, 'name') ?? 'Bot'
    const bot = world.createBot({ token: textOf(values, 'token'), name, username: textOf(values, 'username') ?? 'bot' })
    return { ...botJson(bot), token: bot.token }
  },
  people: ({ world }, values) => {
    const firstName = (textOf(values, 'first_name') ?? '').trim().slice(0, 64)
    if (firstName === '') throw new UnknownSubject('a person needs a name')
    const languageCode = textOf(values, 'language_code')
    return world.addPerson({ firstName, languageCode })
  },
  messages: ({ world }, values) => {
    const date = values['date'] === undefined ? undefined : Number(values['date'])
    const { message, updateId } = sendText(world, { ...subject(values), text: textOf(values, 'text') ?? '', date })
    return { message_id: message.message_id, update_id: updateId }
  },
  presses: ({ world }, values) => {
    const { updateId } = pressButton(world, {
      ...subject(values),
      messageId: Number(values['message_id']),
      data: textOf(values, 'data') ?? '',
    })
    return { update_id: updateId }
  },
  blocks: ({ world }, values) => {
    setBlocked(world, { ...subject(values), blocked: values['blocked'] === true })
    return {}
  },
  groups: ({ world }, values) => {
    sendGroupText(world, { ...subject(values), text: textOf(values, 'text') ?? '' })
    return {}
  },
  faults: ({ faults }, values) => {
    faults.plant(values as unknown as Fault)
    return {}
  },
  revocations: ({ world }, values) => {
    const bot = world.bots.get(Number(values['bot_id']))
    if (bot === undefined) throw new UnknownSubject('no such bot')
    bot.revoked = true
    bot.poll?.end('unauthorized')
    return {}
  },
}

const gets: Record<string, (controls: Controls, query: URLSearchParams) => unknown> = {
  bots: ({ world }) => [...world.bots.values()].map(botJson),
  people: ({ world }) => [...world.people.values()],
  audit: ({ world }) => world.audit,
  chat: ({ world }, query) => {
    const bot = world.bots.get(Number(query.get('bot')))
    const personId = Number(query.get('person'))
    const messages = bot?.chats.get(personId) ?? []
    return {
      blocked: bot?.blockedBy.has(personId) ?? false,
      messages: messages.map(({ media, ...message }) => ({
        ...message,
        ...(media === undefined
          ? {}
          : { media: { kind: media.kind, name: media.name, url: `/sandbox/files/${media.file_id}` } }),
      })),
    }
  },
}

/** @returns whether the path was a control's. */
export async function answerControls(
  controls: Controls,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): Promise<boolean> {
  const name = /^\/sandbox\/([a-z]+)/.exec(url.pathname)?.[1]
  if (name === undefined) return false
  if (request.method === 'GET' && name === 'events') streamChanges(controls.world, response)
  else if (request.method === 'GET' && name === 'files') sendFile(controls.world, response, url)
  else await answerOne(controls, request, response, { name, url })
  return true
}

async function answerOne(
  controls: Controls,
  request: IncomingMessage,
  response: ServerResponse,
  { name, url }: { name: string; url: URL },
): Promise<void> {
  try {
    const { values } = await readBody(request, new URLSearchParams())
    const get = request.method === 'GET' && Object.hasOwn(gets, name) ? gets[name] : undefined
    const post = request.method === 'POST' && Object.hasOwn(posts, name) ? posts[name] : undefined
    if (get === undefined && post === undefined) return send(response, 404, { error: 'no such control' })
    send(response, 200, get === undefined ? post?.(controls, values) : get(controls, url.searchParams))
  } catch (error) {
    if (error instanceof UnknownSubject || error instanceof SyntaxError)
      return send(response, 400, { error: error.message })
    throw error
  }
}

function subject(values: Values): { personId: number; botId: number } {
  return { personId: Number(values['person_id']), botId: Number(values['bot_id']) }
}

/** A bot as the page sees it: without its token. */
function botJson(bot: Bot): Record<string, unknown> {
  return {
    id: bot.id,
    name: bot.name,
    username: bot.username,
    polling: bot.poll !== undefined,
    commands: bot.commands.get('') ?? [],
  }
}

/** Changes as server-sent events: `{ botId, personId }`; what changed is to be read anew. */
function streamChanges(world: World, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  response.write('retry: 1000\n\n')
  const onChange = (change: unknown) => response.write(`data: ${JSON.stringify(change)}\n\n`)
  const timer = setInterval(() => response.write(': still here\n\n'), heartbeatMs)
  world.changes.on('change', onChange)
  response.on('close', () => {
    clearInterval(timer)
    world.changes.off('change', onChange)
  })
}

function sendFile(world: World, response: ServerResponse, url: URL): void {
  const file = world.files.get(url.pathname.slice('/sandbox/files/'.length))
  if (file === undefined) return send(response, 404, { error: 'no such file' })
  const isImage = /^image\/(png|jpeg|gif|webp)$/.test(file.type)
  response.writeHead(200, {
    'content-type': isImage ? file.type : 'application/octet-stream',
    'content-disposition': `${isImage ? 'inline' : 'attachment'}; filename*=UTF-8''${encodeURIComponent(file.name)}`,
    'x-content-type-options': 'nosniff',
  })
  response.end(file.bytes)
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response
    .writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
    .end(JSON.stringify(body))
}
