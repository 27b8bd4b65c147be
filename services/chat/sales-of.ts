import type { Queryable } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import { type Currency, formatAmount } from '../../domain/money.ts'

const periods = ['today', 'week', 'month', 'all'] as const
type SalesPeriod = (typeof periods)[number]

interface SalesOfPeriod {
  readonly period: SalesPeriod
  readonly orders: number
  readonly units: number
  readonly money: { readonly currency: Currency; readonly turnover: string; readonly profit: string }[]
}

export interface SalesOfTenant {
  readonly sales: SalesOfPeriod[]
  readonly customers: number
  /** Who came in the last 7 days. */
  readonly recentCustomers: number
}

interface SalesRow {
  period: SalesPeriod
  currency: Currency
  orders: number
  units: number
  turnover: string
  profit: string
}

/**
 * What a shop has sold today (by the day of UTC), in 7 and in 30 days, and in all, less what was given back; and how many
 * customers it has.
 */
export async function salesOf(tx: Queryable, actor: Actor, input: { tenant: string }): Promise<SalesOfTenant> {
  assertMay(actor, 'order.read', input.tenant)
  const { rows } = await tx.query<SalesRow>(
    `select p.period, o.currency, count(*)::integer as orders, sum(o.quantity - o.refunded_units)::integer as units,
       sum(o.total - o.refunded)::text as turnover, sum(o.markup * (o.quantity - o.refunded_units))::text as profit
     from customer_order o join (values
       ('today', date_trunc('day', now(), 'UTC')), ('week', now() - interval '7 days'),
       ('month', now() - interval '30 days'), ('all', '-infinity'::timestamptz)
     ) as p (period, since) on o.paid_at >= p.since
     where o.tenant_id = $1 and o.status in ('paid', 'partly_refunded', 'refunded')
     group by p.period, o.currency order by o.currency`,
    [input.tenant],
  )
  const crowd = await tx.query<{ customers: number; recent: number }>(
    `select count(*)::integer as customers,
       count(*) filter (where created_at >= now() - interval '7 days')::integer as recent
     from customer where tenant_id = $1 and erased_at is null`,
    [input.tenant],
  )
  return {
    sales: periods.map((period) => periodOf(period, rows)),
    customers: crowd.rows[0]?.customers ?? 0,
    recentCustomers: crowd.rows[0]?.recent ?? 0,
  }
}

function periodOf(period: SalesPeriod, rows: readonly SalesRow[]): SalesOfPeriod {
  const own = rows.filter((row) => row.period === period)
  const sum = (pick: (row: SalesRow) => number) => own.reduce((total, row) => total + pick(row), 0)
  return {
    period,
    orders: sum(({ orders }) => orders),
    units: sum(({ units }) => units),
    money: own.map(({ currency, turnover, profit }) => ({
      currency,
      turnover: formatAmount(BigInt(turnover), currency),
      profit: formatAmount(BigInt(profit), currency),
    })),
  }
}
