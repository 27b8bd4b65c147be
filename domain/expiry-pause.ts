/** How far the database's clock may move against ours before nobody trusts it with subscriptions (design section 4). */
export const clockJumpMaxMs = 5 * 60_000

/** Why expiry stands still. `jump_ms` is positive when the clock went ahead. */
export interface ExpiryPause {
  readonly noticed_at: string
  readonly noticed_by: string
  /** `jump`: seen by a running server; `difference`: from the host's own clock, when a server started. */
  readonly kind: 'jump' | 'difference'
  readonly jump_ms: number
  /** Subscription time while the pause is open. */
  readonly stands_at: string
}

/** What happened, in words for a person: a sentence without its end. */
export function describePause(pause: ExpiryPause): string {
  const length = describeLength(Math.abs(pause.jump_ms))
  const ahead = pause.jump_ms > 0
  return pause.kind === 'jump'
    ? `the database's clock jumped ${length} ${ahead ? 'ahead' : 'back'}, as ${pause.noticed_by} noticed`
    : `the database's clock is ${length} ${ahead ? 'ahead of' : 'behind'} that of ${pause.noticed_by}'s host`
}

function describeLength(ms: number): string {
  const minutes = Math.round(ms / 60_000)
  const days = Math.floor(minutes / 1440)
  const hours = Math.floor((minutes % 1440) / 60)
  const parts = [
    days > 0 ? `${days} d` : '',
    hours > 0 ? `${hours} h` : '',
    minutes % 60 > 0 ? `${minutes % 60} min` : '',
  ]
  return parts.filter((part) => part !== '').join(' ')
}
