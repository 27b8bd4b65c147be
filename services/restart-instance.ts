import type { Tx } from '../db/transaction.ts'
import type { Actor } from '../domain/actor.ts'
import type { InstanceView } from '../domain/instance.ts'
import { refuseTransition } from '../domain/subscription.ts'
import { auditInstance } from './audit-instance.ts'
import { lockInstance } from './find-instance.ts'
import { showInstance } from './show-instance.ts'
import { refuseWhileAgentPaused } from './tenant-is-paused.ts'

/** Asks for a new worker: the running one drains first; a bot that rests or is stopped is started. */
export async function restartInstance(tx: Tx, actor: Actor, input: { id: string }): Promise<InstanceView> {
  const instance = await lockInstance(tx, actor, { id: input.id, permission: 'instance.restart', command: 'restart' })
  if ((instance.expires_in_ms ?? 0) <= 0) throw refuseTransition('restart', input.id, 'expired')
  await refuseWhileAgentPaused(tx, instance, 'restart')
  await tx.query(`update instance set desired = 'running', restart_requested = restart_requested + 1 where id = $1`, [
    input.id,
  ])
  await auditInstance(tx, actor, instance, 'restart')
  return showInstance(tx, actor, { id: input.id })
}
