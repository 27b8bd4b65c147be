import type { Tx } from '../db/transaction.ts'
import type { Actor } from '../domain/actor.ts'
import type { InstanceView } from '../domain/instance.ts'
import { auditInstance } from './audit-instance.ts'
import { lockInstance } from './find-instance.ts'
import { showInstance } from './show-instance.ts'

/** Ends a subscription now; the worker is stopped by the server that runs it. */
export async function expireInstance(tx: Tx, actor: Actor, input: { id: string }): Promise<InstanceView> {
  const instance = await lockInstance(tx, actor, { id: input.id, permission: 'instance.expire', command: 'expire' })
  await tx.query(
    `update instance set status = 'expired', expires_at = least(expires_at, subscription_clock()) where id = $1 and status = 'approved'`,
    [input.id],
  )
  await auditInstance(tx, actor, instance, 'expire')
  return showInstance(tx, actor, { id: input.id })
}
