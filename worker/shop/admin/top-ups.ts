/** Top-ups of customers' balances that wait for their payment: confirmed with its reference, or rejected. */
import type { TopUpWords } from '../../../domain/admin-calls.ts'
import { moment, plainDigits } from '../amount.ts'
import { cancelChoice, plainly } from '../common.ts'
import { rows } from '../office/rows.ts'
import { office } from '../office/texts.ts'
import type { Listener, Route } from '../room.ts'
import { choice, type Screen } from '../screen.ts'
import type { Reply, Turn } from '../turn.ts'
import { declined, menuChoice, usage } from './declined.ts'
import { say } from './texts.ts'

const asksReference = (id: string) => ({ ask: 'awaiting_top_up_reference', args: [id] })
const asksReason = (id: string) => ({ ask: 'awaiting_top_up_reason', args: [id] })

/** `/topup_list`, and the menu. */
export const listTopUps: Route = async (turn, [given]) => {
  const before = given !== undefined && /^[0-9]{1,15}$/.test(given) ? Number(given) : null
  const { result } = await turn.call('adminTopUps', { before })
  if (result.kind !== 'done') return declined(turn, result)
  const { language } = turn
  const { topUps, older } = result
  const lines = topUps.map(({ id, amount, currency, customer }) =>
    say(language, 'top_up_line', { id, amount, currency, customer }),
  )
  const text = topUps.length === 0 ? say(language, 'no_top_ups') : [say(language, 'top_ups'), ...lines].join('\n')
  const newest = before === null ? [] : [choice(office(language, 'button_newest'), 'admin.topups')]
  const next = older === null ? [] : [choice(office(language, 'button_older'), 'admin.topups', older)]
  const choices = rows(
    ...topUps.map(({ id, amount, currency }) => [choice(`${id}. ${amount} ${currency}`, 'admin.topup', id)]),
    [...newest, ...next],
    [menuChoice(turn)],
  )
  return { screens: [{ text, choices, replaces: true }] }
}

export const showTopUp: Route = async (turn, [topUp]) => {
  if (topUp === undefined) return plainly('stale')(turn, [])
  const { result } = await turn.call('adminTopUp', { topUp })
  if (result.kind !== 'done') return declined(turn, result)
  return { screens: [{ ...screenOf(turn, result.topUp), replaces: true }] }
}

/** `/topup_confirm ID REF` */
export const confirmByCommand: Route = async (turn, [topUp, ...reference]) => {
  if (topUp === undefined || reference.length === 0) return usage(turn, '/topup_confirm 12 TX-20250124-7731')
  return confirm(turn, plainDigits(topUp), reference.join(' '))
}

export const askReference: Route = async (turn, [topUp]) => {
  if (topUp === undefined) return plainly('stale')(turn, [])
  const { result } = await turn.call('adminTopUp', { topUp })
  if (result.kind !== 'done') return declined(turn, result)
  const { id, amount, currency } = result.topUp
  return asking(turn, say(turn.language, 'ask_reference', { id, amount, currency }), asksReference(String(id)))
}

export const hearReference: Listener = (turn, reference, [topUp = '']) => confirm(turn, topUp, reference)

/** `/topup_reject ID REASON` */
export const rejectByCommand: Route = async (turn, [topUp, ...reason]) => {
  if (topUp === undefined || reason.length === 0) return usage(turn, '/topup_reject 12 no payment came')
  return reject(turn, plainDigits(topUp), reason.join(' '))
}

export const askReason: Route = async (turn, [topUp]) => {
  if (topUp === undefined) return plainly('stale')(turn, [])
  const { result } = await turn.call('adminTopUp', { topUp })
  if (result.kind !== 'done') return declined(turn, result)
  const { id } = result.topUp
  return asking(turn, say(turn.language, 'ask_top_up_reason', { id }), asksReason(String(id)))
}

export const hearReason: Listener = (turn, reason, [topUp = '']) => reject(turn, topUp, reason)

async function confirm(turn: Turn, topUp: string, reference: string): Promise<Reply> {
  const { result } = await turn.call('adminConfirmTopUp', { topUp, reference })
  const again = result.kind === 'refused' && ['wrong_reference', 'payment_used'].includes(result.trouble)
  if (result.kind !== 'done') return declined(turn, result, again ? asksReference(topUp) : undefined)
  const { amount, currency } = result.topUp
  return changed(turn, say(turn.language, 'confirmed', { amount, currency }), result.topUp)
}

async function reject(turn: Turn, topUp: string, reason: string): Promise<Reply> {
  const { result } = await turn.call('adminRejectTopUp', { topUp, reason })
  const again = result.kind === 'refused' && result.trouble === 'no_reason'
  if (result.kind !== 'done') return declined(turn, result, again ? asksReason(topUp) : undefined)
  return changed(turn, say(turn.language, 'top_up_was_rejected', { id: result.topUp.id }), result.topUp)
}

function asking(turn: Turn, text: string, asks: { ask: string; args: string[] }): Reply {
  return { screens: [{ text, choices: [[cancelChoice(turn.language), menuChoice(turn)]] }], asks }
}

function changed(turn: Turn, sentence: string, topUp: TopUpWords): Reply {
  const screen = screenOf(turn, topUp)
  return { screens: [{ ...screen, text: `${sentence}\n\n${screen.text}` }], pokesOutbox: true }
}

function screenOf(turn: Turn, { id, tenant, customer, amount, currency, status, ...times }: TopUpWords): Screen {
  const { language } = turn
  const text = say(language, 'top_up', {
    id,
    amount,
    currency,
    customer,
    shop: tenant,
    date: moment(times.created_at),
    until: moment(times.pay_until),
    state: say(language, `top_up_${status}`),
  })
  const steps =
    status === 'requested'
      ? [
          choice(say(language, 'button_received'), 'admin.topup.reference', id),
          choice(say(language, 'button_reject'), 'admin.topup.reason', id),
        ]
      : []
  return {
    text,
    choices: rows(steps, [choice(say(language, 'button_top_ups'), 'admin.topups'), menuChoice(turn)]),
  }
}
