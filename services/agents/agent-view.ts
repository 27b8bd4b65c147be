import type { Queryable } from '../../db/transaction.ts'
import type { AgentInstance, AgentView, OwnerView } from '../../domain/agent.ts'
import { type Currency, formatAmount } from '../../domain/money.ts'
import { agentIdOf, parseAgent } from '../../domain/tenant.ts'
import { type MarkupRow, markupColumnsSql, markupViewOf } from './markup-view.ts'

interface AgentRow extends MarkupRow {
  id: string
  name: string
  status: 'active' | 'paused'
  owners: OwnerView[]
  instances: AgentInstance[]
  customers: number
  sales: { currency: Currency; orders: number; units: number; turnover: string; profit: string }[]
  created_at: Date
  updated_at: Date
}

const isoSql = (column: string) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`

/** Owners of the tenant `t`, in the order in which they came. */
const ownersSql = `
  select json_agg(json_build_object('platform', o.platform, 'platform_user_id', o.platform_user_id,
    'linked_at', ${isoSql('o.linked_at')}) order by o.linked_at, o.platform, o.platform_user_id)
  from tenant_owner o where o.tenant_id = t.id`

const instancesSql = `
  select json_agg(json_build_object('id', i.id, 'platform', i.platform, 'name', i.name,
    'username', i.platform_username, 'status', i.status, 'desired', i.desired, 'state', i.state,
    'last_error', i.last_error, 'expires_at', ${isoSql('i.expires_at')}) order by i.created_at, i.id)
  from instance i where i.tenant_id = t.id and i.status <> 'deleted'`

/** One pass over the orders of all agents chosen. A refunded unit gives the agent's markup back. */
const salesSql = `
  select s.tenant_id, json_agg(json_build_object('currency', s.currency, 'orders', s.orders, 'units', s.units,
    'turnover', s.turnover::text, 'profit', s.profit::text) order by s.currency) as by_currency
  from (
    select tenant_id, currency, count(*) as orders, sum(quantity - refunded_units) as units,
      sum(total - refunded) as turnover, sum(markup * (quantity - refunded_units)) as profit
    from customer_order
    where status in ('paid', 'partly_refunded', 'refunded') and tenant_id in (select id from chosen)
    group by tenant_id, currency
  ) as s group by s.tenant_id`

export interface AgentFilter {
  /** One of them. */
  readonly tenant?: string | undefined
  readonly status?: AgentView['status'] | undefined
  /** Only those behind this one, by its id. */
  readonly after?: string | undefined
  readonly limit?: number | undefined
}

/** Agents as every face shows them, by name. Asks for no right. */
export async function readAgents(database: Queryable, filter: AgentFilter): Promise<AgentView[]> {
  const { rows } = await database.query<AgentRow>(
    `with chosen as (
       select * from tenant where id <> 'master' and ($1::text is null or id = $1) and ($2::text is null or status = $2)
         and ($3::text is null or (lower(name), id) > (
           select lower(name), id from tenant where id = $3 and ($1::text is null or id = $1)))
       order by lower(name), id limit $4
     ), sales as (${salesSql}), crowd as (
       select tenant_id, count(*) as customers from customer
       where erased_at is null and tenant_id in (select id from chosen) group by tenant_id
     )
     select t.id, t.name, t.status, t.created_at, t.updated_at, ${markupColumnsSql},
       coalesce((${ownersSql}), '[]') as owners, coalesce((${instancesSql}), '[]') as instances,
       coalesce(crowd.customers, 0) as customers, coalesce(sales.by_currency, '[]') as sales
     from chosen t left join sales on sales.tenant_id = t.id left join crowd on crowd.tenant_id = t.id
     order by lower(t.name), t.id`,
    [
      filter.tenant ?? null,
      filter.status ?? null,
      filter.after === undefined ? null : parseAgent(filter.after),
      filter.limit ?? null,
    ],
  )
  return rows.map(agentViewOf)
}

function agentViewOf(row: AgentRow): AgentView {
  return {
    id: agentIdOf(row.id),
    tenant: row.id,
    name: row.name,
    status: row.status,
    markup: markupViewOf(row),
    owners: row.owners,
    instances: row.instances,
    customers: row.customers,
    sales: row.sales.map((sale) => ({
      ...sale,
      turnover: formatAmount(BigInt(sale.turnover), sale.currency),
      profit: formatAmount(BigInt(sale.profit), sale.currency),
    })),
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  }
}
