import type { Tx } from '../db/transaction.ts'
import type { Actor } from '../domain/actor.ts'
import { Failure } from '../domain/failure.ts'
import type { InstanceView } from '../domain/instance.ts'
import { auditInstance } from './audit-instance.ts'
import { lockInstance } from './find-instance.ts'
import { showInstance } from './show-instance.ts'

/** Suspends a bot with a reason that everybody sees; its time goes on running. */
export async function suspendInstance(
  tx: Tx,
  actor: Actor,
  input: { id: string; reason: string },
): Promise<InstanceView> {
  const reason = input.reason.trim()
  if (reason === '' || reason.length > 500)
    throw new Failure('usage', 'a suspension needs a reason of at most 500 characters')
  const instance = await lockInstance(tx, actor, { id: input.id, permission: 'instance.suspend', command: 'suspend' })
  await tx.query(`update instance set status = 'suspended', suspended_reason = $2 where id = $1`, [input.id, reason])
  await auditInstance(tx, actor, instance, 'suspend', { reason, from: instance.status })
  return showInstance(tx, actor, { id: input.id })
}
