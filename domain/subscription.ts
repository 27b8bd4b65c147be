/** The subscription axis of an instance as data: which command leads from which status where (design section 4). */
import { Failure } from './failure.ts'
import type { Status } from './instance.ts'

/** Months that may be bought (seed row S4-042); a month is `DAYS_PER_MONTH` days (S4-058). */
export const monthOptions = [1, 2, 3, 6, 12] as const
export type Months = (typeof monthOptions)[number]

/** Checks a number of months; throws `usage` otherwise. */
export function parseMonths(value: unknown): Months {
  const months = monthOptions.find((option) => option === Number(value))
  if (months === undefined || String(value).trim() === '') {
    throw new Failure('usage', `months must be one of ${monthOptions.join(', ')}`)
  }
  return months
}

export type SubscriptionCommand =
  | 'approve'
  | 'renew'
  | 'expire'
  | 'suspend'
  | 'activate'
  | 'start'
  | 'stop'
  | 'restart'
  | 'edit'
  | 'move'
  | 'set-token'
  | 'pair'
  | 'delete'

/** The statuses from which a command is possible. */
const allowedFrom: Record<SubscriptionCommand, readonly Status[]> = {
  approve: ['new'],
  renew: ['approved', 'expired'],
  expire: ['approved'],
  suspend: ['new', 'approved', 'expired'],
  activate: ['suspended'],
  start: ['approved'],
  stop: ['new', 'approved', 'expired', 'suspended'],
  restart: ['approved'],
  edit: ['new', 'approved', 'expired', 'suspended'],
  move: ['new', 'approved', 'expired', 'suspended'],
  'set-token': ['new', 'approved', 'expired', 'suspended'],
  pair: ['new', 'approved'],
  delete: ['new', 'approved', 'expired', 'suspended'],
}

/** What would work instead, by status. */
const wayOut: Record<Status, string> = {
  new: './botfleet approve ID --months 1 starts it',
  approved: './botfleet renew, stop, restart, suspend, expire or delete are possible',
  expired: './botfleet renew ID --months 1 brings it back',
  suspended: './botfleet activate ID lifts the suspension',
  deleted: 'a deleted bot does not come back; ./botfleet create makes a new one',
}

/** Whether a command is possible from a status. */
export function isAllowed(command: SubscriptionCommand, status: Status): boolean {
  return allowedFrom[command].includes(status)
}

/** The refusal of a command: says the current status and what would work. */
export function refuseTransition(command: SubscriptionCommand, id: string, status: Status): Failure {
  const way = wayOut[status].replace('ID', id)
  return new Failure('conflict', `${command} is not possible: ${id} is ${status}; ${way}`, {
    details: { current_status: status, command, possible_from: allowedFrom[command] },
  })
}

/**
 * Status after a suspension is lifted: `new` if it was never approved, `expired` when its time has run out meanwhile,
 * else `approved`.
 */
export function statusAfterActivation(expiresInMs: number | null): Status {
  if (expiresInMs === null) return 'new'
  return expiresInMs > 0 ? 'approved' : 'expired'
}
