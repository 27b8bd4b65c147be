/**
 * The sandbox: a Telegram Bot API emulator with a chat page, for the demo and the tests. Loopback only; it keeps
 * everything in memory, within the bounds that world.ts states, and forgets it when it stops.
 */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Failure } from '../domain/failure.ts'
import { answerRequest } from './answer-request.ts'
import type { AuditLine } from './audit.ts'
import type { Bot } from './bot.ts'
import type { ChatMessage, Person } from './chat.ts'
import { revoke } from './controls.ts'
import { type Fault, Faults } from './faults.ts'
import { Pacing, type PacingLimits } from './pacing.ts'
import { type Delivered, pressButton, sendGroupText, sendText, setBlocked } from './people.ts'
import { PersonChat } from './person-chat.ts'
import type { FakeWhatsApp } from './whatsapp/start-fake-whatsapp.ts'
import { World } from './world.ts'

const keepAliveMs = 75_000

export interface SandboxOptions {
  readonly host?: '127.0.0.1' | undefined
  /** 0, the default, takes any free one. */
  readonly port?: number | undefined
  /** Limits on sending, with 429 beyond them; none when left out. */
  readonly pacing?: PacingLimits | undefined
  /**
   * The real server's slowness as well: a second 409 within three seconds comes late, a poll that repeats its offset
   * waits three seconds at least, and a webhook can be set once a second. Off unless asked for.
   */
  readonly strictTiming?: boolean | undefined
  /** A fake WhatsApp whose bots and phones the chat page shows, too; whoever started it stops it. */
  readonly whatsapp?: FakeWhatsApp | undefined
  /** Told of every line of the audit at once, while the connection that caused it is still open. */
  readonly onAudit?: ((line: AuditLine) => void) | undefined
}

export interface Sandbox {
  /** The chat page. */
  readonly url: string
  /** For `TELEGRAM_API_ROOT`. */
  readonly apiRoot: string
  /** What went through, oldest first: polls, deliveries, confirmations, accepted sends, refusals, faults. */
  readonly audit: readonly AuditLine[]
  /** Makes a bot, or gives the bot of this token's id this token. */
  createBot(given: { token?: string | undefined; name: string; username: string }): SandboxBot
  /** Makes a token worthless, as BotFather's /revoke does. */
  revokeToken(botId: number): void
  /** The person of this name, made when there is none yet, and the chats with bots. */
  person(name: string, options?: { username?: string; languageCode?: string }): SandboxPerson
  addPerson(given: { firstName: string; username?: string; languageCode?: string }): Person
  sendText(given: { personId: number; botId: number; text: string; date?: number }): Delivered
  sendGroupText(given: { personId: number; botId: number; text: string; title?: string }): Delivered
  press(given: { personId: number; botId: number; messageId: number; data: string }): { updateId: number | undefined }
  setBlocked(given: { personId: number; botId: number; blocked: boolean }): void
  /** What was said in a chat; `chatId` is a person's id, or a group's. */
  chat(botId: number, chatId: number): readonly ChatMessage[]
  /** Updates that are delivered or waiting and not confirmed. */
  unconfirmed(botId: number): number
  /** Whether a poll waits right now. */
  isPolling(botId: number): boolean
  plantFault(fault: Fault): void
  /** Calls that planted faults still wait for. */
  faultsLeft(): number
  clearFaults(): void
  /** Ends every connection; may be called twice. */
  stop(): Promise<void>
}

export interface SandboxBot {
  readonly id: number
  readonly token: string
  readonly username: string
}

export interface SandboxPerson {
  readonly id: number
  readonly name: string
  in(bot: { readonly id: number }): PersonChat
}

/** Starts a sandbox on loopback. Throws `conflict` when the port is taken. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const world = new World(options.onAudit)
  const faults = new Faults()
  const pacing = options.pacing === undefined ? undefined : new Pacing(options.pacing)
  const { strictTiming = false, whatsapp } = options
  const parts = { world, faults, pacing, strictTiming, whatsapp, streams: 0 }
  const server = createServer((request, response) => {
    answerRequest(parts, request, response).catch(() => response.destroy())
  })
  // Longer than any client keeps an idle connection: closing one under a request would look like a fault.
  server.keepAliveTimeout = keepAliveMs
  const port = await listen(server, options.port ?? 0)
  const url = `http://127.0.0.1:${port}`
  return { url, apiRoot: url, ...inProcess(world, faults), stop: () => stop(world, server) }
}

function inProcess(world: World, faults: Faults): Omit<Sandbox, 'url' | 'apiRoot' | 'stop'> {
  return {
    audit: world.audit.lines,
    createBot: (given) => {
      const { id, token, username } = world.createBot(given)
      return { id, token, username }
    },
    revokeToken: (botId) => revoke(world, botId),
    person: (name, given = {}) => {
      const known = [...world.people.values()].find((person) => person.first_name === name)
      const person = known ?? world.addPerson({ firstName: name, ...given })
      return { id: person.id, name, in: (bot) => new PersonChat(world, person, bot.id) }
    },
    addPerson: (given) => world.addPerson(given),
    sendText: (given) => sendText(world, given),
    sendGroupText: (given) => sendGroupText(world, given),
    press: (given) => pressButton(world, given),
    setBlocked: (given) => setBlocked(world, given),
    chat: (botId, chatId) => botOf(world, botId).chats.get(chatId) ?? [],
    unconfirmed: (botId) => botOf(world, botId).updates.length,
    isPolling: (botId) => botOf(world, botId).poll !== undefined,
    plantFault: (fault) => faults.plant(fault),
    faultsLeft: () => faults.left,
    clearFaults: () => faults.clear(),
  }
}

function botOf(world: World, botId: number): Bot {
  const bot = world.bots.get(botId)
  if (bot === undefined) throw new Failure('not_found', `the sandbox has no bot ${botId}`)
  return bot
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const taken = `port ${port} for the sandbox is taken: choose another with --port`
      reject(cause.code === 'EADDRINUSE' ? new Failure('conflict', taken, { cause }) : cause)
    })
    server.listen(port, '127.0.0.1', resolve)
  })
  return (server.address() as AddressInfo).port
}

async function stop(world: World, server: Server): Promise<void> {
  for (const bot of world.bots.values()) bot.webhook?.stop()
  if (!server.listening) return
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
