/**
 * How long a login must wait after failures: a delay that doubles, never a lock-out (ASVS 6.3.1). Failures are counted
 * by account and address together, so that nobody can keep a person out from elsewhere, and by address alone, so that
 * trying many accounts is slowed down too.
 */

/** Failures older than this are forgotten. */
export const loginWindowMs = 15 * 60_000
const accountFailuresFree = 5
const addressFailuresFree = 20
const codeFailuresFree = 5
const delayFirstMs = 1_000
const delayMaxMs = 5 * 60_000

export interface LoginFailures {
  /** Failures of this account from this address since its last success there, within the window. */
  readonly account: number
  /** Milliseconds since the last of them. */
  readonly accountAgeMs: number
  /** Failures of any account from this address within the window. */
  readonly address: number
  readonly addressAgeMs: number
}

/** Milliseconds until the next attempt may be judged; 0 when it may be now. */
export function loginDelayMs(failures: LoginFailures): number {
  const account = delayOf(failures.account - accountFailuresFree) - failures.accountAgeMs
  const address = delayOf(failures.address - addressFailuresFree) - failures.addressAgeMs
  return Math.max(0, account, address)
}

/**
 * Milliseconds until the next code of a second factor may be judged. Whoever gives one has the password already, so
 * that these are counted for the account alone, wherever they come from, and until a right one: at one
 * every five minutes a day of guessing finds a code once in a thousand.
 */
export function codeDelayMs(failures: number, ageMs: number): number {
  return Math.max(0, delayOf(failures - codeFailuresFree) - ageMs)
}

function delayOf(beyondFree: number): number {
  return beyondFree < 0 ? 0 : Math.min(delayMaxMs, delayFirstMs * 2 ** Math.min(beyondFree, 20))
}
