import type { Database } from '../../db/database.ts'
import type { Queryable, Tx } from '../../db/transaction.ts'
import type { Actor } from '../../domain/actor.ts'
import { Failure } from '../../domain/failure.ts'
import { makeRecoveryCodes, plainRecoveryCode } from '../../domain/second-factor.ts'
import { appendAudit } from '../append-audit.ts'
import { argon2Hasher, type PasswordHasher } from '../password-hasher.ts'
import { hashSecretToken } from '../secret-token.ts'
import { assertInPerson, assertOwnPassword, type OwnPassword } from './person.ts'

/**
 * Gives the actor new recovery codes, shown only here; the old ones are void. Asks for the present password.
 * Throws `not_allowed`, `too_many_attempts`, or `not_found` without a second factor.
 */
export async function renewRecoveryCodes(
  database: Pick<Database, 'transaction'> & Queryable,
  actor: Actor,
  input: OwnPassword,
  hasher: PasswordHasher = argon2Hasher,
): Promise<{ recoveryCodes: string[] }> {
  assertInPerson(actor)
  await assertOwnPassword(database, actor, input, hasher)
  return database.transaction(async (tx) => {
    const { rowCount } = await tx.query(
      'select from user_totp where user_id = $1 and confirmed_at is not null for update',
      [actor.userId],
    )
    if (rowCount === 0) throw new Failure('not_found', 'there is no second factor')
    const recoveryCodes = await replaceRecoveryCodes(tx, actor.userId)
    await appendAudit(tx, actor, {
      action: 'user.renew_recovery_codes',
      targetKind: 'user',
      targetId: actor.userId,
      tenantId: actor.tenant,
    })
    return { recoveryCodes }
  })
}

/** Voids a person's recovery codes and makes new ones. The caller holds the second factor. */
export async function replaceRecoveryCodes(tx: Tx, userId: string): Promise<string[]> {
  const codes = makeRecoveryCodes()
  await tx.query('delete from recovery_code where user_id = $1', [userId])
  await tx.query('insert into recovery_code (user_id, code_hash) select $1, unnest($2::bytea[])', [
    userId,
    codes.map((code) => hashSecretToken(plainRecoveryCode(code))),
  ])
  return codes
}
