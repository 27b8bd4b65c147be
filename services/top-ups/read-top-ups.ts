import type { Queryable } from '../../db/transaction.ts'
import { type Currency, formatAmount } from '../../domain/money.ts'
import type { TopUpState, TopUpView } from '../../domain/top-up.ts'

interface TopUpRow {
  id: number
  tenant_id: string
  customer_id: string
  customer_name: string | null
  currency: Currency
  amount: string
  credited: string | null
  state: TopUpState
  instructions: string
  created_at: Date
  pay_until: Date
  ended_at: Date | null
  ended_by: string | null
  reason: string | null
  provider: string | null
  external_id: string | null
}

export interface TopUpFilter {
  readonly id?: number | undefined
  /** Null and left out: of any tenant. */
  readonly tenant?: string | null | undefined
  readonly customer?: string | undefined
  readonly state?: TopUpState | undefined
  /** Only those with a lower id. */
  readonly before?: number | undefined
  readonly limit?: number
}

/** Top-ups as faces show them, newest first. */
export async function readTopUps(tx: Queryable, filter: TopUpFilter): Promise<TopUpView[]> {
  const { rows } = await tx.query<TopUpRow>(
    `select t.id, t.tenant_id, t.customer_id, coalesce(c.display_name, c.username) as customer_name, t.currency,
       t.amount::text, p.amount::text as credited, t.state, t.instructions, t.created_at, t.pay_until, t.ended_at,
       t.ended_by, t.reason, p.provider, p.external_id
     from top_up t join customer c on c.id = t.customer_id left join payment p on p.top_up_id = t.id
     where ($1::bigint is null or t.id = $1) and ($2::text is null or t.tenant_id = $2)
       and ($3::text is null or t.customer_id = $3) and ($4::text is null or t.state = $4)
       and ($5::bigint is null or t.id < $5)
     order by t.id desc limit $6`,
    [
      filter.id ?? null,
      filter.tenant ?? null,
      filter.customer ?? null,
      filter.state ?? null,
      filter.before ?? null,
      filter.limit ?? 50,
    ],
  )
  return rows.map(viewOf)
}

/** One top-up that is known to be there. */
export async function readTopUp(tx: Queryable, id: number): Promise<TopUpView> {
  const [view] = await readTopUps(tx, { id })
  if (view === undefined) throw new Error(`the top-up ${id} vanished`)
  return view
}

function viewOf(row: TopUpRow): TopUpView {
  const { tenant_id: tenant, customer_id: customer, state: status, ...rest } = row
  return {
    ...rest,
    tenant,
    customer,
    status,
    amount: formatAmount(BigInt(row.amount), row.currency),
    credited: row.credited === null ? null : formatAmount(BigInt(row.credited), row.currency),
    created_at: row.created_at.toISOString(),
    pay_until: row.pay_until.toISOString(),
    ended_at: row.ended_at?.toISOString() ?? null,
  }
}
