import type { TopUpView } from '../domain/top-up.ts'
import { formatLocalStamp, formatLocalTime, formatRelative } from './format.ts'
import type { Output } from './output.ts'
import { renderPairs } from './render-show.ts'
import { renderTable } from './table.ts'
import { escapeControls } from './text-width.ts'

/** Renders top-ups as a table, newest first. */
export function renderTopUps(output: Output, views: readonly TopUpView[]): string {
  if (views.length === 0) return 'No top-ups that match.'
  return renderTable(
    [
      { title: 'TOPUP', align: 'right', text: (view) => String(view.id) },
      {
        title: 'STATUS',
        text: (view) => view.status,
        style: (view, cell) => (view.status === 'requested' ? output.style('yellow', cell) : cell),
      },
      { title: 'AMOUNT', align: 'right', text: (view) => `${view.credited ?? view.amount} ${view.currency}` },
      { title: 'CUSTOMER', text: (view) => view.customer_name ?? view.customer, shrinkTo: 10 },
      { title: 'TENANT', text: (view) => view.tenant, shrinkTo: 12, dropOrder: 1 },
      { title: 'ASKED', text: (view) => formatLocalStamp(view.created_at), dropOrder: 2 },
    ],
    views,
    { width: output.width, styleTitle: (text) => output.style('dim', text) },
  )
}

/** Renders one top-up as aligned keys and values. */
export function renderTopUp(output: Output, view: TopUpView, nowMs: number): string {
  const timeOf = (time: string) => `${formatLocalTime(time)} (${formatRelative(time, nowMs)})`
  const name = view.customer_name === null ? '' : ` (${escapeControls(view.customer_name)})`
  return renderPairs(output, [
    ['topup', String(view.id)],
    ['tenant', view.tenant],
    ['customer', `${view.customer}${name}`],
    ['status', view.status === 'requested' ? output.style('yellow', view.status) : view.status],
    ['asked for', `${view.amount} ${view.currency}`],
    ['credited', view.credited === null ? undefined : `${view.credited} ${view.currency}`],
    ['payment', view.external_id === null ? undefined : `${view.provider}: ${escapeControls(view.external_id)}`],
    ['asked', timeOf(view.created_at)],
    ['pay until', view.status === 'requested' ? timeOf(view.pay_until) : undefined],
    ['ended', view.ended_at === null ? undefined : `${timeOf(view.ended_at)} by ${view.ended_by ?? 'the clock'}`],
    ['reason', view.reason === null ? undefined : escapeControls(view.reason)],
  ])
}
