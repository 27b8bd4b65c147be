import type { Tx } from '../db/transaction.ts'
import type { Actor } from '../domain/actor.ts'
import type { InstanceView } from '../domain/instance.ts'
import { type PeriodPayment, paymentColumns, paymentDetails } from '../domain/period.ts'
import { parseMonths } from '../domain/subscription.ts'
import { auditInstance } from './audit-instance.ts'
import { lockInstance } from './find-instance.ts'
import { periodLengthSql } from './period-sql.ts'
import { refuseWhilePaused } from './refuse-while-paused.ts'
import { reservePort } from './reserve-port.ts'
import { showInstance } from './show-instance.ts'
import { tenantIsPaused } from './tenant-is-paused.ts'

export interface PortRange {
  readonly portBase: number
  readonly portCount: number
}

export interface ApproveInstance extends PortRange {
  readonly id: string
  readonly months: number
  readonly daysPerMonth: number
  /** What was paid for it, where somebody says so. */
  readonly paid?: PeriodPayment | undefined
}

/**
 * Approves a new bot for a number of months from now, wishes it running and reserves its port (seed rows S4-041 to
 * S4-043). Each period is a row of its own. The bot of a paused agent runs once that resumes.
 */
export async function approveInstance(tx: Tx, actor: Actor, input: ApproveInstance): Promise<InstanceView> {
  const months = parseMonths(input.months)
  const instance = await lockInstance(tx, actor, { id: input.id, permission: 'instance.approve', command: 'approve' })
  await refuseWhilePaused(tx, 'approve')
  await reservePort(tx, { ...input, server: instance.server_name, port: instance.port })
  const isPaused = await tenantIsPaused(tx, instance.tenant_id)
  await tx.query(
    `with approved as (
       update instance set status = 'approved', duration_months = $2, approved_at = now(),
         desired = case when $5 then 'stopped' else 'running' end, resumes_with_agent = $5,
         -- A worker that only pairs does not go on to run: another one goes on with its request.
         restart_requested = restart_requested + case when desired = 'pairing' then 1 else 0 end,
         expires_at = now() + ${periodLengthSql('$2', '$3')}
       where id = $1 and status = 'new' returning id, approved_at, expires_at
     )
     insert into subscription_period (instance_id, kind, months, starts_at, ends_at, created_by, price, currency,
       payment)
     select id, 'approve', $2, approved_at, expires_at, $4, $6, $7, $8 from approved`,
    [input.id, months, input.daysPerMonth, actor.name, isPaused, ...paymentColumns(input.paid)],
  )
  await auditInstance(tx, actor, instance, 'approve', { months, ...paymentDetails(input.paid) })
  return showInstance(tx, actor, { id: input.id })
}
