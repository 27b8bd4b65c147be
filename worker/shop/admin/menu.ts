import { homeChoice } from '../common.ts'
import type { Route } from '../room.ts'
import { choice } from '../screen.ts'
import { declined } from './declined.ts'
import { say } from './texts.ts'

/** The management menu (seed row S1-002): what waits, and the way to it. */
export const menu: Route = async (turn) => {
  const { result } = await turn.call('adminMenu', {})
  if (result.kind !== 'done') return declined(turn, result)
  const { language } = turn
  const { username, agents, withdrawals, topUps } = result
  const choices = [
    [choice(say(language, 'button_agents'), 'admin.agents'), choice(say(language, 'button_create'), 'admin.new')],
    [
      choice(say(language, 'button_withdrawals'), 'admin.withdrawals', 'requested'),
      choice(say(language, 'button_top_ups'), 'admin.topups'),
    ],
    [choice(say(language, 'button_stats'), 'admin.stats'), homeChoice(language)],
  ]
  const text = say(language, 'menu', { username, agents, withdrawals, topUps })
  return { screens: [{ text, choices, replaces: true }] }
}
