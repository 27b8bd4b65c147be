import type { Tx } from '../../db/transaction.ts'
import type { Actor } from '../../domain/actor.ts'
import { appendAudit } from '../append-audit.ts'

/** Notes what somebody did with messages, an entry for each tenant that they are of. */
export async function auditMessages(
  tx: Tx,
  actor: Actor,
  action: string,
  rows: readonly { readonly id: number; readonly tenant_id: string }[],
): Promise<void> {
  const byTenant = Map.groupBy(rows, ({ tenant_id: tenant }) => tenant)
  for (const [tenantId, of] of byTenant) {
    const ids = of.map(({ id }) => id)
    await appendAudit(tx, actor, { action, targetKind: 'outbox', targetId: null, tenantId, details: { ids } })
  }
}
