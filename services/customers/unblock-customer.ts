import type { Tx } from '../../db/transaction.ts'
import type { Actor } from '../../domain/actor.ts'
import type { CustomerDetails } from '../../domain/customer.ts'
import { auditCustomer } from './audit-customer.ts'
import { lockCustomer } from './lock-customer.ts'
import { showCustomer } from './show-customer.ts'

/** Lifts a block; one that is not blocked stays as it is. */
export async function unblockCustomer(tx: Tx, actor: Actor, input: { readonly id: string }): Promise<CustomerDetails> {
  const customer = await lockCustomer(tx, actor, { id: input.id, permission: 'customer.block' })
  const unblocked = await tx.query(
    'update customer set blocked_at = null, blocked_reason = null where id = $1 and blocked_at is not null',
    [customer.id],
  )
  if (unblocked.rowCount > 0) await auditCustomer(tx, actor, customer, 'unblock', {})
  return showCustomer(tx, actor, input)
}
