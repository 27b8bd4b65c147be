import type { OutboxView } from '../services/outbox/message-view.ts'
import { formatLocalStamp, formatLocalTime, formatRelative } from './format.ts'
import type { Output } from './output.ts'
import { renderPairs } from './render-show.ts'
import { renderTable } from './table.ts'
import { escapeControls } from './text-width.ts'

/** Renders messages as a table, newest first. */
export function renderMessages(output: Output, views: readonly OutboxView[]): string {
  if (views.length === 0) return 'No messages that match.'
  return renderTable(
    [
      { title: 'MESSAGE', align: 'right', text: ({ id }) => String(id) },
      { title: 'STATE', text: ({ state }) => state, style: ({ state }, cell) => styled(output, state, cell) },
      { title: 'KIND', text: ({ kind }) => kind, shrinkTo: 12 },
      { title: 'TENANT', text: ({ tenant }) => tenant, shrinkTo: 12, dropOrder: 2 },
      { title: 'TO', text: recipientOf, shrinkTo: 10, dropOrder: 1 },
      { title: 'SINCE', text: ({ created_at: at }) => formatLocalStamp(at), dropOrder: 3 },
      { title: 'WHY', text: (view) => view.waits_for ?? view.last_error ?? '', shrinkTo: 16, comfortable: 30 },
    ],
    views,
    { width: output.width, styleTitle: (text) => output.style('dim', text) },
  )
}

/** Renders one message as aligned keys and values. */
export function renderMessage(output: Output, view: OutboxView, nowMs: number): string {
  const timeOf = (time: string) => `${formatLocalTime(time)} (${formatRelative(time, nowMs)})`
  return renderPairs(output, [
    ['message', String(view.id)],
    ['tenant', view.tenant],
    ['to', recipientOf(view)],
    ['kind', view.kind],
    ['about', escapeControls(view.reference)],
    ['says', escapeControls(JSON.stringify(view.payload))],
    ['state', styled(output, view.state, view.state)],
    ['waits for', view.waits_for ?? undefined],
    ['attempts', String(view.attempts)],
    ['last error', view.last_error === null ? undefined : escapeControls(view.last_error)],
    ['bot', view.instance ?? undefined],
    ['broadcast', view.broadcast === null ? undefined : String(view.broadcast)],
    ['queued', timeOf(view.created_at)],
    ['next try', view.state === 'queued' && view.attempts > 0 ? timeOf(view.not_before) : undefined],
    ['ended', view.ended_at === null ? undefined : timeOf(view.ended_at)],
  ])
}

function recipientOf({ customer, chat }: OutboxView): string {
  return customer === null ? `chat ${escapeControls(chat ?? '')}` : customer
}

function styled(output: Output, state: OutboxView['state'], cell: string): string {
  return state === 'dead' ? output.style('red', cell) : state === 'queued' ? output.style('yellow', cell) : cell
}
