/** An agent as JSON: its shop, its bots and what it sells. Amounts are decimal strings, times ISO 8601 in UTC. */
import { Failure } from './failure.ts'
import type { Desired, Platform, State, Status } from './instance.ts'
import type { MarkupView } from './markup.ts'
import type { Currency } from './money.ts'

/** How long a claim link can be used: it travels to another person first. */
export const claimLinkTtlMs = 24 * 3_600_000

/** A chat identity that owns an agent's shop (seed row S1-036; one shop may have several). */
export interface OwnerView {
  readonly platform: Platform
  readonly platform_user_id: string
  readonly linked_at: string
}

export interface AgentInstance {
  readonly id: string
  readonly platform: Platform
  readonly name: string
  readonly username: string | null
  readonly status: Status
  readonly desired: Desired
  readonly state: State
  readonly last_error: string | null
  readonly expires_at: string | null
}

/** What was sold, less what was refunded. */
export interface SalesView {
  readonly currency: Currency
  readonly orders: number
  readonly units: number
  readonly turnover: string
  /** The agent's part of the turnover. */
  readonly profit: string
}

export const agentStatuses = ['active', 'paused'] as const

export interface AgentView {
  /** `agent001`; its tenant is `agent:agent001`. */
  readonly id: string
  readonly tenant: string
  readonly name: string
  readonly status: (typeof agentStatuses)[number]
  readonly markup: MarkupView
  readonly owners: readonly OwnerView[]
  readonly instances: readonly AgentInstance[]
  readonly customers: number
  readonly sales: readonly SalesView[]
  readonly created_at: string
  readonly updated_at: string
}

/** Reads a chat identity: Telegram's are numbers, WhatsApp's are telephone numbers. Throws `usage`. */
export function parsePlatformUserId(platform: Platform, text: string): string {
  const given = text.trim().replace(/^\+/, '')
  if (/^[1-9][0-9]{2,19}$/.test(given)) return given
  const what = platform === 'telegram' ? 'a Telegram user id' : 'a WhatsApp number'
  throw new Failure('usage', `${what} is a number of 3 to 20 digits; not '${text.slice(0, 40)}'`)
}
