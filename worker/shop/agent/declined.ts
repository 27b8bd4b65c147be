import type { Outside, Refused } from '../../../domain/room-result.ts'
import type { Asked } from '../../../domain/worker-contract.ts'
import { cancelChoice, homeChoice } from '../common.ts'
import { troubleText } from '../office/words.ts'
import { type Choice, wayOut } from '../screen.ts'
import type { Reply, Turn } from '../turn.ts'
import { say } from './texts.ts'

/** Back to the dashboard. */
export function panelChoice({ language }: Turn): Choice {
  return wayOut('home', say(language, 'button_panel'), 'agent')
}

/** Why nothing was done; what was asked for may be asked again. */
export function declined(turn: Turn, result: Refused | Outside, asks?: Asked): Reply {
  const { language } = turn
  if (result.kind !== 'refused') {
    const text = say(language, result.kind === 'stranger' ? 'not_owner' : 'elsewhere')
    return { screens: [{ text, choices: [[homeChoice(language)]] }] }
  }
  const text = troubleText(language, result)
  if (asks === undefined) return { screens: [{ text, choices: [[panelChoice(turn)]] }] }
  return { screens: [{ text, choices: [[cancelChoice(language), panelChoice(turn)]] }], asks }
}
