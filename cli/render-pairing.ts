import { encode } from 'uqr'
import type { InstanceView } from '../domain/instance.ts'
import type { PairingView } from '../domain/pairing.ts'
import { formatDuration, formatLocalTime, formatRelative } from './format.ts'
import type { Output } from './output.ts'
import { escapeControls } from './text-width.ts'

/** The code, or the QR code as it can be scanned from a terminal. */
export function renderCode(output: Output, { code, qr }: PairingView): string {
  if (qr === null) return output.style('bold', code ?? '')
  return qrLines(qr)
    .map((line) => output.paper(line))
    .join('\n')
}

/** Two rows of modules a line; the quiet zone around it is part of the code. */
export function qrLines(text: string): string[] {
  const { data } = encode(text, { border: 2 })
  const lines: string[] = []
  for (let row = 0; row < data.length; row += 2) {
    const below = data[row + 1] ?? []
    lines.push((data[row] ?? []).map((upper, column) => block(upper, below[column] === true)).join(''))
  }
  return lines
}

function block(upper: boolean, lower: boolean): string {
  if (upper) return lower ? '█' : '▀'
  return lower ? '▄' : ' '
}

/** What to tap on the phone, how old the code is and how long it counts. */
export function renderHelp(view: PairingView, nowMs: number): string {
  const phone = view.phone_number ?? 'the bot'
  const first = `On the phone of ${phone}: WhatsApp > Settings > Linked devices > Link a device`
  const then = view.qr === null ? '  > Link with phone number instead, and enter this code.' : '  and scan this code.'
  return `${first}\n${then}\n${countsUntil(view, nowMs)}`
}

function countsUntil({ issued_at: issuedAt, expires_at: expiresAt }: PairingView, nowMs: number): string {
  if (issuedAt === null || expiresAt === null) return ''
  const age = formatDuration(Math.max(0, nowMs - Date.parse(issuedAt)))
  const left = formatDuration(Math.max(0, Date.parse(expiresAt) - nowMs))
  return `Given ${age} ago; it counts until ${formatLocalTime(expiresAt)}, for ${left} more.`
}

/** That it worked, and what comes next. */
export function renderLinked({ pairing, instance }: { pairing: PairingView; instance: InstanceView }): string {
  const linked = `${pairing.instance} is linked to ${pairing.phone_number ?? 'its phone'}.`
  if (instance.status === 'new')
    return `${linked}\nIt runs once approved: ./botfleet approve ${pairing.instance} --months 1`
  return instance.desired === 'running' ? linked : `${linked}\n./botfleet start ${pairing.instance} runs it.`
}

/** A bot's link or its last request in a sentence; the code itself is not in it. */
export function stepSentence(view: PairingView, nowMs: number): string {
  const { step, instance } = view
  if (view.linked && view.linked_at !== null) return `linked to its phone since ${formatLocalTime(view.linked_at)}`
  const reason = view.reason === null ? '' : `: ${escapeControls(view.reason)}`
  const again = `./botfleet pair ${instance}`
  switch (step) {
    case 'none':
      return `not linked to a phone: ${again}`
    case 'requested':
      return `a request to pair waits for its worker${untilWhen(view)}`
    case 'asked':
      return `WhatsApp was asked for a code${untilWhen(view)}`
    case 'shown':
      return `a code waits to be entered on the phone${untilWhen(view)}`
    case 'linked':
      return `was linked, and is not any more: ${again}`
    case 'refused': {
      const number = view.refusal === null ? '' : ` (${view.refusal})`
      const when = view.retry_at === null ? 'at any time' : formatRelative(view.retry_at, nowMs)
      return `WhatsApp refused to pair ${instance}${reason}${number}; try again ${when}: ${again}`
    }
    case 'expired':
      return `the request to pair has ended without a link${reason}; ${again} asks anew`
    case 'cancelled':
      return `the request to pair was cancelled: the bot was stopped, or may not pair any more`
    case 'replaced':
      return 'the request to pair was replaced by a newer one'
    default:
      return step satisfies never
  }
}

function untilWhen({ until }: PairingView): string {
  return until === null ? '' : `, until ${formatLocalTime(until)}`
}
