import type { Queryable } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import { type Currency, formatAmount } from '../../domain/money.ts'
import type { EarningsView } from '../../domain/withdrawal.ts'

interface EarningsRow {
  currency: Currency
  available: string
  due: string
  pending: string
  held: string
  paid_out: string
  debt: string
  next_mature_at: Date | null
}

/**
 * What an agent has earned, a line for each currency it ever earned in. Profit counts as available from the moment that it
 * is due, less what is owed, whether or not a server has booked it yet: what is shown here can be withdrawn.
 */
export async function earningsOf(tx: Queryable, actor: Actor, input: { tenant: string }): Promise<EarningsView[]> {
  assertMay(actor, 'withdrawal.read', input.tenant)
  const { rows } = await tx.query<EarningsRow>(
    `with balances as (
       select currency, sum(balance) filter (where kind = 'available') as available,
         sum(balance) filter (where kind = 'held') as held, -sum(balance) filter (where kind = 'debt') as debt,
         sum((select sum(amount) from transfer where to_account = account.id)) filter (where kind = 'paid_out') as paid_out
       from account where tenant_id = $1 and kind in ('available', 'held', 'debt', 'paid_out') group by currency
     ), profits as (
       select currency, sum(amount - reverted) filter (where mature_at <= clock.at) as due,
         sum(amount - reverted) filter (where mature_at > clock.at) as pending,
         min(mature_at) filter (where mature_at > clock.at) as next_mature_at
       from agent_profit, (select subscription_clock() as at) as clock
       where tenant_id = $1 and state = 'pending' group by currency
     )
     select currency, coalesce(available, 0)::text as available, coalesce(due, 0)::text as due,
       coalesce(pending, 0)::text as pending, coalesce(held, 0)::text as held, coalesce(paid_out, 0)::text as paid_out,
       coalesce(debt, 0)::text as debt, next_mature_at
     from balances full join profits using (currency) order by currency`,
    [input.tenant],
  )
  return rows.map(viewOf)
}

function viewOf(row: EarningsRow): EarningsView {
  const show = (amount: bigint) => formatAmount(amount, row.currency)
  const due = BigInt(row.due)
  const owed = BigInt(row.debt)
  const repaid = due < owed ? due : owed
  return {
    currency: row.currency,
    available: show(BigInt(row.available) + due - repaid),
    pending: show(BigInt(row.pending)),
    held: show(BigInt(row.held)),
    paid_out: show(BigInt(row.paid_out)),
    debt: show(owed - repaid),
    next_mature_at: row.next_mature_at?.toISOString() ?? null,
  }
}
