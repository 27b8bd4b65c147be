import type { Tx } from '../db/transaction.ts'
import { type Actor, assertMay, type Permission } from '../domain/actor.ts'
import { Failure } from '../domain/failure.ts'
import type { Desired, Platform, State, Status } from '../domain/instance.ts'
import { isAllowed, refuseTransition, type SubscriptionCommand } from '../domain/subscription.ts'

/** The columns that a change of an instance looks at, read under its row lock. */
export interface LockedInstance {
  id: string
  tenant_id: string
  platform: Platform
  status: Status
  desired: Desired
  state: State
  server_name: string
  platform_bot_id: string | null
  port: number | null
  expires_in_ms: number | null
}

export interface LockRequest {
  readonly id: string
  readonly permission: Permission
  readonly command: SubscriptionCommand
}

/** Refuses an unknown instance: the same words for one that the actor may not see. */
export function instanceNotFound(id: string): Failure {
  return new Failure('not_found', `no bot ${id}: ./botfleet list shows them`, { details: { id } })
}

/**
 * Locks an instance for a change and checks, in this order, that it exists for this actor, that the actor may do it,
 * and that its status allows the command. Also names the actor for the event trigger.
 */
export async function lockInstance(tx: Tx, actor: Actor, request: LockRequest): Promise<LockedInstance> {
  await tx.query(`select set_config('botfleet.actor', $1, true)`, [actor.name])
  await tx.query('select 1 from instance where id = $1 for update', [request.id])
  const { rows } = await tx.query<LockedInstance>(
    `select id, tenant_id, platform, status, desired, state, server_name, platform_bot_id, port,
       subscription_left_ms(expires_at) as expires_in_ms
     from instance where id = $1`,
    [request.id],
  )
  const instance = rows[0]
  if (instance === undefined) throw instanceNotFound(request.id)
  if (actor.role === 'agent' && instance.tenant_id !== actor.tenant) throw instanceNotFound(request.id)
  assertMay(actor, request.permission, instance.tenant_id)
  if (!isAllowed(request.command, instance.status)) throw refuseTransition(request.command, request.id, instance.status)
  return instance
}
