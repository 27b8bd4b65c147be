import { Misfit } from '../misfit.ts'
import { type Row, translate } from '../row.ts'
import type { Decoded } from './decoded.ts'

/** What was withdrawn is no other profit than one that is available: withdrawals say where it went. */
const states = { pending: 'pending', matured: 'matured', withdrawn: 'withdrawn', reverted: 'reverted' } as const
const kinds = { sale: 'sale', refund: 'refund' } as const

/** An entry of `agent_ledger` (seed rows S0-026 to S0-043). */
export function decodeProfit(row: Row): Decoded {
  const tenant = row.agentTenant()
  const number = row.need(row.text('order_id', 'bianhao', 'order_no'), 'order_id')
  const kind = translate(row.word('type') ?? 'sale', kinds, 'type')
  const status = translate(row.need(row.word('status'), 'status'), states, 'status')
  const profit = row.need(row.amount('profit'), 'profit')
  if (kind === 'sale' && profit < 0n) throw new Misfit('the profit of a sale is negative')
  const createdAt = row.bornAt('created_at', 'time')
  const state = kind === 'refund' ? 'refund' : row.flag('reverted') ? 'reverted' : status
  return {
    key: row.key(`${tenant}:${number}:${kind}`),
    tenant,
    number,
    state,
    amount: profit < 0n ? -profit : profit,
    details: {
      // What was taken back afterwards may have been paid out before.
      had_matured: ['matured', 'withdrawn'].includes(status) || row.time('matured_at', 'withdrawn_at') !== null,
      // The order's price may be here only.
      quantity: row.whole({ min: 1, max: 1000 }, 'qty', 'count', 'quantity'),
      base_price: row.amount('base_price')?.toString() ?? null,
      unit_price: row.amount('agent_price')?.toString() ?? null,
    },
    columns: {
      created_at: createdAt,
      mature_at: row.time('mature_at') ?? inTwoDays(createdAt),
      matured_at: row.time('matured_at'),
    },
  }
}

/** Seed row S0-041. */
function inTwoDays(time: string): string {
  return new Date(Date.parse(time) + 48 * 3_600_000).toISOString()
}
