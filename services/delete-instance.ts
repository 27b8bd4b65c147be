import type { Tx } from '../db/transaction.ts'
import type { Actor, Permission } from '../domain/actor.ts'
import type { InstanceView } from '../domain/instance.ts'
import { auditInstance } from './audit-instance.ts'
import { lockInstance } from './find-instance.ts'
import { showInstance } from './show-instance.ts'

/**
 * Deletes a bot: its credentials are erased, and the session and messages of its linked device; its bot id, number and port are free again; its history (events, periods,
 * audit) stays (seed row S4-049). `permission` is the right that it takes, `agent.self` where an agent deletes its own.
 */
export async function deleteInstance(
  tx: Tx,
  actor: Actor,
  input: { id: string; permission?: Extract<Permission, 'instance.delete' | 'agent.self'> },
): Promise<InstanceView> {
  const { id, permission = 'instance.delete' } = input
  const instance = await lockInstance(tx, actor, { id, permission, command: 'delete' })
  for (const table of ['instance_credential', 'whatsapp_key', 'whatsapp_session', 'whatsapp_message']) {
    await tx.query(`delete from ${table} where instance_id = $1`, [id])
  }
  await tx.query('delete from handled_update where instance_id = $1 and body is not null', [id])
  await tx.query(
    `update instance set status = 'deleted', desired = 'stopped', resumes_with_agent = false, deleted_at = now(), is_master = false,
       platform_bot_id = null, phone_number = null, port = null
     where id = $1`,
    [id],
  )
  await auditInstance(tx, actor, instance, 'delete', { from: instance.status, bot_id: instance.platform_bot_id })
  return showInstance(tx, actor, { id })
}
