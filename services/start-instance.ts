import type { Tx } from '../db/transaction.ts'
import type { Actor } from '../domain/actor.ts'
import type { InstanceView } from '../domain/instance.ts'
import { refuseTransition } from '../domain/subscription.ts'
import { auditInstance } from './audit-instance.ts'
import { lockInstance } from './find-instance.ts'
import { showInstance } from './show-instance.ts'
import { refuseWhileAgentPaused } from './tenant-is-paused.ts'

/**
 * Wishes an approved bot running. One that waits for a person (conflict, failed and the like) is tried again;
 * `takeWebhook` lets its next worker remove a webhook that is set elsewhere.
 */
export async function startInstance(
  tx: Tx,
  actor: Actor,
  input: { id: string; takeWebhook?: boolean | undefined },
): Promise<InstanceView> {
  const instance = await lockInstance(tx, actor, { id: input.id, permission: 'instance.start', command: 'start' })
  if ((instance.expires_in_ms ?? 0) <= 0) throw refuseTransition('start', input.id, 'expired')
  await refuseWhileAgentPaused(tx, instance, 'start')
  const takeWebhook = input.takeWebhook ?? false
  const changed = await tx.query(
    `update instance set desired = 'running', take_webhook = take_webhook or $2,
       restart_requested = restart_requested
         + case when desired <> 'running' or $2 or state not in ('starting', 'connecting', 'running') then 1 else 0 end
     where id = $1 and (desired <> 'running' or $2 or state not in ('starting', 'connecting', 'running'))`,
    [input.id, takeWebhook],
  )
  if (changed.rowCount > 0) {
    await auditInstance(tx, actor, instance, 'start', { take_webhook: takeWebhook })
  }
  return showInstance(tx, actor, { id: input.id })
}
