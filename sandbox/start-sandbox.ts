/**
 * The sandbox: a Telegram Bot API emulator with a chat page, for the demo and the tests. Loopback only; it keeps
 * everything in memory and forgets it when it stops.
 */
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Failure } from '../domain/failure.ts'
import { answerBotApi } from './bot-api.ts'
import { answerControls } from './controls.ts'
import { deliverWebhook } from './deliver-webhook.ts'
import { type Fault, Faults } from './faults.ts'
import { type Delivered, pressButton, sendGroupText, sendText, setBlocked } from './people.ts'
import { type AuditLine, type Bot, type ChatMessage, type Person, World } from './world.ts'

export interface Sandbox {
  /** The chat page. */
  readonly url: string
  /** For `TELEGRAM_API_ROOT`. */
  readonly apiRoot: string
  readonly audit: readonly AuditLine[]
  createBot(given: { token?: string | undefined; name: string; username: string }): { id: number; token: string }
  /** Makes a token worthless, as BotFather's /revoke does. */
  revokeToken(botId: number): void
  addPerson(given: { firstName: string; username?: string; languageCode?: string }): Person
  sendText(given: { personId: number; botId: number; text: string; date?: number }): Delivered
  sendGroupText(given: { personId: number; botId: number; text: string }): void
  press(given: { personId: number; botId: number; messageId: number; data: string }): void
  setBlocked(given: { personId: number; botId: number; blocked: boolean }): void
  chat(botId: number, personId: number): readonly ChatMessage[]
  /** Updates that are delivered or waiting and not confirmed. */
  unconfirmed(botId: number): number
  isPolling(botId: number): boolean
  plantFault(fault: Fault): void
  /** Calls that planted faults still wait for. */
  faultsLeft(): number
  clearFaults(): void
  stop(): Promise<void>
}

const pageFolder = join(import.meta.dirname, 'page')
const pageFiles: Record<string, { file: string; type: string }> = {
  '/': { file: 'index.html', type: 'text/html; charset=utf-8' },
  '/page.css': { file: 'page.css', type: 'text/css; charset=utf-8' },
  '/page.js': { file: 'page.js', type: 'text/javascript; charset=utf-8' },
  '/safe-html.js': { file: 'safe-html.js', type: 'text/javascript; charset=utf-8' },
}
const loopbackHosts = new Set(['127.0.0.1', 'localhost', '[::1]'])

/** Starts a sandbox on loopback; port 0 takes any free one. Throws `conflict` when the port is taken. */
export async function startSandbox(options: { port?: number } = {}): Promise<Sandbox> {
  const world = new World()
  const faults = new Faults()
  world.changes.on('queued', (bot: Bot) => void deliverWebhook(bot))
  const server = createServer((request, response) => {
    answer({ world, faults }, request, response).catch(() => response.destroy())
  })
  const port = options.port ?? 0
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const taken = `port ${port} for the sandbox is taken: choose another with --port`
      reject(cause.code === 'EADDRINUSE' ? new Failure('conflict', taken, { cause }) : cause)
    })
    server.listen(port, '127.0.0.1', resolve)
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    apiRoot: url,
    audit: world.audit,
    createBot: (given) => world.createBot(given),
    revokeToken: (botId) => {
      const bot = botOf(world, botId)
      bot.revoked = true
      bot.poll?.end('unauthorized')
    },
    addPerson: (given) => world.addPerson(given),
    sendText: (given) => sendText(world, given),
    sendGroupText: (given) => sendGroupText(world, given),
    press: (given) => void pressButton(world, given),
    setBlocked: (given) => setBlocked(world, given),
    chat: (botId, personId) => botOf(world, botId).chats.get(personId) ?? [],
    unconfirmed: (botId) => botOf(world, botId).updates.length,
    isPolling: (botId) => botOf(world, botId).poll !== undefined,
    plantFault: (fault) => faults.plant(fault),
    faultsLeft: () => faults.left,
    clearFaults: () => faults.clear(),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function botOf(world: World, botId: number): Bot {
  const bot = world.bots.get(botId)
  if (bot === undefined) throw new Error(`the sandbox has no bot ${botId}`)
  return bot
}

async function answer(
  parts: { world: World; faults: Faults },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const host = request.headers.host ?? ''
  // A page from elsewhere must not drive the sandbox, be it through a name that resolves here or across origins.
  if (!URL.canParse(`http://${host}`) || !loopbackHosts.has(new URL(`http://${host}`).hostname)) return refuse(response)
  const { origin } = request.headers
  if (origin !== undefined && origin !== `http://${host}`) return refuse(response)
  const url = new URL(request.url ?? '/', `http://${host}`)
  if (await answerBotApi(parts, request, response, url)) return
  if (await answerControls(parts, request, response, url)) return
  const page = pageFiles[url.pathname]
  if (page === undefined) {
    response.writeHead(404, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ ok: false, error_code: 404, description: 'Not Found' }))
    return
  }
  response.writeHead(200, {
    'content-type': page.type,
    'cache-control': 'no-store',
    'content-security-policy':
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  })
  response.end(readFileSync(join(pageFolder, page.file)))
}

function refuse(response: ServerResponse): void {
  response
    .writeHead(403, { 'content-type': 'text/plain' })
    .end('The sandbox talks to its own page on this machine only.\n')
}
