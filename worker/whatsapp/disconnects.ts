/**
 * What the end of a connection means, by the code that the library gives it: whether the login stays, what is done next,
 * and what people read meanwhile. Source: facts of Baileys 7.0.0-rc14 against a server that sends each of them, and the
 * public record of bots that looped on 440, 405 and 401.
 *
 * Nothing here logs out: a session is wiped only when the server says that it is gone (401).
 */
import type { Backoff } from '../../domain/backoff.ts'
import type { ExitReason } from '../../domain/worker-contract.ts'

export type Next =
  /** The server asks for it; it is no failure and counts for nothing. */
  | { readonly kind: 'at_once' }
  /** Again and again, further apart each time, as chance has it. */
  | { readonly kind: 'backoff'; readonly pace: Backoff }
  /** Again, but rarely: a person must do something. */
  | { readonly kind: 'slowly'; readonly everyMs: number }
  /** The worker ends. Its server knows what follows: some it starts again, once or rarely, the rest waits for a person. */
  | { readonly kind: 'exit'; readonly exit: ExitReason }

export interface DisconnectRule {
  readonly session: 'keep' | 'wipe'
  readonly next: Next
  /** What is the matter, for a person. */
  readonly words: string
  /** So many of them within so long, and admins are told. */
  readonly alarm?: { readonly times: number; readonly withinMs: number }
}

const second = 1000
const minute = 60 * second

const network: Backoff = { baseMs: second, maxMs: minute }
const service: Backoff = { baseMs: 5 * second, maxMs: 5 * minute }

function keep(next: Next, words: string): DisconnectRule {
  return { session: 'keep', next, words }
}

export const disconnects: Readonly<Record<number, DisconnectRule>> = {
  401: {
    session: 'wipe',
    next: { kind: 'exit', exit: 'logged_out' },
    words: 'WhatsApp has unlinked this device (401): ./botfleet pair links it again',
  },
  403: keep({ kind: 'exit', exit: 'restricted' }, 'WhatsApp has blocked this account (403): look at the phone'),
  405: keep(
    { kind: 'exit', exit: 'outdated' },
    'WhatsApp refuses this version of its client (405): set WA_WEB_VERSION to a newer one, or update botfleet',
  ),
  408: keep({ kind: 'backoff', pace: network }, 'WhatsApp does not answer'),
  411: keep({ kind: 'exit', exit: 'restricted' }, 'this account takes no linked devices (411): look at the phone'),
  428: keep({ kind: 'backoff', pace: network }, 'the connection to WhatsApp broke'),
  440: keep(
    { kind: 'exit', exit: 'conflict' },
    'another program uses this linked device (440): stop it; ./botfleet restart goes on then',
  ),
  // Not "a bad session", whatever its name: the login is good.
  500: {
    ...keep({ kind: 'backoff', pace: service }, 'WhatsApp ended the connection with an error'),
    alarm: { times: 5, withinMs: 10 * minute },
  },
  503: keep({ kind: 'backoff', pace: service }, 'WhatsApp is not available'),
  515: keep({ kind: 'at_once' }, 'WhatsApp asked to connect anew'),
}

/** No code: a hung connection, or an exception. */
const unexplained = keep({ kind: 'backoff', pace: service }, 'the connection to WhatsApp failed')
/** 419 and what else refuses us for a reason that nobody has described. */
const refused = keep({ kind: 'slowly', everyMs: 60 * minute }, 'WhatsApp refuses this device')

/** The rule of a code; null is an end without one. */
export function ruleOf(code: number | null): DisconnectRule {
  if (code === null) return unexplained
  return disconnects[code] ?? (code >= 400 && code < 500 ? refused : unexplained)
}

/** A connection that stayed open this long has forgotten the failures before it. */
export const healthyAfterMs = 5 * minute
