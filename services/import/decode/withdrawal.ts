import { formatAmount } from '../../../domain/money.ts'
import { Misfit } from '../misfit.ts'
import { oldCurrency, type Row, translate } from '../row.ts'
import type { Decoded } from './decoded.ts'
import { optionalUserId } from './user.ts'

/** `pending` is seed 001's word for `requested`. */
const states = {
  requested: 'requested',
  pending: 'requested',
  approved: 'approved',
  paid: 'paid',
  completed: 'paid',
  rejected: 'rejected',
  cancelled: 'cancelled',
  canceled: 'cancelled',
} as const

/** A request of `agent_withdrawals` (seed rows S0-045 to S0-057, S1-046 to S1-061). */
export function decodeWithdrawal(row: Row): Decoded {
  const tenant = row.agentTenant()
  const state = translate(row.need(row.word('status'), 'status'), states, 'status')
  const amount = row.need(row.amount('amount_usdt', 'amount'), 'amount')
  // Seed 000 knew no fee.
  const fee = row.amount('fee_usdt', 'fee') ?? 0n
  if (amount <= 0n || fee < 0n || fee >= amount) {
    throw new Misfit(
      `its amount is ${formatAmount(amount, oldCurrency)} and its fee ${formatAmount(fee, oldCurrency)}: something must be left to be paid`,
    )
  }
  const requestedAt = row.bornAt('requested_at', 'created_at', 'apply_time')
  const address = row.need(row.text('address', 'wallet_address', 'payment_account'), 'address').slice(0, 200)
  const key = row.key(row.text('request_id', 'withdrawal_id') ?? `${tenant} ${requestedAt} ${amount} ${address}`)
  const reviewedAt = row.time('reviewed_at', 'approved_at', 'rejected_at', 'process_time')
  const paidAt = row.time('paid_at') ?? (state === 'paid' ? reviewedAt : null)
  if (state === 'paid' && paidAt === null) throw new Misfit('it is paid, and has no paid_at')
  return {
    key,
    tenant,
    number: null,
    state,
    amount,
    details: { fee: fee.toString() },
    columns: {
      id: withdrawalId(row, key, requestedAt),
      fee: fee.toString(),
      address,
      requested_at: requestedAt,
      requested_by: optionalUserId(row, 'owner_user_id', 'requester_user_id'),
      reviewed_at: reviewedAt,
      reviewed_by: row.text('reviewed_by', 'approved_by_admin_id', 'rejected_by_admin_id', 'process_by'),
      paid_at: paidAt,
      paid_by: row.text('paid_by', 'paid_by_admin_id'),
      txid: row.text('txid'),
      reason: row.text('reject_reason', 'admin_note', 'notes')?.slice(0, 500) ?? null,
    },
  }
}

/** The number that the agent knows; requests of seed 000 had none and get one of the same form. */
function withdrawalId(row: Row, key: string, requestedAt: string): string {
  const given = row.text('request_id', 'withdrawal_id')
  if (given !== null) {
    if (/^[A-Za-z0-9_-]{1,40}$/.test(given)) return given
    throw new Misfit('its request_id has other characters than letters, digits, _ and -, or more than 40')
  }
  const stamp = requestedAt.slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '_')
  return `aw_${stamp}_${key.replaceAll(/[^A-Za-z0-9]/g, '').slice(-8)}`
}
