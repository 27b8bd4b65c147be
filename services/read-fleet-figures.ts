import type { Queryable } from '../db/transaction.ts'
import type { FleetFigures } from '../domain/figures.ts'

/** The figures of one server, and of the work that all share, in one statement. */
export async function readFleetFigures(database: Queryable, input: { readonly server: string }): Promise<FleetFigures> {
  const { rows } = await database.query<{ figures: FleetFigures }>(
    `select json_build_object(
       'bots', (select coalesce(json_agg(b), '[]') from (
         select platform, state, count(*)::int as count from instance
         where server_name = $1 and status <> 'deleted' group by platform, state) as b),
       'portsInUse', (select count(*)::int from instance_lease where server_name = $1 and phase <> 'idle'),
       'expiryLagSeconds', (select greatest(0, coalesce(extract(epoch from subscription_clock() - min(expires_at)), 0))
         from instance where status = 'approved'),
       'maturityLagSeconds', (select greatest(0, coalesce(extract(epoch from clock_timestamp() - min(mature_at)), 0))
         from agent_profit where state = 'pending'),
       'outbox', (select coalesce(json_agg(o), '[]') from (
         select kind as topic, count(*)::int as pending,
           greatest(0, extract(epoch from clock_timestamp() - min(not_before))) as "oldestSeconds"
         from outbox_message where state in ('queued', 'claimed') group by kind) as o)
     ) as figures`,
    [input.server],
  )
  const [row] = rows
  if (row === undefined) throw new Error('a statement without conditions has a row')
  return row.figures
}
