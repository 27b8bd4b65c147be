/** A bot as a plain program: fetch, and nothing of ours. */
import type { Sandbox, SandboxBot } from '../../sandbox/start-sandbox.ts'

export interface Answer {
  readonly status: number
  readonly ok: boolean
  readonly result: Json
  readonly error_code?: number
  readonly description?: string
  readonly parameters?: { readonly retry_after?: number }
  readonly headers: Headers
}

/** Loose on purpose: the tests state what must be in it. */
export interface Json {
  readonly [key: string]: Json
}

export class BotClient {
  readonly #sandbox: Sandbox
  readonly bot: SandboxBot

  constructor(sandbox: Sandbox, bot: SandboxBot) {
    this.#sandbox = sandbox
    this.bot = bot
  }

  async call(method: string, values: unknown = {}, options: RequestInit = {}): Promise<Answer> {
    const body = values instanceof FormData ? values : JSON.stringify(values)
    const headers = values instanceof FormData ? {} : { 'content-type': 'application/json' }
    return answerOf(await fetch(this.url(method), { method: 'POST', headers, body, ...options }))
  }

  url(method: string): string {
    return `${this.#sandbox.apiRoot}/bot${this.bot.token}/${method}`
  }

  async updates(values: Record<string, unknown> = {}, options: RequestInit = {}): Promise<Json[]> {
    return (await this.call('getUpdates', values, options)).result as unknown as Json[]
  }

  /** The words of a refusal, with its code. */
  async refusal(method: string, values: unknown = {}): Promise<string> {
    const { ok, error_code: code, description, status } = await this.call(method, values)
    if (ok || code !== status) throw new Error(`not refused: ${status} ${description ?? ''}`)
    return `${code} ${description ?? ''}`
  }
}

export async function answerOf(response: Response): Promise<Answer> {
  const body = (await response.json()) as Omit<Answer, 'status' | 'headers'>
  return { ...body, status: response.status, headers: response.headers }
}
