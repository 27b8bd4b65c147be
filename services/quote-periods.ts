import type { Queryable } from '../db/transaction.ts'
import type { Actor } from '../domain/actor.ts'
import type { PeriodQuote } from '../domain/period.ts'
import { isAllowed, monthOptions, refuseTransition } from '../domain/subscription.ts'
import { periodLengthSql, periodStartSql } from './period-sql.ts'
import { showInstance } from './show-instance.ts'

/**
 * What a bot would be given if it were approved or renewed at this moment, for every choice of months, the shortest
 * first. Throws `not_found`, or `conflict` where it can be neither.
 */
export async function quotePeriods(
  database: Queryable,
  actor: Actor,
  input: { readonly id: string; readonly daysPerMonth: number },
): Promise<PeriodQuote[]> {
  const { id, status } = await showInstance(database, actor, input)
  if (!isAllowed('approve', status) && !isAllowed('renew', status)) throw refuseTransition('renew', id, status)
  const { rows } = await database.query<{ months: number; starts_at: Date; ends_at: Date }>(
    `select months, starts_at, starts_at + ${periodLengthSql('months', '$2')} as ends_at
     from (select ${periodStartSql} as starts_at from instance where id = $1) as bot, unnest($3::int[]) as months
     order by months`,
    [id, input.daysPerMonth, monthOptions],
  )
  return rows.map((row) => ({
    months: row.months,
    starts_at: row.starts_at.toISOString(),
    ends_at: row.ends_at.toISOString(),
  }))
}
