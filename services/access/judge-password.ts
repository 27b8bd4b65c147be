/**
 * Whether a password is right, judged in two steps, so that no transaction waits for the slow hash and no attempt
 * escapes the count.
 *
 *   1. one transaction, attempts of one address one after the other: count the failures, refuse while the delay lasts,
 *      else write this attempt down as failed;
 *   2. verify the password, for an unknown or disabled user against a hash that nobody has the password of.
 *
 * Whoever is right corrects the attempt (`settleAttempt`) in the transaction that lets them in. What ends before stays
 * counted as a failure: attempts made in parallel cannot outrun the delay.
 */
import { createHash } from 'node:crypto'
import type { Database } from '../../db/database.ts'
import type { Tx } from '../../db/transaction.ts'
import { Failure } from '../../domain/failure.ts'
import { type LoginFailures, loginDelayMs, loginWindowMs } from '../../domain/login-throttle.ts'
import { isPasswordShaped } from '../../domain/password.ts'
import { nobodysHash, type PasswordHasher } from '../password-hasher.ts'

export interface PasswordToJudge {
  readonly username: string
  readonly password: string
  /** The client's network address, as attempts are counted by; an IPv6 one already cut to its /64. */
  readonly address: string
}

export interface PasswordVerdict {
  readonly attemptId: number
  /** How attempts of this account are counted: its name, or a digest where it is nobody's. */
  readonly account: string
  /** Null for an unknown or disabled user. */
  readonly userId: string | null
  /** The hash that the password is right for; null when it is wrong. */
  readonly passwordHash: string | null
}

/** Judges a password. Throws `too_many_attempts` with `retryAfterSeconds`. */
export async function judgePassword(
  database: Pick<Database, 'transaction'>,
  input: PasswordToJudge,
  hasher: PasswordHasher,
): Promise<PasswordVerdict> {
  const attempt = await database.transaction((tx) => beginAttempt(tx, input.username.toLowerCase(), input.address))
  // An impossible password is verified too: its answer takes as long as any other.
  const matches = await hasher.verify(attempt.passwordHash ?? nobodysHash, input.password)
  const { attemptId, account, userId, passwordHash } = attempt
  const isRight = matches && isPasswordShaped(input.password) && userId !== null
  return { attemptId, account, userId, passwordHash: isRight ? passwordHash : null }
}

/** Corrects an attempt: it `succeeded`, or it was none (`forgotten`), as a login that lacks its code. */
export async function settleAttempt(tx: Tx, attemptId: number, outcome: 'succeeded' | 'forgotten'): Promise<void> {
  await tx.query(
    outcome === 'succeeded'
      ? 'update login_attempt set succeeded = true where id = $1'
      : 'delete from login_attempt where id = $1',
    [attemptId],
  )
}

/** The refusal of who must wait. */
export function tooManyAttempts(delayMs: number): Failure {
  const retryAfterSeconds = Math.ceil(delayMs / 1000)
  return new Failure('too_many_attempts', `too many failed logins: try again in ${retryAfterSeconds} s`, {
    details: { retryAfterSeconds },
  })
}

async function beginAttempt(tx: Tx, username: string, address: string): Promise<PasswordVerdict> {
  await tx.query(`select pg_advisory_xact_lock(hashtextextended('botfleet.login ' || $1, 0))`, [address])
  const users = await tx.query<{ id: string; password_hash: string }>(
    'select id, password_hash from app_user where username = $1 and disabled_at is null',
    [username],
  )
  const user = users.rows[0]
  const account = user === undefined ? unknownAccount(username) : username
  const delayMs = loginDelayMs(await countFailures(tx, account, address))
  if (delayMs > 0) throw tooManyAttempts(delayMs)
  const { rows } = await tx.query<{ id: number }>(
    `insert into login_attempt (at, username, source, succeeded) values (clock_timestamp(), $1, $2, false) returning id`,
    [account, address],
  )
  const attemptId = rows[0]?.id
  if (attemptId === undefined) throw new Error('an insert returned no login attempt')
  return { attemptId, account, userId: user?.id ?? null, passwordHash: user?.password_hash ?? null }
}

/** People type passwords where the username goes: names that are nobody's are kept as a digest only. */
function unknownAccount(username: string): string {
  return `unknown:${createHash('sha256').update(username).digest('hex').slice(0, 16)}`
}

interface FailureRow {
  account: number
  account_age_ms: number | null
  address: number
  address_age_ms: number | null
}

async function countFailures(tx: Tx, account: string, address: string): Promise<LoginFailures> {
  const { rows } = await tx.query<FailureRow>(
    `with recent as (
       select at, username = $1 as own, succeeded from login_attempt
       where source = $2 and at > clock_timestamp() - $3 * interval '1 millisecond'
     ), since as (
       select coalesce(max(at), '-infinity') as at from recent where own and succeeded
     )
     select
       (count(*) filter (where own and recent.at > since.at))::integer as account,
       (extract(epoch from clock_timestamp() - max(recent.at) filter (where own)) * 1000)::double precision
         as account_age_ms,
       count(*)::integer as address,
       (extract(epoch from clock_timestamp() - max(recent.at)) * 1000)::double precision as address_age_ms
     from recent, since where not recent.succeeded`,
    [account, address, loginWindowMs],
  )
  const row = rows[0]
  return {
    account: row?.account ?? 0,
    accountAgeMs: row?.account_age_ms ?? 0,
    address: row?.address ?? 0,
    addressAgeMs: row?.address_age_ms ?? 0,
  }
}
