/** Faults that a test plants into the Bot API: which method of which bot, how often, and what goes wrong. */
import { Failure } from '../domain/failure.ts'

const plantedMax = 1000
const delayMsMax = 600_000

export type Fault = {
  /** Any method when left out. */
  readonly method?: string | undefined
  /** Any bot when left out. */
  readonly botId?: number | undefined
  /** Any chat, and calls that are about none, when left out. */
  readonly chatId?: number | undefined
  /** How many calls it hits; 1 when left out. */
  readonly times?: number | undefined
} & FaultKind

export type FaultKind =
  | { readonly kind: 'status'; readonly status: number; readonly description?: string | undefined }
  | { readonly kind: 'too_many'; readonly retryAfterSeconds: number }
  | { readonly kind: 'delay'; readonly delayMs: number }
  /** The connection breaks before the call has any effect. */
  | { readonly kind: 'drop_before' }
  /** The call takes effect, and then the connection breaks without an answer. */
  | { readonly kind: 'drop_after' }
  /** The call has no effect, and the answer is no JSON. */
  | { readonly kind: 'malformed' }
  /** The call has no effect, the answer never comes, and the connection stays open. */
  | { readonly kind: 'silence' }
  /** The call takes effect, the answer never comes, and the connection stays open. */
  | { readonly kind: 'silence_after' }

export class Faults {
  readonly #planted: { fault: Fault; left: number }[] = []

  plant(fault: Fault): void {
    if (this.#planted.length >= plantedMax) {
      throw new Failure('conflict', `${plantedMax} faults wait already: clear them first`)
    }
    this.#planted.push({ fault, left: fault.times ?? 1 })
  }

  /** Calls that planted faults still wait for. */
  get left(): number {
    return this.#planted.reduce((sum, { left }) => sum + left, 0)
  }

  clear(): void {
    this.#planted.length = 0
  }

  /** Faults that have not been used up, with how many calls each still hits. */
  waiting(): { fault: Fault; left: number }[] {
    return this.#planted.map((planted) => ({ ...planted }))
  }

  /** The fault that hits this call, used up by it. */
  take(method: string, about: { botId: number; chatId: number }): Fault | undefined {
    const index = this.#planted.findIndex(
      ({ fault }) =>
        (fault.method === undefined || fault.method.toLowerCase() === method.toLowerCase()) &&
        (fault.botId === undefined || fault.botId === about.botId) &&
        (fault.chatId === undefined || fault.chatId === about.chatId),
    )
    const planted = this.#planted[index]
    if (planted === undefined) return undefined
    planted.left -= 1
    if (planted.left <= 0) this.#planted.splice(index, 1)
    return planted.fault
  }
}

/** Reads a fault that came as JSON. Throws `usage`, naming what is wrong. */
export function readFault(values: Readonly<Record<string, unknown>>): Fault {
  const { method, botId = values['bot_id'], chatId = values['chat_id'], times } = values
  if (method !== undefined && typeof method !== 'string') throw wrong('method is the name of a Bot API method')
  return {
    ...(method === undefined ? {} : { method }),
    ...(botId === undefined ? {} : { botId: whole(botId, 'bot_id', 1, Number.MAX_SAFE_INTEGER) }),
    ...(chatId === undefined ? {} : { chatId: whole(chatId, 'chat_id', 1, Number.MAX_SAFE_INTEGER) }),
    ...(times === undefined ? {} : { times: whole(times, 'times', 1, 1_000_000) }),
    ...readKind(values),
  }
}

function readKind(values: Readonly<Record<string, unknown>>): FaultKind {
  const { kind, description } = values
  switch (kind) {
    case 'status': {
      const status = whole(values['status'], 'status', 400, 599)
      return typeof description === 'string' ? { kind, status, description } : { kind, status }
    }
    case 'too_many':
      return { kind, retryAfterSeconds: whole(values['retryAfterSeconds'], 'retryAfterSeconds', 1, 1_000_000) }
    case 'delay':
      return { kind, delayMs: whole(values['delayMs'], 'delayMs', 0, delayMsMax) }
    case 'drop_before':
    case 'drop_after':
    case 'malformed':
    case 'silence':
    case 'silence_after':
      return { kind }
    default:
      throw wrong('kind is one of status, too_many, delay, drop_before, drop_after, malformed, silence, silence_after')
  }
}

function whole(value: unknown, name: string, least: number, most: number): number {
  if (Number.isInteger(value) && Number(value) >= least && Number(value) <= most) return Number(value)
  throw wrong(`${name} is a whole number from ${least} to ${most}`)
}

function wrong(why: string): Failure {
  return new Failure('usage', `a fault's ${why}`)
}
