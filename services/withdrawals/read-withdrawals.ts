import type { Queryable } from '../../db/transaction.ts'
import { type Currency, formatAmount } from '../../domain/money.ts'
import type { WithdrawalState, WithdrawalView } from '../../domain/withdrawal.ts'

interface WithdrawalRow {
  id: string
  tenant_id: string
  currency: Currency
  amount: string
  fee: string
  address: string
  state: WithdrawalState
  approvals: { by: string; at: string }[]
  approvals_needed: number
  requested_at: Date
  requested_by: string
  reviewed_at: Date | null
  reviewed_by: string | null
  reason: string | null
  paid_at: Date | null
  paid_by: string | null
  txid: string | null
}

export interface WithdrawalFilter {
  readonly id?: string | undefined
  /** Null and left out: of any tenant. */
  readonly tenant?: string | null | undefined
  readonly state?: WithdrawalState | undefined
  /** Only what stands behind this one in the list. */
  readonly before?: string | undefined
  readonly limit?: number
}

/** Withdrawals as faces show them, newest first. */
export async function readWithdrawals(tx: Queryable, filter: WithdrawalFilter): Promise<WithdrawalView[]> {
  const { rows } = await tx.query<WithdrawalRow>(
    `select w.id, w.tenant_id, w.currency, w.amount::text, w.fee::text, w.address, w.state, w.approvals_needed,
       w.requested_at, w.requested_by, w.reviewed_at, w.reviewed_by, w.reason, w.paid_at, w.paid_by, w.txid,
       coalesce((select jsonb_agg(jsonb_build_object('by', a.actor, 'at', a.at) order by a.at)
         from withdrawal_approval a where a.withdrawal_id = w.id), '[]') as approvals
     from withdrawal w
     where ($1::text is null or w.id = $1) and ($2::text is null or w.tenant_id = $2) and ($3::text is null or w.state = $3)
       and ($4::text is null or (w.requested_at, w.id) < (
         select requested_at, id from withdrawal where id = $4 and ($2::text is null or tenant_id = $2)))
     order by w.requested_at desc, w.id desc limit $5`,
    [filter.id ?? null, filter.tenant ?? null, filter.state ?? null, filter.before ?? null, filter.limit ?? 50],
  )
  return rows.map(viewOf)
}

/** One withdrawal that is known to be there. */
export async function readWithdrawal(tx: Queryable, id: string): Promise<WithdrawalView> {
  const [view] = await readWithdrawals(tx, { id })
  if (view === undefined) throw new Error(`the withdrawal ${id} vanished`)
  return view
}

function viewOf(row: WithdrawalRow): WithdrawalView {
  const { currency } = row
  const amount = BigInt(row.amount)
  const fee = BigInt(row.fee)
  return {
    id: row.id,
    tenant: row.tenant_id,
    currency,
    amount: formatAmount(amount, currency),
    fee: formatAmount(fee, currency),
    net: formatAmount(amount - fee, currency),
    address: row.address,
    status: row.state,
    approvals: row.approvals.map(({ by, at }) => ({ by, at: new Date(at).toISOString() })),
    approvals_needed: row.approvals_needed,
    requested_at: row.requested_at.toISOString(),
    requested_by: row.requested_by,
    reviewed_at: row.reviewed_at?.toISOString() ?? null,
    reviewed_by: row.reviewed_by,
    reason: row.reason,
    paid_at: row.paid_at?.toISOString() ?? null,
    paid_by: row.paid_by,
    txid: row.txid,
  }
}
