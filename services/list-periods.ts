import type { Queryable } from '../db/transaction.ts'
import type { Actor } from '../domain/actor.ts'
import { type Currency, formatAmount } from '../domain/money.ts'
import type { PeriodView } from '../domain/period.ts'
import { showInstance } from './show-instance.ts'

interface PeriodRow extends Omit<PeriodView, 'starts_at' | 'ends_at' | 'created_at' | 'currency'> {
  starts_at: Date
  ends_at: Date
  created_at: Date
  currency: Currency | null
}

/** The periods of a subscription with what was paid for them, newest first. Throws `not_found`. */
export async function listPeriods(
  database: Queryable,
  actor: Actor,
  input: { readonly id: string },
): Promise<PeriodView[]> {
  await showInstance(database, actor, input)
  const { rows } = await database.query<PeriodRow>(
    `select kind, months, starts_at, ends_at, price::text as price, currency, payment, created_at, created_by
     from subscription_period where instance_id = $1 order by id desc`,
    [input.id],
  )
  return rows.map((row) => ({
    ...row,
    starts_at: row.starts_at.toISOString(),
    ends_at: row.ends_at.toISOString(),
    price: row.price === null || row.currency === null ? null : formatAmount(BigInt(row.price), row.currency),
    created_at: row.created_at.toISOString(),
  }))
}
