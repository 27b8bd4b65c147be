import type { Tx } from '../db/transaction.ts'
import type { Actor } from '../domain/actor.ts'
import { appendAudit } from './append-audit.ts'

/** The audit row of a change of an instance: `instance.<verb>`, under the instance's own tenant. */
export async function auditInstance(
  tx: Tx,
  actor: Actor,
  instance: { readonly id: string; readonly tenant_id: string },
  verb: string,
  details?: Readonly<Record<string, unknown>>,
): Promise<void> {
  await appendAudit(tx, actor, {
    action: `instance.${verb}`,
    targetKind: 'instance',
    targetId: instance.id,
    tenantId: instance.tenant_id,
    ...(details === undefined ? {} : { details }),
  })
}
