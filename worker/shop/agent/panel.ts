/** The dashboard of a shop's owner (seed 001): what stands and what was earned, and the way to everything else. */
import type { AgentPanel } from '../../../domain/agent-calls.ts'
import { homeChoice } from '../common.ts'
import { office } from '../office/texts.ts'
import { markupText } from '../office/words.ts'
import type { Route } from '../room.ts'
import { type Choice, choice, type Screen } from '../screen.ts'
import type { Turn } from '../turn.ts'
import { declined } from './declined.ts'
import { say } from './texts.ts'

export const panel: Route = async (turn) => {
  const { result } = await turn.call('agentPanel', {})
  if (result.kind !== 'done') return declined(turn, result)
  return { screens: [{ ...panelScreen(turn, result.panel), replaces: true }] }
}

export function panelScreen(turn: Turn, given: AgentPanel): Screen {
  const { language } = turn
  const head = say(language, 'panel', {
    shop: given.name,
    status: office(language, `status_${given.status}`),
    markup: markupText(language, given.markup),
  })
  const blocks = given.earnings.map((earned) => {
    const { paid_out: paid, debt, ...rest } = earned
    const lines = say(language, 'earnings', { ...rest, paid })
    return debt === '0' ? lines : `${lines}\n${say(language, 'debt', { debt })}`
  })
  return { text: [head, ...blocks].join('\n\n'), choices: panelChoices(turn) }
}

function panelChoices({ language }: Turn): Choice[][] {
  return [
    [
      choice(say(language, 'button_markup'), 'agent.markup'),
      choice(say(language, 'button_withdraw'), 'agent.withdraw'),
    ],
    [
      choice(say(language, 'button_support'), 'agent.link', 'support'),
      choice(say(language, 'button_channel'), 'agent.link', 'channel'),
    ],
    [
      choice(say(language, 'button_announcement'), 'agent.link', 'announcement'),
      choice(say(language, 'button_buttons'), 'agent.buttons'),
    ],
    [choice(say(language, 'button_texts'), 'agent.texts'), choice(say(language, 'button_notices'), 'agent.notices')],
    [
      choice(say(language, 'button_statistics'), 'agent.statistics'),
      choice(say(language, 'button_history'), 'agent.history'),
    ],
    [homeChoice(language)],
  ]
}
