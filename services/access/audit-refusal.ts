import type { Queryable } from '../../db/transaction.ts'
import type { Actor } from '../../domain/actor.ts'
import type { FailureCode } from '../../domain/failure.ts'

/** Refusals that cost nobody anything to bring about leave one row an actor, address, action and target in this time. */
const cheapEveryMs = 60_000

export interface Refusal {
  /** What was refused: `user.log_in`, or `api.request` for a route. */
  readonly action: string
  readonly targetKind: string
  readonly targetId: string | null
  readonly code: FailureCode
  readonly details?: Readonly<Record<string, unknown>>
}

/**
 * Writes down what a person was refused, in a transaction of its own: that of the change is rolled back. The row's
 * action is that of what was refused with `.refused` behind.
 */
export async function auditRefusal(database: Queryable, actor: Actor, refusal: Refusal): Promise<void> {
  await insertRefusal(
    database,
    { ...refusal, actor: actor.name, userId: actor.userId, tenant: actor.tenant },
    actor.source,
  )
}

/** The same for somebody of whom only the address is known. */
export async function auditStranger(database: Queryable, source: string, refusal: Refusal): Promise<void> {
  await insertRefusal(database, { ...refusal, actor: 'nobody', userId: null, tenant: null }, source)
}

interface RefusedBy extends Refusal {
  readonly actor: string
  readonly userId: string | null
  readonly tenant: string | null
}

async function insertRefusal(database: Queryable, refusal: RefusedBy, source: string): Promise<void> {
  await database.query(
    `insert into audit_log (actor, user_id, source, action, target_kind, target_id, tenant_id, details)
     select $1, $2, $3, $4, $5, $6, $7, $8
     where not exists (
       select from audit_log where at > clock_timestamp() - $9 * interval '1 millisecond'
         and actor = $1 and source = $3 and action = $4 and target_id is not distinct from $6 and details ->> 'code' = $10)`,
    [
      refusal.actor,
      refusal.userId,
      source,
      `${refusal.action}.refused`,
      refusal.targetKind,
      refusal.targetId,
      refusal.tenant,
      JSON.stringify({ code: refusal.code, ...refusal.details }),
      isCheap(refusal) ? cheapEveryMs : 0,
      refusal.code,
    ],
  )
}

/** A known person is told each time, and a failed login was slowed down. */
function isCheap({ code, userId }: RefusedBy): boolean {
  return code === 'too_many_attempts' || (userId === null && code !== 'not_authenticated')
}
