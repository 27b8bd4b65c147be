import type { Queryable } from '../db/transaction.ts'
import { type Actor, assertMay } from '../domain/actor.ts'

export interface AuditView {
  id: number
  at: string
  actor: string
  source: string
  action: string
  target_kind: string
  target_id: string | null
  tenant: string | null
  details: Record<string, unknown> | null
}

/** The audit, newest first; `before` pages on by id, everything else narrows it. */
export async function listAudit(
  database: Queryable,
  actor: Actor,
  input: {
    target?: string | undefined
    actor?: string | undefined
    action?: string | undefined
    tenant?: string | undefined
    /** Only what happened within this many milliseconds. */
    withinMs?: number | undefined
    before?: number | undefined
    limit?: number | undefined
  },
): Promise<AuditView[]> {
  assertMay(actor, 'audit.read')
  const { rows } = await database.query<Omit<AuditView, 'at'> & { at: Date }>(
    `select id, at, actor, source, action, target_kind, target_id, tenant_id as tenant, details from audit_log
     where ($1::text is null or target_id = $1) and ($2::text is null or actor = $2) and ($3::bigint is null or id < $3)
       and ($5::text is null or action = $5) and ($6::text is null or tenant_id = $6)
       and ($7::double precision is null or at >= clock_timestamp() - $7 * interval '1 millisecond')
     order by id desc limit $4`,
    [
      input.target ?? null,
      input.actor ?? null,
      input.before ?? null,
      input.limit ?? 50,
      input.action ?? null,
      input.tenant ?? null,
      input.withinMs ?? null,
    ],
  )
  return rows.map((row) => ({ ...row, at: row.at.toISOString() }))
}
