import type { Queryable } from '../../db/transaction.ts'
import type { Actor } from '../../domain/actor.ts'
import { type Currency, formatAmount } from '../../domain/money.ts'
import { type WithdrawalState, withdrawalStates } from '../../domain/withdrawal.ts'
import { tenantScope } from './tenant-scope.ts'

export interface WithdrawalStats {
  readonly currency: Currency
  /** How many withdrawals are in each state, and what they come to. */
  readonly states: Readonly<Record<WithdrawalState, { readonly count: number; readonly amount: string }>>
  /** Of what was paid: what left the house, and what stayed. */
  readonly paid_out: string
  readonly fees: string
  /** The one that has waited longest for a review, or for its payment. */
  readonly oldest_open: string | null
}

interface StateRow {
  currency: Currency
  state: WithdrawalState
  count: number
  amount: string
  fees: string
  oldest: Date
}

/** Withdrawals in numbers (seed row S1-085), a line for each currency; of one tenant, or of all for staff. */
export async function withdrawalStats(
  tx: Queryable,
  actor: Actor,
  input: { tenant?: string | undefined } = {},
): Promise<WithdrawalStats[]> {
  const tenant = tenantScope(actor, 'withdrawal.read', input.tenant)
  const { rows } = await tx.query<StateRow>(
    `select currency, state, count(*)::integer as count, sum(amount)::text as amount, sum(fee)::text as fees,
       min(requested_at) as oldest
     from withdrawal where $1::text is null or tenant_id = $1 group by currency, state order by currency`,
    [tenant],
  )
  return [...new Set(rows.map(({ currency }) => currency))].map((currency) =>
    statsOf(
      currency,
      rows.filter((row) => row.currency === currency),
    ),
  )
}

function statsOf(currency: Currency, rows: readonly StateRow[]): WithdrawalStats {
  const show = (amount: bigint) => formatAmount(amount, currency)
  const rowOf = (state: WithdrawalState) => rows.find((row) => row.state === state)
  const stateOf = (state: WithdrawalState) => {
    const row = rowOf(state)
    return [state, { count: row?.count ?? 0, amount: show(BigInt(row?.amount ?? 0)) }] as const
  }
  const fees = BigInt(rowOf('paid')?.fees ?? 0)
  const open = rows.filter(({ state }) => state === 'requested' || state === 'approved')
  return {
    currency,
    states: Object.fromEntries(withdrawalStates.map(stateOf)) as WithdrawalStats['states'],
    paid_out: show(BigInt(rowOf('paid')?.amount ?? 0) - fees),
    fees: show(fees),
    oldest_open:
      open.length === 0 ? null : new Date(Math.min(...open.map((row) => row.oldest.getTime()))).toISOString(),
  }
}
