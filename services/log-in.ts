/**
 * Login: the password is judged first (services/access/judge-password.ts), then one transaction asks whether the person
 * may still come in and for the code of their second factor, corrects the attempt and opens a session with a new id.
 * A right code is used up by that transaction, a wrong one counted by it.
 */
import type { Database } from '../db/database.ts'
import type { Queryable, Tx } from '../db/transaction.ts'
import type { Role } from '../domain/actor.ts'
import { Failure } from '../domain/failure.ts'
import { sessionAbsoluteMs, sessionsMax, type UserView, userAgentCharactersMax } from '../domain/user.ts'
import { insertRefusal, stranger } from './access/audit-refusal.ts'
import {
  judgePassword,
  type PasswordToJudge,
  type PasswordVerdict,
  settleAttempt,
  tooManyAttempts,
} from './access/judge-password.ts'
import { type CodeVerdict, codeFailure, judgeCode, type KeyringOf } from './access/second-factor.ts'
import { appendAudit } from './append-audit.ts'
import { readUserView } from './list-users.ts'
import { argon2Hasher, type PasswordHasher } from './password-hasher.ts'
import { hashSecretToken, makeSecretToken } from './secret-token.ts'

export interface LogIn extends PasswordToJudge {
  /** Of the person's authenticator, or a recovery code; asked for only where there is a second factor. */
  readonly code?: string | undefined
  readonly keyring: KeyringOf
  /** The session the client held before: it ends with a successful login (rotation). */
  readonly replaces?: string | undefined
  /** What the client calls itself. */
  readonly userAgent?: string | undefined
}

export interface LoggedIn {
  /** The session's secret, shown only here: 256 bits in base64url. */
  readonly token: string
  readonly expiresAt: string
  readonly user: UserView
}

/**
 * Checks a username, a password and, of who has a second factor, a code, and opens a session.
 * Throws `not_authenticated`, the same for an unknown user, a wrong password and a disabled user, with `needed: 'code'`
 * once the password was right and the code was not; or `too_many_attempts` with `retryAfterSeconds`. Refusals are audited.
 */
export async function logIn(
  database: Pick<Database, 'transaction'> & Queryable,
  input: LogIn,
  hasher: PasswordHasher = argon2Hasher,
): Promise<LoggedIn> {
  let verdict: PasswordVerdict | undefined
  try {
    verdict = await judgePassword(database, input, hasher)
    const entry = await enter(database, input, verdict)
    if (entry.kind === 'open') return entry.loggedIn
    throw entry.failure
  } catch (error) {
    if (error instanceof Failure && isRefusal(error)) await auditRefusedLogin(database, input, verdict, error)
    throw error
  }
}

type Entry =
  | { readonly kind: 'open'; readonly loggedIn: LoggedIn }
  | { readonly kind: 'shut'; readonly failure: Failure }

async function enter(
  database: Pick<Database, 'transaction'>,
  input: LogIn,
  { userId, passwordHash, attemptId }: PasswordVerdict,
): Promise<Entry> {
  if (userId === null || passwordHash === null) return { kind: 'shut', failure: refused() }
  return database.transaction((tx) => openSession(tx, { ...input, userId, passwordHash, attemptId }))
}

function refused(): Failure {
  return new Failure('not_authenticated', 'Invalid credentials: the username or the password is wrong')
}

/** What fails otherwise is a fault of ours. */
function isRefusal({ code }: Failure): boolean {
  return code === 'not_authenticated' || code === 'too_many_attempts'
}

async function auditRefusedLogin(
  database: Queryable,
  input: LogIn,
  verdict: PasswordVerdict | undefined,
  failure: Failure,
): Promise<void> {
  // The first of the two steps of a login with a second factor is no refusal.
  if (failure.details['needed'] === 'code' && input.code === undefined) return
  await insertRefusal(database, stranger(`api:${input.address}`), {
    action: 'user.log_in',
    targetKind: 'user',
    targetId: verdict?.userId ?? null,
    code: failure.code,
    // Failed logins are slowed down; who must wait is not.
    isCheap: failure.code === 'too_many_attempts',
    details: {
      ...(verdict === undefined ? {} : { account: verdict.account }),
      ...(failure.code === 'not_authenticated' ? { wrong: failure.details['needed'] ?? 'password' } : {}),
    },
  })
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

/** Shut when the person was disabled, or got another password, while the old one was being verified. */
async function openSession(tx: Tx, input: OpenSession): Promise<Entry> {
  const { rows } = await tx.query<PersonRow>(
    `select username, role, tenant_id from app_user
     where id = $1 and password_hash = $2 and disabled_at is null for update`,
    [input.userId, input.passwordHash],
  )
  const person = rows[0]
  if (person === undefined) return { kind: 'shut', failure: refused() }
  const verdict = await judgeCode(tx, { ...input, code: input.code })
  if (verdict.kind === 'needed') await settleAttempt(tx, input.attemptId, 'forgotten')
  if (verdict.kind === 'needed' || verdict.kind === 'wrong') return { kind: 'shut', failure: codeFailure(verdict.kind) }
  if (verdict.kind === 'too_early') return { kind: 'shut', failure: tooManyAttempts(verdict.delayMs) }
  await settleAttempt(tx, input.attemptId, 'succeeded')
  if (input.replaces !== undefined) await revokeReplaced(tx, input.replaces)
  const session = await insertSession(tx, input)
  await auditLogin(tx, input, person, verdict)
  const user = await readUserView(tx, input.userId)
  if (user === undefined) throw new Error('a locked user vanished')
  return { kind: 'open', loggedIn: { ...session, user } }
}

async function auditLogin(tx: Tx, input: OpenSession, person: PersonRow, verdict: CodeVerdict): Promise<void> {
  await appendAudit(
    tx,
    {
      name: `user:${person.username}`,
      userId: input.userId,
      role: person.role,
      tenant: person.tenant_id,
      source: `api:${input.address}`,
    },
    {
      action: 'user.log_in',
      targetKind: 'user',
      targetId: input.userId,
      tenantId: person.tenant_id,
      details: verdict.kind === 'right' ? { second_factor: verdict.by } : {},
    },
  )
}

async function revokeReplaced(tx: Tx, token: string): Promise<void> {
  await tx.query('update user_session set revoked_at = clock_timestamp() where id_hash = $1 and revoked_at is null', [
    hashSecretToken(token),
  ])
}

async function insertSession(tx: Tx, input: OpenSession): Promise<Pick<LoggedIn, 'token' | 'expiresAt'>> {
  const token = makeSecretToken()
  const { rows } = await tx.query<{ expires_at: Date }>(
    `insert into user_session (id_hash, user_id, created_at, last_seen_at, expires_at, source, user_agent)
     values ($1, $2, clock_timestamp(), clock_timestamp(), clock_timestamp() + $3 * interval '1 millisecond', $4, $5)
     returning expires_at`,
    [token.hash, input.userId, sessionAbsoluteMs, `api:${input.address}`, userAgentOf(input)],
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

/** Printable characters only, cut: a client calls itself what it likes. */
function userAgentOf({ userAgent = '' }: LogIn): string | null {
  const printable = userAgent.replaceAll(/[^\x20-\x7e]/g, '').slice(0, userAgentCharactersMax)
  return printable === '' ? null : printable
}
