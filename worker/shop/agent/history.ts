/** The owner's withdrawals, newest first; one that nobody has approved yet can be taken back. */
import type { WithdrawalWords } from '../../../domain/room-result.ts'
import { moment } from '../amount.ts'
import { plainly } from '../common.ts'
import { pressOf } from '../office/once.ts'
import { rows } from '../office/rows.ts'
import { office } from '../office/texts.ts'
import type { Route } from '../room.ts'
import { choice } from '../screen.ts'
import type { Turn } from '../turn.ts'
import { declined, panelChoice } from './declined.ts'
import { say } from './texts.ts'

export const showHistory: Route = async (turn, [before]) => {
  const { result } = await turn.call('agentWithdrawals', { before: before ?? null })
  if (result.kind !== 'done') return declined(turn, result)
  const { language, nonce } = turn
  const { withdrawals, older } = result
  const text =
    withdrawals.length === 0
      ? say(language, 'no_withdrawals')
      : [say(language, 'withdrawals'), ...withdrawals.map((each) => withdrawalText(turn, each))].join('\n\n')
  const cancels = withdrawals
    .filter(({ status }) => status === 'requested')
    .map(({ id, amount, currency }) => [
      choice(say(language, 'button_cancel_withdrawal', { amount, currency }), 'agent.cancel', id, nonce),
    ])
  const newest = before === undefined ? [] : [choice(office(language, 'button_newest'), 'agent.history')]
  const next = older === null ? [] : [choice(office(language, 'button_older'), 'agent.history', older)]
  return {
    screens: [{ text, choices: rows(...cancels, [...newest, ...next], [panelChoice(turn)]), replaces: true }],
  }
}

export const cancelWithdrawal: Route = async (turn, [withdrawal, nonce]) => {
  if (withdrawal === undefined || nonce === undefined) return plainly('stale')(turn, [])
  const press = pressOf(turn, `agent.cancel:${withdrawal}`, nonce)
  const { result } = await turn.call('agentCancelWithdrawal', { withdrawal }, press)
  if (result.kind !== 'done') return declined(turn, result)
  const { amount, currency } = result.withdrawal
  return {
    screens: [{ text: say(turn.language, 'cancelled', { amount, currency }), choices: [[panelChoice(turn)]] }],
    pokesOutbox: true,
  }
}

function withdrawalText({ language }: Turn, given: WithdrawalWords): string {
  const { amount, currency, reason, txid } = given
  return [
    say(language, 'withdrawal_line', {
      date: moment(given.requested_at),
      amount,
      currency,
      state: office(language, `withdrawal_${given.status}`),
    }),
    ...(reason === null ? [] : [say(language, 'withdrawal_reason', { reason })]),
    ...(txid === null ? [] : [say(language, 'withdrawal_txid', { txid })]),
  ].join('\n')
}
