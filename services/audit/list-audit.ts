import type { Queryable } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import type { AuditView } from '../../domain/audit.ts'

export interface AuditFilter {
  /** The id of what it was done to; of a user the name, too. */
  readonly target?: string | undefined
  readonly actor?: string | undefined
  readonly action?: string | undefined
  readonly tenant?: string | undefined
  /** Only what happened within this many milliseconds. */
  readonly withinMs?: number | undefined
  /** Only what happened from then on. */
  readonly from?: Date | undefined
  /** Only what happened before. */
  readonly until?: Date | undefined
}

export interface ListAudit extends AuditFilter {
  /** Only rows before this id: the last one of the page before. */
  readonly before?: number | undefined
  readonly limit?: number | undefined
}

/** What people call the target today; null where nothing of that id has a name, or has it no more. */
const targetName = `case target_kind
  when 'instance' then (select i.name from instance i where i.id = target_id)
  when 'product' then (select p.name from product p where p.id = target_id)
  when 'user' then (select u.username from app_user u where u.id = target_id)
  when 'customer' then (select coalesce(c.display_name, c.username) from customer c where c.id = target_id)
end`

const idOfUser = '(select u.id from app_user u where u.username = $1)'

/** The audit, newest first; `before` pages on, everything else narrows it. Needs `audit.read`. */
export async function listAudit(database: Queryable, actor: Actor, input: ListAudit): Promise<AuditView[]> {
  assertMay(actor, 'audit.read')
  const { rows } = await database.query<Omit<AuditView, 'at'> & { at: Date }>(
    `select id, at, actor, source, action, target_kind, target_id, ${targetName} as target_name, tenant_id as tenant,
       details
     from audit_log
     where ($1::text is null or target_id = $1 or (target_kind = 'user' and target_id = ${idOfUser}))
       and ($2::text is null or actor = $2) and ($3::bigint is null or id < $3)
       and ($5::text is null or action = $5) and ($6::text is null or tenant_id = $6)
       and ($7::double precision is null or at >= clock_timestamp() - $7 * interval '1 millisecond')
       and ($8::timestamptz is null or at >= $8) and ($9::timestamptz is null or at < $9)
     order by id desc limit $4`,
    [
      input.target ?? null,
      input.actor ?? null,
      input.before ?? null,
      input.limit ?? 50,
      input.action ?? null,
      input.tenant ?? null,
      input.withinMs ?? null,
      input.from ?? null,
      input.until ?? null,
    ],
  )
  return rows.map((row) => ({ ...row, at: row.at.toISOString() }))
}
