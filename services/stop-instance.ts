import type { Tx } from '../db/transaction.ts'
import type { Actor } from '../domain/actor.ts'
import type { InstanceView } from '../domain/instance.ts'
import { auditInstance } from './audit-instance.ts'
import { lockInstance } from './find-instance.ts'
import { showInstance } from './show-instance.ts'

/** Wishes a bot stopped, also when its paused agent resumes; its time goes on. Stopping a stopped one changes nothing and leaves no audit row. */
export async function stopInstance(tx: Tx, actor: Actor, input: { id: string }): Promise<InstanceView> {
  const instance = await lockInstance(tx, actor, { id: input.id, permission: 'instance.stop', command: 'stop' })
  const stopped = await tx.query(
    `update instance set desired = 'stopped', resumes_with_agent = false
     where id = $1 and (desired <> 'stopped' or resumes_with_agent)`,
    [input.id],
  )
  if (stopped.rowCount > 0) {
    await auditInstance(tx, actor, instance, 'stop')
  }
  return showInstance(tx, actor, { id: input.id })
}
