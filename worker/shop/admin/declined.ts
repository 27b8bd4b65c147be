import type { Outside, Refused } from '../../../domain/room-result.ts'
import type { Asked } from '../../../domain/worker-contract.ts'
import { cancelChoice, common, homeChoice } from '../common.ts'
import { office } from '../office/texts.ts'
import { troubleText } from '../office/words.ts'
import { type Choice, wayOut } from '../screen.ts'
import type { Reply, Turn } from '../turn.ts'
import { say } from './texts.ts'

/** Back to the management menu. */
export function menuChoice({ language }: Turn): Choice {
  return wayOut('home', say(language, 'button_menu'), 'admin')
}

/** Why nothing was done. To a stranger the command is one that this bot does not know. */
export function declined(turn: Turn, result: Refused | Outside, asks?: Asked): Reply {
  const { language } = turn
  if (result.kind !== 'refused') return unknown(turn)
  const text = troubleText(language, inWords(turn, result))
  if (asks === undefined) return { screens: [{ text, choices: [[menuChoice(turn)]] }] }
  return { screens: [{ text, choices: [[cancelChoice(language), menuChoice(turn)]] }], asks }
}

/** What anybody hears whose command is not known. */
export function unknown({ language }: Turn): Reply {
  return { screens: [{ text: common(language, 'unknown'), choices: [[homeChoice(language)]] }] }
}

/** A command that lacks something is shown as it should be; to a stranger it is unknown. A token in it is not kept. */
export async function usage(turn: Turn, example: string): Promise<Reply> {
  const { result } = await turn.call('adminMenu', {})
  if (result.kind === 'stranger' || result.kind === 'elsewhere') return unknown(turn)
  const text = say(turn.language, 'usage', { example })
  return { screens: [{ text, choices: [[menuChoice(turn)]] }], tookToken: true }
}

/** The state that something is in by its name in the person's language. */
function inWords({ language }: Turn, refused: Refused): Refused {
  const { trouble, detail } = refused
  if (trouble !== 'wrong_state' || detail === null) return refused
  const states = {
    requested: office(language, 'withdrawal_requested'),
    approved: office(language, 'withdrawal_approved'),
    paid: office(language, 'withdrawal_paid'),
    rejected: office(language, 'withdrawal_rejected'),
    cancelled: office(language, 'withdrawal_cancelled'),
    confirmed: say(language, 'top_up_confirmed'),
    expired: say(language, 'top_up_expired'),
  }
  return { ...refused, detail: Object.entries(states).find(([state]) => state === detail)?.[1] ?? detail }
}
