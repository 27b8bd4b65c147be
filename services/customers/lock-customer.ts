import type { Tx } from '../../db/transaction.ts'
import { type Actor, assertMay, type Permission } from '../../domain/actor.ts'
import { Failure } from '../../domain/failure.ts'
import { customerNotFound } from './customer-view.ts'

export interface LockedCustomer {
  readonly id: string
  readonly tenant_id: string
}

/**
 * Locks a customer for a change and checks, in this order, that it exists for this actor, that the actor may do it, and
 * that it was not erased.
 */
export async function lockCustomer(
  tx: Tx,
  actor: Actor,
  request: { readonly id: string; readonly permission: Permission },
): Promise<LockedCustomer> {
  const { rows } = await tx.query<LockedCustomer & { erased_at: Date | null }>(
    'select id, tenant_id, erased_at from customer where id = $1 for update',
    [request.id],
  )
  const customer = rows[0]
  if (customer === undefined || (actor.role === 'agent' && customer.tenant_id !== actor.tenant)) {
    throw customerNotFound(request.id)
  }
  assertMay(actor, request.permission, customer.tenant_id)
  if (customer.erased_at !== null) {
    throw new Failure('conflict', `the customer ${request.id} was erased: nothing but its history is left`)
  }
  return customer
}
