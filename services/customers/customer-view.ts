import type { CustomerView } from '../../domain/customer.ts'
import { Failure } from '../../domain/failure.ts'
import type { Platform } from '../../domain/instance.ts'
import { type Currency, formatAmount } from '../../domain/money.ts'

/** A customer as every face shows it; the customer's alias is `c`. Balances as text, since they are bigint. */
export const customerViewSql = `
  select c.id, c.tenant_id, c.platform, c.platform_user_id, c.username, c.display_name, c.language, c.blocked_at,
    c.blocked_reason, c.erased_at, c.created_at, c.last_seen_at,
    (select count(*) from customer_order o where o.customer_id = c.id
       and o.status in ('paid', 'partly_refunded', 'refunded')) as orders,
    coalesce((
      select json_agg(json_build_object('currency', a.currency, 'amount', a.balance::text) order by a.currency)
      from account a where a.tenant_id = c.tenant_id and a.kind = 'customer' and a.customer_id = c.id
    ), '[]') as balances
  from customer c`

export interface CustomerRow {
  id: string
  tenant_id: string
  platform: Platform
  platform_user_id: string
  username: string | null
  display_name: string | null
  language: string | null
  blocked_at: Date | null
  blocked_reason: string | null
  erased_at: Date | null
  created_at: Date
  last_seen_at: Date
  orders: number
  balances: { currency: Currency; amount: string }[]
}

export function customerViewOf(row: CustomerRow): CustomerView {
  return {
    id: row.id,
    tenant: row.tenant_id,
    platform: row.platform,
    platform_user_id: row.platform_user_id,
    username: row.username,
    display_name: row.display_name,
    language: row.language,
    orders: row.orders,
    balances: row.balances.map(({ currency, amount }) => ({
      currency,
      amount: formatAmount(BigInt(amount), currency),
    })),
    blocked_at: row.blocked_at?.toISOString() ?? null,
    blocked_reason: row.blocked_reason,
    erased_at: row.erased_at?.toISOString() ?? null,
    created_at: row.created_at.toISOString(),
    last_seen_at: row.last_seen_at.toISOString(),
  }
}

/** Refuses an unknown customer: the same words for one that the actor may not see. */
export function customerNotFound(id: string): Failure {
  return new Failure('not_found', `no customer ${id}: ./botfleet customer list shows them`, { details: { id } })
}
