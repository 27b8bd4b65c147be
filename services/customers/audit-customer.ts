import type { Tx } from '../../db/transaction.ts'
import type { Actor } from '../../domain/actor.ts'
import { appendAudit } from '../append-audit.ts'
import type { LockedCustomer } from './lock-customer.ts'

/** The audit row of a change of a customer: `customer.<verb>`, without who it is: the audit outlives an erasure. */
export async function auditCustomer(
  tx: Tx,
  actor: Actor,
  customer: LockedCustomer,
  verb: string,
  details: Readonly<Record<string, unknown>>,
): Promise<void> {
  await appendAudit(tx, actor, {
    action: `customer.${verb}`,
    targetKind: 'customer',
    targetId: customer.id,
    tenantId: customer.tenant_id,
    details,
  })
}
