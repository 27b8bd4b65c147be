/** Where customers find support, the channel and the announcements (seed rows S1-012 to S1-014, S1-091 to S1-093). */
import { type ShopLink, shopLinks } from '../../../domain/shop-settings.ts'
import { cancelChoice, plainly } from '../common.ts'
import { pressOf } from '../office/once.ts'
import { rows } from '../office/rows.ts'
import type { Listener, Route } from '../room.ts'
import { choice } from '../screen.ts'
import { declined, panelChoice } from './declined.ts'
import { say } from './texts.ts'

const asksFor = (link: ShopLink) => ({ ask: `awaiting_${link}_link`, args: [] })

export const askLink: Route = async (turn, [name]) => {
  const link = shopLinks.find((known) => known === name)
  if (link === undefined) return plainly('stale')(turn, [])
  const { result } = await turn.call('agentPanel', {})
  if (result.kind !== 'done') return declined(turn, result)
  const { language, nonce } = turn
  const now = result.panel.links[link]
  const remove = now === null ? [] : [choice(say(language, 'button_remove'), 'agent.unlink', link, nonce)]
  const text = say(language, `ask_${link}`, { link: now ?? say(language, 'no_link') })
  return {
    screens: [{ text, choices: rows(remove, [cancelChoice(language), panelChoice(turn)]) }],
    asks: asksFor(link),
  }
}

export const removeLink: Route = async (turn, [name, nonce]) => {
  const link = shopLinks.find((known) => known === name)
  if (link === undefined || nonce === undefined) return plainly('stale')(turn, [])
  const { result } = await turn.call('agentLink', { link, url: null }, pressOf(turn, `agent.unlink:${link}`, nonce))
  if (result.kind !== 'done') return declined(turn, result)
  return { screens: [{ text: say(turn.language, 'link_removed'), choices: [[panelChoice(turn)]] }] }
}

export function hearLink(link: ShopLink): Listener {
  return async (turn, url) => {
    const { result } = await turn.call('agentLink', { link, url })
    if (result.kind !== 'done') return declined(turn, result, asksFor(link))
    const text = say(turn.language, 'link_set', { link: result.panel.links[link] ?? '' })
    return { screens: [{ text, choices: [[panelChoice(turn)]] }] }
  }
}
