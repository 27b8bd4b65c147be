/** The answers of the API that the pages show. */
import type { InstanceView } from '../../../domain/instance.ts'
import type { MeAnswer } from '../../../domain/panel-contract.ts'

export type { AgentView } from '../../../domain/agent.ts'
export type { InstanceView, Platform } from '../../../domain/instance.ts'
export type { PairingView } from '../../../domain/pairing.ts'
export type { LoginAnswer } from '../../../domain/panel-contract.ts'
export type { PeriodView } from '../../../domain/period.ts'

export interface Me extends MeAnswer {
  permissions: string[]
}

export interface Page<T> {
  items: T[]
  next_cursor: string | null
}

export interface EventView {
  id: number
  at: string
  kind: string
  from: string | null
  to: string | null
  reason: string | null
  details: Record<string, unknown> | null
  server_name: string | null
  epoch: number | null
}

export interface SampleView {
  at: string
  cpu_percent: number
  memory_bytes: number
}

export interface Subscribed {
  expires_at: string
  instance: InstanceView
}

export interface TokenVerdict {
  verdict: 'valid' | 'invalid' | 'unreachable'
  bot_id: string
  username: string | null
  name: string | null
  reason: string | null
}

export interface ServerInfo {
  server_name: string
  total_bots: number
  new_bots: number
  approved_bots: number
  expired_bots: number
}

export interface ServerView {
  name: string
  alive: boolean
  draining: boolean
  drain_pinned: 'stay' | 'stop'
  lease_left_ms: number
  capacity: number
  assigned: number
  floating: number
  running: number
  troubled: number
  memory_bytes: number
  standby_count: number
  standby_memory_bytes: number
  url: string | null
  version: string | null
  started_at: string | null
}

export interface Servers {
  self: string
  items: ServerView[]
  expiry_pause: { noticed_at: string; kind: 'jump' | 'difference'; jump_ms: number; stands_at: string } | null
  clock: string
}
