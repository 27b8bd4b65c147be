import type { WithdrawalView } from '../domain/withdrawal.ts'
import { withdrawalStates } from '../domain/withdrawal.ts'
import type { WithdrawalStats } from '../services/withdrawals/withdrawal-stats.ts'
import { formatLocalStamp, formatLocalTime, formatRelative } from './format.ts'
import type { Output } from './output.ts'
import { renderPairs } from './render-show.ts'
import { renderTable } from './table.ts'
import { escapeControls } from './text-width.ts'

/** Renders withdrawals as a table, newest first. */
export function renderWithdrawals(output: Output, views: readonly WithdrawalView[]): string {
  if (views.length === 0) return 'No withdrawals that match.'
  return renderTable(
    [
      { title: 'WITHDRAWAL', text: (view) => view.id },
      { title: 'STATUS', text: statusOf, style: (view, cell) => (isOpen(view) ? output.style('yellow', cell) : cell) },
      { title: 'AMOUNT', align: 'right', text: (view) => `${view.amount} ${view.currency}` },
      { title: 'NET', align: 'right', text: (view) => `${view.net} ${view.currency}`, dropOrder: 1 },
      { title: 'TENANT', text: (view) => view.tenant, shrinkTo: 12, comfortable: 16 },
      { title: 'REQUESTED', text: (view) => formatLocalStamp(view.requested_at), dropOrder: 2 },
    ],
    views,
    { width: output.width, styleTitle: (text) => output.style('dim', text) },
  )
}

/** Renders one withdrawal as aligned keys and values. */
export function renderWithdrawal(output: Output, view: WithdrawalView, nowMs: number): string {
  const timeOf = (time: string) => `${formatLocalTime(time)} (${formatRelative(time, nowMs)})`
  const { reviewed_at: reviewedAt, paid_at: paidAt } = view
  return renderPairs(output, [
    ['withdrawal', view.id],
    ['tenant', view.tenant],
    ['status', isOpen(view) ? output.style('yellow', statusOf(view)) : statusOf(view)],
    [
      'amount',
      `${view.amount} ${view.currency}: ${view.net} ${view.currency} to be paid, a fee of ${view.fee} ${view.currency}`,
    ],
    ['address', view.address],
    ['requested', `${timeOf(view.requested_at)} by ${escapeControls(view.requested_by)}`],
    ['approved by', view.approvals.map(({ by }) => escapeControls(by)).join(', ') || undefined],
    [
      'reviewed',
      reviewedAt === null ? undefined : `${timeOf(reviewedAt)} by ${escapeControls(view.reviewed_by ?? '')}`,
    ],
    ['reason', view.reason === null ? undefined : escapeControls(view.reason)],
    ['paid', paidAt === null ? undefined : `${timeOf(paidAt)} by ${escapeControls(view.paid_by ?? '')}`],
    ['txid', view.txid ?? undefined],
  ])
}

/** Renders withdrawals in numbers, a block for each currency. */
export function renderWithdrawalStats(output: Output, stats: readonly WithdrawalStats[], nowMs: number): string {
  if (stats.length === 0) return 'No withdrawals yet.'
  return stats
    .map((stat) =>
      renderPairs(output, [
        ...withdrawalStates.map(
          (state) =>
            [state, `${stat.states[state].count}, in all ${stat.states[state].amount} ${stat.currency}`] as const,
        ),
        ['paid out', `${stat.paid_out} ${stat.currency}`],
        ['fees', `${stat.fees} ${stat.currency}`],
        ['oldest open', stat.oldest_open === null ? undefined : formatRelative(stat.oldest_open, nowMs)],
      ]),
    )
    .join('\n\n')
}

function statusOf({ status, approvals, approvals_needed: needed }: WithdrawalView): string {
  return status === 'requested' && needed > 1 ? `requested ${approvals.length}/${needed}` : status
}

function isOpen({ status }: WithdrawalView): boolean {
  return status === 'requested' || status === 'approved'
}
