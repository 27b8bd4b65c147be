import type { AuditView } from '../domain/audit.ts'
import type { PeriodView } from '../domain/period.ts'
import type { InstanceEventView } from '../services/list-instance-events.ts'
import { formatLocalStamp } from './format.ts'
import type { Output } from './output.ts'
import { renderTable } from './table.ts'

const titleStyle = (output: Output) => (text: string) => output.style('dim', text)

/** Renders audit rows as a table in local time. */
export function renderAudit(output: Output, rows: readonly AuditView[]): string {
  if (rows.length === 0) return 'Nothing recorded that matches.'
  return renderTable(
    [
      { title: 'WHEN', text: (row) => formatLocalStamp(row.at) },
      { title: 'ACTION', text: (row) => row.action },
      { title: 'TARGET', text: (row) => row.target_name ?? row.target_id ?? '-', shrinkTo: 10 },
      { title: 'WHO', text: (row) => row.actor, shrinkTo: 10 },
      { title: 'FROM', text: (row) => row.source, dropOrder: 2 },
      { title: 'DETAILS', text: (row) => detailsText(row.details), shrinkTo: 12, dropOrder: 1 },
    ],
    rows,
    { width: output.width, styleTitle: titleStyle(output) },
  )
}

/** Renders the events of a bot as a table in local time. */
export function renderEvents(output: Output, events: readonly InstanceEventView[]): string {
  if (events.length === 0) return 'Nothing happened yet.'
  return renderTable(
    [
      { title: 'WHEN', text: (event) => formatLocalStamp(event.at) },
      { title: 'EVENT', text: changeText },
      { title: 'WHY', text: (event) => event.reason ?? detailsText(event.details), shrinkTo: 12 },
      { title: 'SERVER', text: (event) => event.server_name ?? '-', dropOrder: 1 },
    ],
    events,
    { width: output.width, styleTitle: titleStyle(output) },
  )
}

/** Renders the periods of a subscription, with what was paid for each. */
export function renderPeriods(output: Output, periods: readonly PeriodView[]): string {
  return renderTable(
    [
      { title: 'FROM', text: (period) => dayOf(period.starts_at) },
      { title: 'TO', text: (period) => dayOf(period.ends_at) },
      { title: 'MONTHS', align: 'right', text: (period) => String(period.months) },
      { title: 'PRICE', text: priceText },
      { title: 'PAYMENT', text: (period) => period.payment ?? '-', shrinkTo: 8 },
      { title: 'BY', text: (period) => period.created_by, shrinkTo: 8, dropOrder: 1 },
    ],
    periods,
    { width: output.width, styleTitle: titleStyle(output) },
  )
}

/** The day of a time, in the viewer's own zone. */
function dayOf(time: string): string {
  return formatLocalStamp(time).slice(0, 10)
}

function priceText(period: PeriodView): string {
  return period.price === null ? '-' : `${period.price} ${period.currency ?? ''}`
}

function changeText(event: InstanceEventView): string {
  if (event.to === null) return event.kind.replaceAll('_', ' ')
  return event.from === null ? `${event.kind} ${event.to}` : `${event.kind} ${event.from} -> ${event.to}`
}

function detailsText(details: Readonly<Record<string, unknown>> | null): string {
  return Object.entries(details ?? {})
    .filter(([, value]) => value !== null)
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ')
}
