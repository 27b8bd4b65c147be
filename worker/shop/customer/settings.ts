/** How the bot speaks to a customer, and of what. */
import { homeChoice } from '../common.ts'
import type { Route } from '../room.ts'
import { choice, type Screen } from '../screen.ts'
import type { Turn } from '../turn.ts'
import { say } from './texts.ts'

export const settings: Route = async (turn) => {
  const { result } = await turn.call('settings', {})
  return { screens: [settingsScreen(turn, result)] }
}

export function settingsScreen({ language }: Turn, { news }: { readonly news: boolean }): Screen {
  const toggle = news
    ? choice(say(language, 'button_news_off'), 'news', 'off', 'settings')
    : choice(say(language, 'button_news_on'), 'news', 'on', 'settings')
  const text = say(language, news ? 'news_on' : 'news_off')
  const choices = [[toggle], [choice(say(language, 'button_language'), 'language')], [homeChoice(language)]]
  return { text, choices, replaces: true }
}
