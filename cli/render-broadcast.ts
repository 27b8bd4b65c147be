import type { BroadcastView } from '../services/outbox/broadcasts/broadcast-view.ts'
import { formatLocalStamp, formatLocalTime, formatRelative } from './format.ts'
import type { Output } from './output.ts'
import { renderPairs } from './render-show.ts'
import { renderTable } from './table.ts'
import { escapeControls } from './text-width.ts'

/** Renders broadcasts as a table, newest first. */
export function renderBroadcasts(output: Output, views: readonly BroadcastView[]): string {
  if (views.length === 0) return 'No broadcasts yet: ./botfleet broadcast create --tenant TENANT --file FILE'
  return renderTable(
    [
      { title: 'BROADCAST', align: 'right', text: ({ id }) => String(id) },
      { title: 'STATE', text: ({ state }) => state },
      { title: 'SENT', align: 'right', text: progressOf },
      { title: 'TENANT', text: ({ tenant }) => tenant, shrinkTo: 12, dropOrder: 1 },
      { title: 'WRITTEN', text: ({ created_at: at }) => formatLocalStamp(at), dropOrder: 2 },
      { title: 'TEXT', text: ({ html }) => html.replace(/\s+/g, ' '), shrinkTo: 10 },
    ],
    views,
    { width: output.width, styleTitle: (text) => output.style('dim', text) },
  )
}

/** Renders one broadcast as aligned keys and values. */
export function renderBroadcast(output: Output, view: BroadcastView, nowMs: number): string {
  const timeOf = (time: string) => `${formatLocalTime(time)} (${formatRelative(time, nowMs)})`
  return renderPairs(output, [
    ['broadcast', String(view.id)],
    ['tenant', view.tenant],
    ['state', view.state],
    ['sent', progressOf(view)],
    ['waiting', view.waiting === 0 ? undefined : String(view.waiting)],
    ['failed', view.failed === 0 ? undefined : `${view.failed} (./botfleet outbox list --state dead --kind broadcast)`],
    ['dropped', view.dropped === 0 ? undefined : `${view.dropped} (opted out, or cancelled)`],
    ['written', `${timeOf(view.created_at)} by ${view.created_by}`],
    ['ended', view.ended_at === null ? undefined : timeOf(view.ended_at)],
    ['text', escapeControls(view.html)],
  ])
}

function progressOf({ sent, recipients, counted, state }: BroadcastView): string {
  if (state === 'draft') return '-'
  return `${sent} of ${recipients}${counted ? '' : ', still counting'}`
}
