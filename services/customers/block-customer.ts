import type { Tx } from '../../db/transaction.ts'
import type { Actor } from '../../domain/actor.ts'
import type { CustomerDetails } from '../../domain/customer.ts'
import { Failure } from '../../domain/failure.ts'
import { auditCustomer } from './audit-customer.ts'
import { lockCustomer } from './lock-customer.ts'
import { showCustomer } from './show-customer.ts'

const reasonLengthMax = 500

/** Blocks a customer: nothing is sold to it any more, and its money stays refundable. Blocked again: the new reason. */
export async function blockCustomer(
  tx: Tx,
  actor: Actor,
  input: { readonly id: string; readonly reason: string },
): Promise<CustomerDetails> {
  const reason = input.reason.trim()
  if (reason === '' || reason.length > reasonLengthMax) {
    throw new Failure('usage', `a block needs a reason of at most ${reasonLengthMax} characters`)
  }
  const customer = await lockCustomer(tx, actor, { id: input.id, permission: 'customer.block' })
  await tx.query('update customer set blocked_at = coalesce(blocked_at, now()), blocked_reason = $2 where id = $1', [
    customer.id,
    reason,
  ])
  await auditCustomer(tx, actor, customer, 'block', { reason })
  return showCustomer(tx, actor, input)
}
