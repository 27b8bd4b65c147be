/**
 * Linking a WhatsApp bot to its phone: what a request to pair goes through, how often one may ask, and what every face
 * shows of it.
 *
 *     requested --> asked --> shown --> linked
 *         |           |         |
 *         +-----------+---------+--> refused | expired | cancelled | replaced        (expired --> linked: it was late)
 *
 * `asked`: WhatsApp was asked for a code; `shown`: it has accepted, and only then there is a code to show. A new worker
 * begins an open request anew, since the code of the one before died with it.
 */
export const pairingMethods = ['code', 'qr'] as const
export type PairingMethod = (typeof pairingMethods)[number]

export const pairingSteps = [
  'requested',
  'asked',
  'shown',
  'linked',
  'refused',
  'expired',
  'cancelled',
  'replaced',
] as const
export type PairingStep = (typeof pairingSteps)[number]

/** Steps of a request that may still come to something. */
const openSteps: readonly PairingStep[] = ['requested', 'asked', 'shown']

export function isOpen(step: PairingStep): boolean {
  return openSteps.includes(step)
}

/** How long one request lasts, and a worker of a bot that nobody has approved yet. */
export const pairingLastsMs = 180_000
/** Requests of one bot within an hour: WhatsApp counts too, and blocks numbers that ask too often. */
export const requestsPerHourMax = 5
/** How long nothing is asked after WhatsApp said that it was too often (429). */
export const coolDownMs = 15 * 60_000

/** Whether a request may come from one step to another; the database asks the same (step_follows, migration 0014). */
export function stepFollows(was: PairingStep, becomes: PairingStep): boolean {
  switch (becomes) {
    case 'asked':
      return was === 'requested'
    case 'linked':
      return isOpen(was) || was === 'expired'
    case 'requested':
    case 'shown':
    case 'refused':
    case 'expired':
    case 'cancelled':
    case 'replaced':
      return isOpen(was)
    default:
      return becomes satisfies never
  }
}

/** What is known when somebody asks to pair. */
export interface PairingHistory {
  /** The open request; null when there is none. */
  readonly open: { readonly method: PairingMethod } | null
  /** How long ago each request of the last hour was made, in milliseconds. */
  readonly agesMs: readonly number[]
  /** What is left of WhatsApp's own cool-down; 0 when none. */
  readonly coolDownLeftMs: number
}

export type PairingVerdict =
  /** The open request is followed; nothing new is asked. */
  | { readonly kind: 'join' }
  | { readonly kind: 'ask' }
  | { readonly kind: 'wait'; readonly because: 'too_often' | 'cool_down'; readonly retryInMs: number }

/**
 * Judges a wish to pair by `method`; `again`: a new code is wanted though one is open. What is followed costs nothing, so
 * that somebody who looks again does not use up what there is.
 */
export function judgeRequest(
  history: PairingHistory,
  wish: { readonly method: PairingMethod; readonly again: boolean },
): PairingVerdict {
  if (history.open?.method === wish.method && !wish.again) return { kind: 'join' }
  if (history.coolDownLeftMs > 0) return { kind: 'wait', because: 'cool_down', retryInMs: history.coolDownLeftMs }
  const counted = history.agesMs.filter((ageMs) => ageMs < hourMs).sort((a, b) => a - b)
  const oldestThatCounts = counted[requestsPerHourMax - 1]
  if (oldestThatCounts === undefined) return { kind: 'ask' }
  return { kind: 'wait', because: 'too_often', retryInMs: hourMs - oldestThatCounts }
}

const hourMs = 3_600_000

/** A bot's link and its last request to pair, as JSON. Times are ISO 8601 in UTC. */
export interface PairingView {
  readonly instance: string
  readonly phone_number: string | null
  /** Whether its device is really linked to a phone. */
  readonly linked: boolean
  readonly linked_at: string | null
  /** `none`: nobody has asked yet. */
  readonly step: PairingStep | 'none'
  readonly method: PairingMethod | null
  readonly requested_at: string | null
  readonly requested_by: string | null
  /** When the request ends. */
  readonly until: string | null
  /** `ABCD-EFGH`; null unless WhatsApp has accepted it and it still counts. */
  readonly code: string | null
  /** What the QR code says; null as `code`. */
  readonly qr: string | null
  readonly issued_at: string | null
  readonly expires_at: string | null
  /** Why it came to nothing, and the number that WhatsApp gave for it. */
  readonly reason: string | null
  readonly refusal: number | null
  /** Before this nothing new is asked; null when one may ask now. */
  readonly retry_at: string | null
}

/** A code as the phone shows its field: two groups of four. */
export function groupedCode(code: string): string {
  return code.length === 8 ? `${code.slice(0, 4)}-${code.slice(4)}` : code
}
