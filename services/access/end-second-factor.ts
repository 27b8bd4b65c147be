import type { Database } from '../../db/database.ts'
import type { Queryable } from '../../db/transaction.ts'
import type { Actor } from '../../domain/actor.ts'
import { Failure } from '../../domain/failure.ts'
import { appendAudit } from '../append-audit.ts'
import { argon2Hasher, type PasswordHasher } from '../password-hasher.ts'
import { tooManyAttempts } from './judge-password.ts'
import { assertInPerson, assertOwnPassword, type OwnPassword } from './person.ts'
import { judgeCode, type KeyringOf } from './second-factor.ts'

export interface EndSecondFactor extends OwnPassword {
  /** Of the authenticator, or a recovery code. */
  readonly code: string
  readonly keyring: KeyringOf
}

/**
 * Ends the actor's second factor, by the present password and a code. Throws `not_allowed` when one of them is wrong,
 * `too_many_attempts`, or `not_found` when there is none.
 */
export async function endSecondFactor(
  database: Pick<Database, 'transaction'> & Queryable,
  actor: Actor,
  input: EndSecondFactor,
  hasher: PasswordHasher = argon2Hasher,
): Promise<void> {
  assertInPerson(actor)
  await assertOwnPassword(database, actor, input, hasher)
  const verdict = await database.transaction(async (tx) => {
    const judged = await judgeCode(tx, { ...input, userId: actor.userId })
    if (judged.kind !== 'right') return judged
    await tx.query('delete from user_totp where user_id = $1', [actor.userId])
    await appendAudit(tx, actor, {
      action: 'user.end_second_factor',
      targetKind: 'user',
      targetId: actor.userId,
      tenantId: actor.tenant,
    })
    return judged
  })
  if (verdict.kind === 'right') return
  if (verdict.kind === 'none') throw new Failure('not_found', 'there is no second factor')
  if (verdict.kind === 'too_early') throw tooManyAttempts(verdict.delayMs)
  throw new Failure('not_allowed', 'the code is wrong, too old, or was used before: nothing was changed', {
    details: { wrong: 'code' },
  })
}
