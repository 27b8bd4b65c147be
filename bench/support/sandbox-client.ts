/** The sandbox of a run: a process of its own, asked through its `/sandbox/...` controls. */
import { join } from 'node:path'
import type { AuditLine } from '../../sandbox/audit.ts'
import type { ChatMessage } from '../../sandbox/chat.ts'
import { inlineButtonsOf } from '../../sandbox/person-chat.ts'
import { Child } from './child.ts'
import { until } from './wait.ts'

const program = join(import.meta.dirname, '..', 'programs', 'sandbox.ts')
/** The 409 of Telegram's other poller would end a telegraf bot, so a token is used by one program only. */
let nextBotId = 5_000_001

export interface SandboxBot {
  readonly botId: number
  readonly token: string
}

export interface Button {
  readonly messageId: number
  readonly data: string
}

const answerSecondsMax = 50

export class SandboxClient {
  readonly url: string
  readonly #child: Child
  readonly #signal: AbortSignal

  private constructor(child: Child, url: string, signal: AbortSignal) {
    this.#child = child
    this.url = url
    this.#signal = signal
  }

  static async start(signal: AbortSignal): Promise<SandboxClient> {
    const child = new Child({ command: process.execPath, args: [program], signal })
    const [url] = await child.line(/^http:.*$/)
    return new SandboxClient(child, url, signal)
  }

  async addBots(count: number): Promise<SandboxBot[]> {
    const bots: SandboxBot[] = []
    for (let index = 0; index < count; index += 1) {
      const botId = nextBotId++
      const token = `${botId}:sandbox-token-for-the-bench`
      await this.#post('bots', { token, name: `Bench ${botId}`, username: `bench_${botId}_bot` })
      bots.push({ botId, token })
    }
    return bots
  }

  async addPerson(): Promise<number> {
    const { id } = (await this.#post('people', { first_name: 'Ann', language_code: 'en' })) as { id: number }
    return id
  }

  async say(botId: number, personId: number, text: string): Promise<{ message_id: number; update_id: number }> {
    const body = { bot_id: botId, person_id: personId, text }
    return (await this.#post('messages', body)) as { message_id: number; update_id: number }
  }

  /** What went through, oldest first. */
  async audit(query: { bot?: number; kind?: AuditLine['kind'] } = {}): Promise<AuditLine[]> {
    const words = new URLSearchParams(
      Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]),
    )
    return (await this.#get(`audit?${words.toString()}`)) as AuditLine[]
  }

  /** Says something and waits for the answer. */
  async ask(botId: number, personId: number, text: string): Promise<void> {
    const { message_id: said } = await this.say(botId, personId, text)
    await this.answer(botId, personId, said)
  }

  /** Waits for what comes into a chat after a message. */
  async answer(botId: number, personId: number, after: number): Promise<ChatMessage> {
    const [first] = await this.#messages(`bot=${botId}&person=${personId}&after=${after}&wait=${answerSecondsMax}`)
    this.#signal.throwIfAborted()
    if (first === undefined) throw new Error(`bot ${botId} did not answer within ${answerSecondsMax} s`)
    return first
  }

  /** Waits for a button whose data begins so on the newest message of a chat, which is what a person looks at. */
  button(botId: number, personId: number, begins: string): Promise<Button> {
    const look = async () => {
      const newest = (await this.#messages(`bot=${botId}&person=${personId}`)).at(-1)
      if (newest === undefined) return undefined
      const found = inlineButtonsOf(newest).find(({ callback_data: data }) => data?.startsWith(begins))
      if (found?.callback_data === undefined) return undefined
      return { messageId: newest.message_id, data: found.callback_data }
    }
    return until(look, { signal: this.#signal, what: `a button ${begins} of bot ${botId}`, everyMs: 100 })
  }

  /** Presses a button. @returns the update that the bot gets. */
  async press(botId: number, personId: number, { messageId, data }: Button): Promise<number> {
    const body = { bot_id: botId, person_id: personId, message_id: messageId, data }
    return ((await this.#post('presses', body)) as { update_id: number }).update_id
  }

  /** When, after a moment, each of these bots first polled; waits until all have. */
  firstPolls(bots: readonly SandboxBot[], sinceMs: number, limitMs = 120_000): Promise<number[]> {
    const wanted = new Set(bots.map(({ botId }) => botId))
    const look = async () => {
      const first = new Map<number, number>()
      for (const { botId, atMs } of await this.audit({ kind: 'polled' })) {
        if (atMs >= sinceMs && wanted.has(botId) && !first.has(botId)) first.set(botId, atMs)
      }
      return first.size === wanted.size ? [...first.values()] : undefined
    }
    return until(look, { signal: this.#signal, what: `polls of ${wanted.size} bots`, limitMs, everyMs: 100 })
  }

  /** When the bot's first answer after a moment went out. */
  async answerAfter(botId: number, sinceMs: number, limitMs = 60_000): Promise<number> {
    const look = async () => (await this.audit({ bot: botId, kind: 'sent' })).find(({ atMs }) => atMs >= sinceMs)?.atMs
    return until(look, { signal: this.#signal, what: `an answer of bot ${botId}`, limitMs, everyMs: 20 })
  }

  stop(): Promise<void> {
    return this.#child.close()
  }

  async #messages(query: string): Promise<ChatMessage[]> {
    return ((await this.#get(`chat?${query}`)) as { messages: ChatMessage[] }).messages
  }

  async #get(path: string): Promise<unknown> {
    return this.#read(await fetch(`${this.url}/sandbox/${path}`))
  }

  async #post(path: string, body: unknown): Promise<unknown> {
    const headers = { 'content-type': 'application/json' }
    return this.#read(
      await fetch(`${this.url}/sandbox/${path}`, { method: 'POST', headers, body: JSON.stringify(body) }),
    )
  }

  async #read(response: Response): Promise<unknown> {
    const body: unknown = await response.json()
    if (!response.ok) throw new Error(`the sandbox refused: ${JSON.stringify(body)}`)
    return body
  }
}
