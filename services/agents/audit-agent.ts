import type { Tx } from '../../db/transaction.ts'
import type { Actor } from '../../domain/actor.ts'
import { appendAudit } from '../append-audit.ts'

/** The audit row of a change of an agent: `agent.<verb>`, under its own tenant. */
export async function auditAgent(
  tx: Tx,
  actor: Actor,
  tenant: string,
  verb: string,
  details: Readonly<Record<string, unknown>>,
): Promise<void> {
  await appendAudit(tx, actor, {
    action: `agent.${verb}`,
    targetKind: 'tenant',
    targetId: tenant,
    tenantId: tenant,
    details,
  })
}
