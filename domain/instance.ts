/** The words of an instance: its three axes (design section 4) and the JSON shape that every face shows. */
export const platforms = ['telegram', 'whatsapp'] as const
export type Platform = (typeof platforms)[number]

export const statuses = ['new', 'approved', 'expired', 'suspended', 'deleted'] as const
export type Status = (typeof statuses)[number]

export const desiredStates = ['running', 'stopped', 'pairing'] as const
export type Desired = (typeof desiredStates)[number]

export const states = [
  'stopped',
  'starting',
  'pairing',
  'connecting',
  'running',
  'backoff',
  'stopping',
  'conflict',
  'logged_out',
  'token_invalid',
  'restricted',
  'session_error',
  'failed',
] as const
export type State = (typeof states)[number]

/** States in which an instance waits for a person, not for time. */
export const restingStates: readonly State[] = [
  'conflict',
  'logged_out',
  'token_invalid',
  'restricted',
  'session_error',
  'failed',
]

export const placements = ['pinned', 'floating'] as const
export type Placement = (typeof placements)[number]

/** One instance as JSON (design section 8). Times are ISO 8601 in UTC; sizes in bytes; CPU in percent of one core. */
export interface InstanceView {
  id: string
  tenant: string
  platform: Platform
  name: string
  owner: string | null
  phone_number: string | null
  username: string | null
  bot_id: string | null
  is_master: boolean
  status: Status
  suspended_reason: string | null
  desired: Desired
  /** Its agent is paused: it is wished running again when that resumes. */
  resumes_with_agent: boolean
  state: State
  state_at: string
  last_error: string | null
  attempt: number
  next_try_at: string | null
  restarts: number
  server_name: string
  placement: Placement
  port: number | null
  pid: number | null
  epoch: number
  duration_months: number | null
  approved_at: string | null
  expires_at: string | null
  rate_limit_rps: number
  max_concurrent_requests: number
  cpu_percent: number | null
  memory_bytes: number | null
  created_at: string
  updated_at: string
}
