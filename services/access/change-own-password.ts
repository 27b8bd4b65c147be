import type { Database } from '../../db/database.ts'
import type { Queryable } from '../../db/transaction.ts'
import type { Actor } from '../../domain/actor.ts'
import { Failure } from '../../domain/failure.ts'
import { assertPasswordAllowed } from '../../domain/password.ts'
import { appendAudit } from '../append-audit.ts'
import { argon2Hasher, type PasswordHasher } from '../password-hasher.ts'
import { assertInPerson, assertOwnPassword, type OwnPassword } from './person.ts'
import { endOtherSessions } from './revoke-other-sessions.ts'

export interface ChangeOwnPassword extends OwnPassword {
  readonly newPassword: string
  /** The secret of the session that asks: the others end. */
  readonly keep: string
}

/**
 * Gives the actor a new password of their own, by the present one; their other sessions and unused link codes end.
 * Throws `not_allowed` when the present one is wrong, `too_many_attempts`, `usage` for a refused new one, `conflict` when
 * it was changed meanwhile.
 */
export async function changeOwnPassword(
  database: Pick<Database, 'transaction'> & Queryable,
  actor: Actor,
  input: ChangeOwnPassword,
  hasher: PasswordHasher = argon2Hasher,
): Promise<{ sessionsRevoked: number }> {
  assertInPerson(actor)
  assertPasswordAllowed(actor.name.replace(/^user:/, ''), input.newPassword)
  const present = await assertOwnPassword(database, actor, input, hasher)
  const passwordHash = await hasher.hash(input.newPassword)
  return database.transaction(async (tx) => {
    const { rowCount } = await tx.query(
      `update app_user set password_hash = $3, updated_at = clock_timestamp()
       where id = $1 and password_hash = $2 and disabled_at is null`,
      [actor.userId, present, passwordHash],
    )
    if (rowCount === 0) throw new Failure('conflict', 'the password was changed by somebody else meanwhile')
    await tx.query('delete from link_code where user_id = $1 and used_at is null', [actor.userId])
    const sessionsRevoked = await endOtherSessions(tx, actor.userId, input.keep)
    await appendAudit(tx, actor, {
      action: 'user.change_password',
      targetKind: 'user',
      targetId: actor.userId,
      tenantId: actor.tenant,
      details: { sessions_revoked: sessionsRevoked },
    })
    return { sessionsRevoked }
  })
}
