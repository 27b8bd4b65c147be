/** How the bot speaks to a customer, and of what. */
import { homeChoice } from '../common.ts'
import type { Route } from '../room.ts'
import { choice } from '../screen.ts'
import { say } from './texts.ts'

export const settings: Route = async (turn) => {
  const { result } = await turn.call('settings', {})
  const { language } = turn
  const toggle = result.news
    ? choice(say(language, 'button_news_off'), 'news', 'off')
    : choice(say(language, 'button_news_on'), 'news', 'on')
  const text = say(language, result.news ? 'news_on' : 'news_off')
  const choices = [[toggle], [choice(say(language, 'button_language'), 'language')], [homeChoice(language)]]
  return { screens: [{ text, choices, replaces: true }] }
}
