/**
 * Login: judged in three steps, so that no transaction waits for the slow hash and no attempt escapes the count.
 *
 *   1. one transaction, attempts of one address one after the other: count the failures, refuse while the delay lasts,
 *      else write this attempt down as failed;
 *   2. verify the password, for an unknown or disabled user against a hash that nobody has the password of;
 *   3. one transaction: if the person may still come in, correct the attempt and open a session with a new id.
 *
 * What ends between 1 and 3 stays counted as a failure: attempts made in parallel cannot outrun the delay.
 */
import { createHash } from 'node:crypto'
import type { Database } from '../db/database.ts'
import type { Tx } from '../db/transaction.ts'
import type { Role } from '../domain/actor.ts'
import { Failure } from '../domain/failure.ts'
import { type LoginFailures, loginDelayMs, loginWindowMs } from '../domain/login-throttle.ts'
import { isPasswordShaped } from '../domain/password.ts'
import { sessionAbsoluteMs, sessionsMax, type UserView } from '../domain/user.ts'
import { appendAudit } from './append-audit.ts'
import { readUserView } from './list-users.ts'
import { argon2Hasher, nobodysHash, type PasswordHasher } from './password-hasher.ts'
import { hashSecretToken, makeSecretToken } from './secret-token.ts'

export interface LogIn {
  readonly username: string
  readonly password: string
  /** The client's network address, as attempts are counted by; an IPv6 one already cut to its /64. */
  readonly address: string
  /** The session the client held before: it ends with a successful login (rotation). */
  readonly replaces?: string | undefined
}

export interface LoggedIn {
  /** The session's secret, shown only here: 256 bits in base64url. */
  readonly token: string
  readonly expiresAt: string
  readonly user: UserView
}

/**
 * Checks a username and password and opens a session.
 * Throws `not_authenticated`, the same for an unknown user, a wrong password and a disabled user, or
 * `too_many_attempts` with `retryAfterSeconds`.
 */
export async function logIn(
  database: Pick<Database, 'transaction'>,
  input: LogIn,
  hasher: PasswordHasher = argon2Hasher,
): Promise<LoggedIn> {
  const username = input.username.toLowerCase()
  const attempt = await database.transaction((tx) => beginAttempt(tx, username, input.address))
  // An impossible password is verified too: its answer takes as long as any other.
  const matches = await hasher.verify(attempt.passwordHash ?? nobodysHash, input.password)
  const { userId, passwordHash } = attempt
  if (!matches || !isPasswordShaped(input.password) || userId === null || passwordHash === null) throw refused()
  const loggedIn = await database.transaction((tx) =>
    openSession(tx, { ...input, userId, passwordHash, attemptId: attempt.id }),
  )
  if (loggedIn === undefined) throw refused()
  return loggedIn
}

function refused(): Failure {
  return new Failure('not_authenticated', 'the username or the password is wrong')
}

interface Attempt {
  readonly id: number
  /** Null for an unknown or disabled user. */
  readonly userId: string | null
  readonly passwordHash: string | null
}

async function beginAttempt(tx: Tx, username: string, address: string): Promise<Attempt> {
  await tx.query(`select pg_advisory_xact_lock(hashtextextended('botfleet.login ' || $1, 0))`, [address])
  const users = await tx.query<{ id: string; password_hash: string }>(
    'select id, password_hash from app_user where username = $1 and disabled_at is null',
    [username],
  )
  const user = users.rows[0]
  const account = user === undefined ? unknownAccount(username) : username
  const delayMs = loginDelayMs(await countFailures(tx, account, address))
  if (delayMs > 0) {
    const retryAfterSeconds = Math.ceil(delayMs / 1000)
    throw new Failure('too_many_attempts', `too many failed logins: try again in ${retryAfterSeconds} s`, {
      details: { retryAfterSeconds },
    })
  }
  const { rows } = await tx.query<{ id: number }>(
    `insert into login_attempt (at, username, source, succeeded) values (clock_timestamp(), $1, $2, false) returning id`,
    [account, address],
  )
  const id = rows[0]?.id
  if (id === undefined) throw new Error('an insert returned no login attempt')
  return { id, userId: user?.id ?? null, passwordHash: user?.password_hash ?? null }
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

interface OpenSession extends LogIn {
  readonly userId: string
  readonly passwordHash: string
  readonly attemptId: number
}

interface PersonRow {
  username: string
  role: Role
  tenant_id: string | null
}

/** Undefined when the person was disabled, or got another password, while the old one was being verified. */
async function openSession(tx: Tx, input: OpenSession): Promise<LoggedIn | undefined> {
  const { rows } = await tx.query<PersonRow>(
    `select username, role, tenant_id from app_user
     where id = $1 and password_hash = $2 and disabled_at is null for update`,
    [input.userId, input.passwordHash],
  )
  const person = rows[0]
  if (person === undefined) return undefined
  await tx.query('update login_attempt set succeeded = true where id = $1', [input.attemptId])
  if (input.replaces !== undefined) await revokeReplaced(tx, input.replaces)
  const session = await insertSession(tx, input)
  await appendAudit(
    tx,
    {
      name: `user:${person.username}`,
      userId: input.userId,
      role: person.role,
      tenant: person.tenant_id,
      source: `api:${input.address}`,
    },
    { action: 'user.log_in', targetKind: 'user', targetId: input.userId, tenantId: person.tenant_id, details: {} },
  )
  const user = await readUserView(tx, input.userId)
  if (user === undefined) throw new Error('a locked user vanished')
  return { ...session, user }
}

async function revokeReplaced(tx: Tx, token: string): Promise<void> {
  await tx.query('update user_session set revoked_at = clock_timestamp() where id_hash = $1 and revoked_at is null', [
    hashSecretToken(token),
  ])
}

async function insertSession(tx: Tx, input: OpenSession): Promise<Pick<LoggedIn, 'token' | 'expiresAt'>> {
  const token = makeSecretToken()
  const { rows } = await tx.query<{ expires_at: Date }>(
    `insert into user_session (id_hash, user_id, created_at, last_seen_at, expires_at, source)
     values ($1, $2, clock_timestamp(), clock_timestamp(), clock_timestamp() + $3 * interval '1 millisecond', $4)
     returning expires_at`,
    [token.hash, input.userId, sessionAbsoluteMs, `api:${input.address}`],
  )
  await tx.query(
    `update user_session set revoked_at = clock_timestamp() where id_hash in (
       select id_hash from user_session where user_id = $1 and revoked_at is null and expires_at > clock_timestamp()
       order by created_at desc, id_hash offset $2)`,
    [input.userId, sessionsMax],
  )
  const expiresAt = rows[0]?.expires_at
  if (expiresAt === undefined) throw new Error('an insert returned no session')
  return { token: token.text, expiresAt: expiresAt.toISOString() }
}
