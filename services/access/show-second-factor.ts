import type { Queryable } from '../../db/transaction.ts'
import type { Actor } from '../../domain/actor.ts'
import type { SecondFactorView } from '../../domain/second-factor.ts'
import { assertInPerson } from './person.ts'

/** The actor's own second factor. */
export async function showSecondFactor(tx: Queryable, actor: Actor): Promise<SecondFactorView> {
  assertInPerson(actor)
  const { rows } = await tx.query<{ confirmed_at: Date; left: number }>(
    `select confirmed_at, (select count(*)::integer from recovery_code r where r.user_id = t.user_id and used_at is null)
       as left
     from user_totp t where user_id = $1 and confirmed_at is not null`,
    [actor.userId],
  )
  const factor = rows[0]
  return {
    enabled: factor !== undefined,
    confirmed_at: factor?.confirmed_at.toISOString() ?? null,
    recovery_codes_left: factor?.left ?? 0,
  }
}
