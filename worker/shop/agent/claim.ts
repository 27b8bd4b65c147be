import { homeChoice, plainly } from '../common.ts'
import type { Route } from '../room.ts'
import { declined, panelChoice } from './declined.ts'
import { say } from './texts.ts'

/** `/start claim-<code>`: whoever comes first with it becomes an owner of this bot's shop. */
export const claimShop: Route = async (turn, [code = '']) => {
  if (code === '' || code.length > 128) return plainly('unknown')(turn, [])
  const { result } = await turn.call('claimShop', { code })
  const isOwner = result === 'claimed' || result === 'already'
  const text = say(turn.language, result === 'claimed' ? 'claimed' : `claim_${result}`)
  return { screens: [{ text, choices: [[isOwner ? panelChoice(turn) : homeChoice(turn.language)]] }] }
}

/** `/agent` in the master's bot. */
export const notHere: Route = async (turn) => {
  await turn.arrive()
  return declined(turn, { kind: 'elsewhere' })
}
