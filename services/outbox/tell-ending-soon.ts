import type { Queryable } from '../../db/transaction.ts'
import { enqueueToAdmins, enqueueToOwners } from './enqueue.ts'

/** Before how many days of its end a subscription is spoken of. */
const daysBefore = [1, 3, 7]

/**
 * Tells owners and admins of subscriptions that end within 7, 3 and 1 days, each once for that end; of several that have
 * come at the same time only the nearest. Several servers may do it at once.
 */
export async function tellEndingSoon(tx: Queryable): Promise<void> {
  const { rows } = await tx.query<{ id: string; tenant_id: string; name: string; expires_at: Date; days: number }>(
    `update instance i set expiry_told_for = i.expires_at, expiry_told_days = near.days
     from (
       select n.id, soon.days from instance n
       cross join lateral (
         select min(days) as days from unnest($1::integer[]) as days
         where n.expires_at <= subscription_clock() + days * interval '1 day'
       ) as soon
       where n.status = 'approved' and n.expires_at > subscription_clock() and soon.days is not null
         and (n.expiry_told_for is distinct from n.expires_at or n.expiry_told_days > soon.days)
       for update of n skip locked
     ) as near
     where i.id = near.id
     returning i.id, i.tenant_id, i.name, i.expires_at, near.days`,
    [daysBefore],
  )
  for (const { id, tenant_id: tenant, name, expires_at: at, days } of rows) {
    const notice = {
      kind: 'expiring',
      payload: { instance: id, name, days, at: `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC` },
      reference: `${id}:${at.toISOString()}:${days}`,
    } as const
    await enqueueToOwners(tx, { tenant, ...notice })
    await enqueueToAdmins(tx, notice)
  }
}
