/** A chat, besides the owners' own, that is told of sales, withdrawals and the bot; and a notice to try it. */

import { plainDigits } from '../amount.ts'
import { cancelChoice, plainly } from '../common.ts'
import { pressOf } from '../office/once.ts'
import { rows } from '../office/rows.ts'
import type { Listener, Route } from '../room.ts'
import { choice } from '../screen.ts'
import { declined, panelChoice } from './declined.ts'
import { say } from './texts.ts'

const asks = { ask: 'awaiting_notice_chat', args: [] }

export const showNotices: Route = async (turn) => {
  const { result } = await turn.call('agentPanel', {})
  if (result.kind !== 'done') return declined(turn, result)
  const { language, nonce } = turn
  const { notice_chat: chat } = result.panel
  const now = chat === null ? say(language, 'notices_own') : say(language, 'notices_also', { chat })
  const test = choice(say(language, 'button_test'), 'agent.notices.test', nonce)
  const remove = chat === null ? [] : [choice(say(language, 'button_remove'), 'agent.notices.remove', nonce)]
  return {
    screens: [
      {
        text: `${now}\n\n${say(language, 'ask_chat')}`,
        choices: rows([test], remove, [cancelChoice(language), panelChoice(turn)]),
      },
    ],
    asks,
  }
}

export const hearChat: Listener = async (turn, text) => {
  const { result } = await turn.call('agentNoticeChat', { chat: plainDigits(text) })
  if (result.kind !== 'done') return declined(turn, result, asks)
  const { language, nonce } = turn
  const test = choice(say(language, 'button_test'), 'agent.notices.test', nonce)
  const sentence = say(language, 'chat_set', { chat: result.panel.notice_chat ?? '' })
  return { screens: [{ text: sentence, choices: [[test], [panelChoice(turn)]] }] }
}

export const removeChat: Route = async (turn, [nonce]) => {
  if (nonce === undefined) return plainly('stale')(turn, [])
  const { result } = await turn.call('agentNoticeChat', { chat: null }, pressOf(turn, 'agent.notices.remove', nonce))
  if (result.kind !== 'done') return declined(turn, result)
  return { screens: [{ text: say(turn.language, 'chat_removed'), choices: [[panelChoice(turn)]] }] }
}

export const testNotice: Route = async (turn, [nonce]) => {
  if (nonce === undefined) return plainly('stale')(turn, [])
  const { result } = await turn.call('agentTestNotice', {}, pressOf(turn, 'agent.notices.test', nonce))
  if (result.kind !== 'done') return declined(turn, result)
  return {
    screens: [{ text: say(turn.language, 'test_sent'), choices: [[panelChoice(turn)]] }],
    pokesOutbox: true,
  }
}
