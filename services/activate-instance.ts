import type { Tx } from '../db/transaction.ts'
import type { Actor } from '../domain/actor.ts'
import type { InstanceView } from '../domain/instance.ts'
import { statusAfterActivation } from '../domain/subscription.ts'
import { auditInstance } from './audit-instance.ts'
import { lockInstance } from './find-instance.ts'
import { showInstance } from './show-instance.ts'

/** Lifts a suspension; a bot whose time has run out meanwhile becomes `expired`, one never approved `new`. */
export async function activateInstance(tx: Tx, actor: Actor, input: { id: string }): Promise<InstanceView> {
  const instance = await lockInstance(tx, actor, { id: input.id, permission: 'instance.activate', command: 'activate' })
  const status = statusAfterActivation(instance.expires_in_ms)
  await tx.query(`update instance set status = $2, suspended_reason = null where id = $1`, [input.id, status])
  await auditInstance(tx, actor, instance, 'activate', { status })
  return showInstance(tx, actor, { id: input.id })
}
