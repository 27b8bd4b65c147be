import type { WithdrawalWords } from '../domain/room-result.ts'
import type { WithdrawalOutcome, WithdrawalView } from '../domain/withdrawal.ts'
import { refusedBy } from './refusals.ts'

/** A withdrawal as a chat is told of it: who handled it stays with the master. */
export function withdrawalWords(view: WithdrawalView): WithdrawalWords {
  const { id, tenant, currency, amount, fee, net, address, status, requested_at, reason, txid, approvals_needed } = view
  const approvals = view.approvals.length
  return {
    id,
    tenant,
    currency,
    amount,
    fee,
    net,
    address,
    status,
    requested_at,
    reason,
    txid,
    approvals,
    approvals_needed,
  }
}

/** What became of a step of a withdrawal. */
export function stepWords(outcome: WithdrawalOutcome) {
  if (outcome.kind === 'refused') return refusedBy(outcome, 'unknown_withdrawal')
  return { kind: 'done', withdrawal: withdrawalWords(outcome.withdrawal) } as const
}

/** A page of a list that was read one longer than a page is. */
export function withdrawalPage(found: readonly WithdrawalView[], pageSize: number) {
  const shown = found.slice(0, pageSize)
  const older = found.length > pageSize ? (shown.at(-1)?.id ?? null) : null
  return { withdrawals: shown.map(withdrawalWords), older }
}
