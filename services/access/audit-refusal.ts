import type { Queryable } from '../../db/transaction.ts'
import type { Actor } from '../../domain/actor.ts'
import type { FailureCode } from '../../domain/failure.ts'

/** Refusals of the same actor, source, action, target and code leave at most so many rows a minute. */
const rowsPerMinuteMax = 20
const cheapRowsPerMinuteMax = 1
/** Of all strangers together: who has many addresses has room for no more. Failed logins stand in login_attempt besides. */
const strangersRowsPerMinuteMax = 120

export interface Refusal {
  /** What was refused: `user.log_in`, or `api.request` for a route. */
  readonly action: string
  readonly targetKind: string
  readonly targetId: string | null
  readonly code: FailureCode
  /** Whether it costs nobody anything to bring it about again and again. */
  readonly isCheap: boolean
  readonly details?: Readonly<Record<string, unknown>>
}

/** Who was refused, as far as that is known. */
type Refused = Pick<Actor, 'name' | 'userId' | 'tenant' | 'source'>

/** Somebody of whom only the address is known. */
export function stranger(source: string): Refused {
  return { name: 'nobody', userId: null, tenant: null, source }
}

/**
 * Writes down what somebody was refused, in a transaction of its own: that of the change is rolled back. The row's action
 * is that of what was refused with `.refused` behind. Who is refused the same again and again, or has many addresses,
 * fills no disk by it.
 */
export async function insertRefusal(database: Queryable, who: Refused, refusal: Refusal): Promise<void> {
  await database.query(
    `insert into audit_log (actor, user_id, source, action, target_kind, target_id, tenant_id, details)
     select $1, $2, $3, $4, $5, $6, $7, $8
     where $9 > (select count(*) from (
       select from audit_log where at > clock_timestamp() - interval '1 minute' and actor = $1 and source = $3
         and action = $4 and target_id is not distinct from $6 and details ->> 'code' = $10 limit $9) as noted)
       and ($2::text is not null or $11 > (select count(*) from (
         select from audit_log where at > clock_timestamp() - interval '1 minute' and actor = $1 limit $11) as strangers))`,
    [
      who.name,
      who.userId,
      who.source,
      `${refusal.action}.refused`,
      refusal.targetKind,
      refusal.targetId,
      who.tenant,
      JSON.stringify({ code: refusal.code, ...refusal.details }),
      refusal.isCheap ? cheapRowsPerMinuteMax : rowsPerMinuteMax,
      refusal.code,
      strangersRowsPerMinuteMax,
    ],
  )
}
