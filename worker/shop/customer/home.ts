/** The home of a bot, its help and its terms. */
import type { HomeView } from '../../../domain/shop-calls.ts'
import { masterTenant } from '../../../domain/tenant.ts'
import { menuChoice } from '../admin/declined.ts'
import { claimShop } from '../agent/claim.ts'
import { homeChoice, plainly } from '../common.ts'
import type { Route } from '../room.ts'
import { type Choice, choice } from '../screen.ts'
import type { Turn } from '../turn.ts'
import { balanceLines } from './balance.ts'
import { say } from './texts.ts'

const linkPrefix = 'link-'
const claimPrefix = 'claim-'

export const start: Route = async (turn, [payload]) => {
  if (payload?.startsWith(linkPrefix) === true) return redeemLink(turn, [payload.slice(linkPrefix.length)])
  if (payload?.startsWith(claimPrefix) === true) return claimShop(turn, [payload.slice(claimPrefix.length)])
  return home(turn, [])
}

export const home: Route = async (turn) => {
  const { result } = await turn.call('home', {})
  const { language, person, botName } = turn
  const greeting = say(language, 'greeting', { person: person.displayName ?? '', bot: botName })
  const balance = balanceLines(turn, result.balances)
  const paused = result.paused ? [say(language, 'home_paused')] : []
  const text = [result.welcome ?? greeting, ...paused, ...balance].join('\n\n')
  return { screens: [{ text, choices: homeChoices(turn, result), replaces: true }] }
}

function homeChoices({ language }: Turn, view: HomeView): readonly (readonly Choice[])[] {
  const to = (key: `button_${HomeRoute}`, route: string) => choice(say(language, key), route)
  const links = (['support', 'channel', 'announcement'] as const).flatMap((kind) => {
    const url = view.links[kind]
    return url === null ? [] : [{ label: say(language, `button_${kind}`), url }]
  })
  const rows = [
    [to('button_shop', 'shop')],
    [to('button_orders', 'orders'), to('button_balance', 'balance')],
    [to('button_top_up', 'topup'), to('button_settings', 'settings')],
    links,
    ...view.buttons.map(({ title, url }) => [{ label: title, url }]),
    [to('button_help', 'help'), ...(view.hasTerms ? [to('button_terms', 'terms')] : [])],
  ]
  return rows.filter((row) => row.length > 0)
}

type HomeRoute = 'shop' | 'orders' | 'balance' | 'top_up' | 'settings' | 'help' | 'terms'

export const help: Route = async (turn) => {
  const { result } = await turn.call('shopText', { text: 'help' })
  const { language } = turn
  const text = result ?? say(language, 'help')
  return { screens: [{ text, choices: [[homeChoice(language)]], replaces: true }] }
}

export const terms: Route = async (turn) => {
  const { result } = await turn.call('shopText', { text: 'terms' })
  const { language } = turn
  const text = result ?? say(language, 'no_terms')
  return { screens: [{ text, choices: [[homeChoice(language)]], replaces: true }] }
}

export const id: Route = async (turn) => {
  await turn.arrive()
  const text = say(turn.language, 'id', { id: turn.person.platformUserId })
  return { screens: [{ text, choices: [[homeChoice(turn.language)]] }] }
}

const redeemLink: Route = async (turn, [code = '']) => {
  if (code === '' || code.length > 128) return plainly('unknown')(turn, [])
  const { result, username } = await turn.call('redeemLink', { code })
  const key = result === 'linked' ? 'linked' : (`link_${result}` as const)
  const ways = result === 'linked' && turn.tenant === masterTenant ? [menuChoice(turn)] : []
  const text = say(turn.language, key, { username: username ?? '' })
  return { screens: [{ text, choices: [[...ways, homeChoice(turn.language)]] }] }
}
