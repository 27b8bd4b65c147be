import type { Tx } from '../db/transaction.ts'
import type { Actor } from '../domain/actor.ts'
import type { InstanceView } from '../domain/instance.ts'
import { parseMonths } from '../domain/subscription.ts'
import { auditInstance } from './audit-instance.ts'
import { lockInstance } from './find-instance.ts'
import { refuseWhilePaused } from './refuse-while-paused.ts'
import { reservePort } from './reserve-port.ts'
import { showInstance } from './show-instance.ts'

export interface PortRange {
  readonly portBase: number
  readonly portCount: number
}

/**
 * Approves a new bot for a number of months from now, wishes it running and reserves its port (seed rows S4-041 to
 * S4-043). Each period is a row of its own.
 */
export async function approveInstance(
  tx: Tx,
  actor: Actor,
  input: { id: string; months: number; daysPerMonth: number } & PortRange,
): Promise<InstanceView> {
  const months = parseMonths(input.months)
  const instance = await lockInstance(tx, actor, { id: input.id, permission: 'instance.approve', command: 'approve' })
  await refuseWhilePaused(tx, 'approve')
  await reservePort(tx, { ...input, server: instance.server_name, port: instance.port })
  await tx.query(
    `with approved as (
       update instance set status = 'approved', desired = 'running', duration_months = $2, approved_at = now(),
         expires_at = now() + $2::int * $3::double precision * interval '1 day'
       where id = $1 and status = 'new' returning id, approved_at, expires_at
     )
     insert into subscription_period (instance_id, kind, months, starts_at, ends_at, created_by)
     select id, 'approve', $2, approved_at, expires_at, $4 from approved`,
    [input.id, months, input.daysPerMonth, actor.name],
  )
  await auditInstance(tx, actor, instance, 'approve', { months })
  return showInstance(tx, actor, { id: input.id })
}
