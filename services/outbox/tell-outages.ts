import type { Queryable } from '../../db/transaction.ts'
import { enqueueToAdmins, enqueueToOwners } from './enqueue.ts'

const downMinutes = 5
/** States that somebody is told of at once, by a trigger. */
const toldStates = ['conflict', 'logged_out', 'token_invalid', 'restricted', 'session_error', 'failed']

interface Row {
  id: string
  tenant_id: string
  name: string
  reason: string
  since: Date
  minutes: number
}

/**
 * Tells owners and admins of bots that should run and have not for 5 minutes, each outage once, and of those that are
 * back; whether the bot itself, its host or its server is at fault. Several servers may do it at once.
 */
export async function tellOutages(tx: Queryable): Promise<void> {
  // A server that is gone leaves the states of its bots as they were: its lease says since when nobody looks after them.
  const down = await tx.query<Row>(
    `update instance i set down_told_at = clock_timestamp()
     from (
       select n.id, coalesce(n.down_since, s.lease_until) as since, n.down_since is null as lost
       from instance n join server s on s.name = n.server_name
       where n.status = 'approved' and n.desired = 'running' and n.down_told_at is null
         and n.state <> all($1) and (n.down_since is not null or s.lease_until < clock_timestamp())
         and coalesce(n.down_since, s.lease_until) < clock_timestamp() - $2 * interval '1 minute'
       for update of n skip locked
     ) as out
     where i.id = out.id
     returning i.id, i.tenant_id, i.name, out.since,
       case when out.lost then 'its server ' || i.server_name || ' is gone' else coalesce(i.last_error, i.state) end as reason,
       floor(extract(epoch from clock_timestamp() - out.since) / 60)::integer as minutes`,
    [toldStates, downMinutes],
  )
  for (const { id, tenant_id: tenant, name, since, reason, minutes } of down.rows) {
    const payload = { instance: id, name, minutes, reason }
    await tell(tx, tenant, { kind: 'bot_down', payload, reference: `${id}:${since.toISOString()}` })
  }
  const back = await tx.query<Row>(
    `update instance i set down_told_at = null
     from (
       select n.id, n.down_told_at as since from instance n join server s on s.name = n.server_name
       where n.down_told_at is not null and (n.status <> 'approved' or n.desired <> 'running'
         or (n.state = 'running' and n.down_since is null and s.lease_until > clock_timestamp()))
       for update of n skip locked
     ) as up
     where i.id = up.id
     returning i.id, i.tenant_id, i.name, up.since, i.state as reason, 0 as minutes`,
  )
  for (const { id, tenant_id: tenant, name, since, reason } of back.rows) {
    if (reason !== 'running') continue
    await tell(tx, tenant, {
      kind: 'bot_back',
      payload: { instance: id, name },
      reference: `${id}:${since.toISOString()}`,
    })
  }
}

async function tell(
  tx: Queryable,
  tenant: string,
  notice: Parameters<typeof enqueueToAdmins<'bot_down'>>[1] | Parameters<typeof enqueueToAdmins<'bot_back'>>[1],
): Promise<void> {
  await enqueueToOwners(tx, { tenant, ...notice })
  await enqueueToAdmins(tx, notice)
}
