import type { Tx } from '../db/transaction.ts'
import type { Actor } from '../domain/actor.ts'

export interface AuditEntry {
  /** A verb with its noun: `instance.approve`, `user.create`. */
  readonly action: string
  readonly targetKind: string
  readonly targetId: string | null
  readonly tenantId: string | null
  /** What changed; never a secret. */
  readonly details?: Readonly<Record<string, unknown>>
}

/** Writes one row of the append-only audit: who, what, when, from where. Part of the change's own transaction. */
export async function appendAudit(tx: Tx, actor: Actor, entry: AuditEntry): Promise<void> {
  await tx.query(
    `insert into audit_log (actor, user_id, source, action, target_kind, target_id, tenant_id, details)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      actor.name,
      actor.userId,
      actor.source,
      entry.action,
      entry.targetKind,
      entry.targetId,
      entry.tenantId,
      entry.details === undefined ? null : JSON.stringify(entry.details),
    ],
  )
}
