import { Misfit } from '../misfit.ts'
import { type Row, translate } from '../row.ts'
import type { Decoded } from './decoded.ts'
import { userIdOf } from './user.ts'

const states = {
  pending: 'requested',
  requested: 'requested',
  waiting: 'requested',
  confirmed: 'confirmed',
  completed: 'confirmed',
  paid: 'confirmed',
  success: 'confirmed',
  rejected: 'rejected',
  failed: 'rejected',
  cancelled: 'cancelled',
  canceled: 'cancelled',
  expired: 'expired',
  timeout: 'expired',
} as const

/** A top-up of `topups` (seed rows S0-064, S0-110). */
export function decodeTopUp(row: Row): Decoded {
  const tenant = row.tenant()
  const number = row.text('bianhao', 'order_id', 'topup_id')
  const amount = row.need(row.amount('exact_amount', 'amount_usdt', 'money', 'amount'), 'amount')
  if (amount <= 0n) throw new Misfit('its amount is not above 0')
  const createdAt = row.bornAt('time', 'created_at', 'timer')
  return {
    key: row.key(number),
    tenant,
    number,
    state: translate(row.need(row.word('status', 'state', 'epay_status'), 'status'), states, 'status'),
    amount,
    details: { number },
    columns: {
      buyer: userIdOf(row, 'user_id', 'customer_id'),
      created_at: createdAt,
      pay_until: row.time('expires_at', 'pay_until'),
      ended_at: row.time('confirmed_at', 'paid_at', 'completed_at', 'updated_at'),
      external_id: row.text('txid', 'tx_id', 'tranhash', 'trade_no'),
    },
  }
}
