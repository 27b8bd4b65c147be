/** Bots as seed 002 sees them: each is one user's, who is the bot's owner. */

/**
 * The seed's words for what a bot is (seed rows S2-042 to S2-046), and `paused` and `expired`, which it has none for.
 * `error` waits for a person. No bot is `rate_limited`: a worker holds its own requests back (S2-076).
 */
export const userBotStatuses = ['pending', 'active', 'paused', 'expired', 'suspended', 'error', 'rate_limited'] as const
export type UserBotStatus = (typeof userBotStatuses)[number]

export interface UserBotView {
  /** The id by which everything else knows it. */
  readonly instance: string
  readonly user_id: string
  readonly bot_username: string | null
  readonly bot_id: number | null
  readonly status: UserBotStatus
  readonly is_verified: boolean
  /** ISO 8601, UTC. */
  readonly created_at: string
  /** When its process was last seen; null when that is long ago, or never. */
  readonly last_used_at: string | null
  readonly rate_limit_rps: number
  readonly max_concurrent_requests: number
}
