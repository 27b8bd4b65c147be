import type { Database } from '../../db/database.ts'
import type { Queryable } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import { Failure } from '../../domain/failure.ts'
import type { PasswordHasher } from '../password-hasher.ts'
import { judgePassword, settleAttempt } from './judge-password.ts'

/** An actor who is a person with a session, not a program. */
export type Person = Actor & { readonly userId: string }

/**
 * Throws `not_allowed` unless a person is there in person: what guards an account is not for a machine's account, nor for
 * an API token, which would outgrow its scopes with it.
 */
export function assertInPerson(actor: Actor): asserts actor is Person {
  if (actor.userId !== null && actor.token === undefined) return
  throw new Failure(
    'not_allowed',
    'only a person who has logged in may do this for themselves, not a token or a machine',
  )
}

/** Throws `not_allowed` unless it is about the actor's own account, or the actor has this right. */
export function assertOwnOr(actor: Actor, permission: 'user.read' | 'user.manage', userId: string): void {
  if (actor.userId === userId && actor.token === undefined) return
  assertMay(actor, permission)
}

/** Throws `not_allowed` for what guards one's own account: an open session that somebody else found must not get past it. */
export function assertNotOneself(actor: Actor, user: { readonly id: string }): void {
  if (actor.userId !== user.id) return
  throw new Failure('not_allowed', "one's own is changed by the present password, in one's own account")
}

export interface OwnPassword {
  /** The present one. */
  readonly password: string
  /** As login attempts are counted by it. */
  readonly address: string
}

/**
 * The hash of the actor's own password, once it was given right: counted and slowed down as a login is, so that an open
 * session is no way to guess it. Throws `not_allowed`, or `too_many_attempts`.
 */
export async function assertOwnPassword(
  database: Pick<Database, 'transaction'> & Queryable,
  actor: Person,
  input: OwnPassword,
  hasher: PasswordHasher,
): Promise<string> {
  const { rows } = await database.query<{ username: string }>('select username from app_user where id = $1', [
    actor.userId,
  ])
  const username = rows[0]?.username ?? ''
  const { passwordHash, attemptId } = await judgePassword(database, { ...input, username }, hasher)
  if (passwordHash === null) {
    throw new Failure('not_allowed', 'the present password is wrong: nothing was changed', {
      details: { wrong: 'password' },
    })
  }
  await database.transaction((tx) => settleAttempt(tx, attemptId, 'succeeded'))
  return passwordHash
}
