/** `/bot<token>/<method>` and `/file/bot<token>/<path>`: the Bot API's HTTP side, with faults where they were planted. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { runMethod } from './bot-methods.ts'
import type { Fault, Faults } from './faults.ts'
import { readBody } from './read-body.ts'
import { refusals, TelegramError } from './telegram-error.ts'
import type { World } from './world.ts'

/** @returns whether the path was the Bot API's. */
export async function answerBotApi(
  parts: { world: World; faults: Faults },
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): Promise<boolean> {
  const { world, faults } = parts
  const file = /^\/file\/bot([^/]+)\/(.+)$/.exec(url.pathname)
  if (file !== null) {
    const stored = world.botOfToken(decodeURIComponent(file[1] ?? '')) && world.files.get(file[2] ?? '')
    if (stored === undefined) sendError(response, refusals.notFound())
    else response.writeHead(200, { 'content-type': stored.type || 'application/octet-stream' }).end(stored.bytes)
    return true
  }
  const match = /^\/bot([^/]+)\/([A-Za-z]+)$/.exec(url.pathname)
  if (match === null) return false
  const method = match[2] ?? ''
  const bot = world.botOfToken(decodeURIComponent(match[1] ?? ''))
  const fault = bot === undefined ? undefined : faults.take(method, bot.id)
  try {
    const { values, uploads } = await readBody(request, url.searchParams)
    if (bot === undefined) throw refusals.unauthorized()
    if (fault !== undefined && (await failedBefore(fault, response))) return true
    const gone = new AbortController()
    response.on('close', () => gone.abort())
    const result = await runMethod(method, { world, bot, values, uploads, gone: gone.signal })
    if (fault?.kind === 'drop_after') response.destroy()
    else send(response, 200, { ok: true, result })
  } catch (error) {
    sendError(response, error instanceof TelegramError ? error : new TelegramError(500, 'Internal Server Error'))
  }
  return true
}

/** @returns whether the call is over before it had any effect. */
async function failedBefore(fault: Fault, response: ServerResponse): Promise<boolean> {
  switch (fault.kind) {
    case 'delay':
      await new Promise((resolve) => setTimeout(resolve, fault.delayMs))
      return false
    case 'drop_after':
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

function sendError(response: ServerResponse, error: TelegramError): void {
  const { code, message: description, retryAfterSeconds } = error
  if (retryAfterSeconds !== undefined) response.setHeader('retry-after', String(retryAfterSeconds))
  const parameters = retryAfterSeconds === undefined ? {} : { parameters: { retry_after: retryAfterSeconds } }
  send(response, code, { ok: false, error_code: code, description, ...parameters })
}

function send(response: ServerResponse, status: number, body: unknown): void {
  if (response.destroyed) return
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
