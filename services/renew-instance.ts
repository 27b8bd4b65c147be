import type { Tx } from '../db/transaction.ts'
import type { Actor } from '../domain/actor.ts'
import type { InstanceView } from '../domain/instance.ts'
import { paymentColumns, paymentDetails } from '../domain/period.ts'
import { parseMonths } from '../domain/subscription.ts'
import type { ApproveInstance } from './approve-instance.ts'
import { auditInstance } from './audit-instance.ts'
import { lockInstance } from './find-instance.ts'
import { periodLengthSql, periodStartSql } from './period-sql.ts'
import { refuseWhilePaused } from './refuse-while-paused.ts'
import { reservePort } from './reserve-port.ts'
import { showInstance } from './show-instance.ts'
import { tenantIsPaused } from './tenant-is-paused.ts'

/**
 * Renews a bot: from its current end while it is still approved, so renewing early loses nothing; from now once it has
 * expired, and then it runs again (seed row S4-067), or once its paused agent resumes.
 */
export async function renewInstance(tx: Tx, actor: Actor, input: ApproveInstance): Promise<InstanceView> {
  const months = parseMonths(input.months)
  const instance = await lockInstance(tx, actor, { id: input.id, permission: 'instance.renew', command: 'renew' })
  await refuseWhilePaused(tx, 'renew')
  await reservePort(tx, { ...input, server: instance.server_name, port: instance.port })
  const isPaused = await tenantIsPaused(tx, instance.tenant_id)
  await tx.query(
    `with earlier as (
       select id, status, ${periodStartSql} as starts_at
       from instance where id = $1 and status in ('approved', 'expired')
     ), renewed as (
       update instance i set status = 'approved', duration_months = $2,
         desired = case when e.status = 'expired' and not $5 then 'running' else i.desired end,
         resumes_with_agent = i.resumes_with_agent or (e.status = 'expired' and $5),
         approved_at = coalesce(i.approved_at, now()),
         expires_at = e.starts_at + ${periodLengthSql('$2', '$3')}
       from earlier e where i.id = e.id returning i.id, e.starts_at, i.expires_at
     )
     insert into subscription_period (instance_id, kind, months, starts_at, ends_at, created_by, price, currency,
       payment)
     select id, 'renew', $2, starts_at, expires_at, $4, $6, $7, $8 from renewed`,
    [input.id, months, input.daysPerMonth, actor.name, isPaused, ...paymentColumns(input.paid)],
  )
  await auditInstance(tx, actor, instance, 'renew', { months, from: instance.status, ...paymentDetails(input.paid) })
  return showInstance(tx, actor, { id: input.id })
}
