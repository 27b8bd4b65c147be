/** `/bot<token>/<method>` and `/file/bot<token>/<path>`: the Bot API's HTTP side, with faults where they were planted. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { Bot } from './bot.ts'
import { isPaced, runMethod } from './bot-methods.ts'
import type { Fault, Faults } from './faults.ts'
import type { Pacing } from './pacing.ts'
import { BodyTooLarge, readBody, UnreadableBody } from './read-body.ts'
import { refusals, TelegramError } from './telegram-error.ts'
import { botIdOf, type World } from './world.ts'

export interface BotApiParts {
  readonly world: World
  readonly faults: Faults
  readonly pacing: Pacing | undefined
  readonly strictTiming: boolean
}

/** @returns whether the path was the Bot API's. */
export async function answerBotApi(
  parts: BotApiParts,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): Promise<boolean> {
  const file = /^\/file\/bot([^/]+)\/(.+)$/.exec(url.pathname)
  if (file !== null) {
    sendFile(parts.world, response, { token: decode(file[1]), path: decode(file[2]) })
    return true
  }
  const match = /^\/bot([^/]*)(?:\/([^/]*))?\/?$/.exec(url.pathname)
  if (match === null) return false
  const token = decode(match[1])
  const method = decode(match[2])
  const bot = parts.world.botOfToken(token)
  try {
    if (bot === undefined) {
      throw botIdOf(token) === undefined ? refusals.invalidToken() : refusals.unauthorized()
    }
    await answerMethod(parts, request, response, { bot, method, query: url.searchParams })
  } catch (error) {
    const refusal = refusalOf(error)
    if (bot !== undefined) {
      parts.world.audit.note(bot.id, {
        kind: 'refused',
        method: method.slice(0, 64),
        code: refusal.code,
        description: refusal.message,
      })
    }
    sendError(response, refusal)
  } finally {
    // What was not read must not be taken for the next request of this connection.
    request.resume()
  }
  return true
}

async function answerMethod(
  { world, faults, pacing, strictTiming }: BotApiParts,
  request: IncomingMessage,
  response: ServerResponse,
  { bot, method, query }: { bot: Bot; method: string; query: URLSearchParams },
): Promise<void> {
  const gone = new AbortController()
  response.on('close', () => gone.abort())
  const connection = request.socket.remotePort ?? 0
  const { values, uploads } = await readBody(request, query)
  const fault = faults.take(method, { botId: bot.id, chatId: Number(values['chat_id']) })
  if (fault !== undefined) {
    world.audit.note(bot.id, { kind: 'fault', method, fault: fault.kind })
    if (await failsBefore(fault, response)) return
  }
  const waitSeconds = isPaced(method) ? pacing?.take(bot.id, Number(values['chat_id'])) : undefined
  if (waitSeconds !== undefined) throw refusals.tooMany(waitSeconds)
  const call = { world, bot, values, uploads, gone: gone.signal, connection, strictTiming }
  const result = await runMethod(method, call)
  if (fault?.kind === 'silence_after') return
  if (fault?.kind === 'drop_after') response.destroy()
  else send(response, 200, { ok: true, result })
}

/** @returns whether the call is over before it had any effect. */
async function failsBefore(fault: Fault, response: ServerResponse): Promise<boolean> {
  switch (fault.kind) {
    case 'delay':
      // A client that gave up does not stop the server: the call takes effect all the same.
      await delay(fault.delayMs, undefined, { ref: false })
      return false
    case 'drop_after':
    case 'silence_after':
      return false
    case 'drop_before':
      response.destroy()
      return true
    case 'malformed':
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":tru')
      return true
    case 'silence':
      return true
    case 'status':
      throw new TelegramError(fault.status, fault.description ?? 'Internal Server Error')
    case 'too_many':
      throw refusals.tooMany(fault.retryAfterSeconds)
    default:
      throw new Error(`unknown fault ${String(fault satisfies never)}`)
  }
}

/** A path that is no well-formed encoding names nothing. */
function decode(part: string | undefined): string {
  try {
    return decodeURIComponent(part ?? '')
  } catch {
    return ''
  }
}

function sendFile(world: World, response: ServerResponse, { token, path }: { token: string; path: string }): void {
  const bot = world.botOfToken(token)
  if (bot === undefined) return sendError(response, refusals.unauthorized())
  const file = [...world.files.values()].find((stored) => stored.botId === bot.id && stored.path === path)
  if (file === undefined) return sendError(response, refusals.notFound())
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': file.bytes.length })
  response.end(file.bytes)
}

function refusalOf(error: unknown): TelegramError {
  if (error instanceof TelegramError) return error
  if (error instanceof BodyTooLarge) return refusals.tooLarge()
  if (error instanceof UnreadableBody) return refusals.badRequest(`can't parse the request: ${error.message}`)
  return new TelegramError(500, 'Internal Server Error')
}

function sendError(response: ServerResponse, error: TelegramError): void {
  if (response.destroyed || response.headersSent) return
  const { code, message: description, retryAfterSeconds } = error
  if (retryAfterSeconds !== undefined) response.setHeader('retry-after', String(retryAfterSeconds))
  const parameters = retryAfterSeconds === undefined ? {} : { parameters: { retry_after: retryAfterSeconds } }
  send(response, code, { ok: false, error_code: code, description, ...parameters })
}

function send(response: ServerResponse, status: number, body: unknown): void {
  if (response.destroyed) return
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
