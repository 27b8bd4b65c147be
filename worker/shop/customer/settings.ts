/** How the bot speaks to a customer, and of what. */
import { homeChoice, plainly } from '../common.ts'
import type { Route } from '../room.ts'
import { choice } from '../screen.ts'
import type { Reply, Turn } from '../turn.ts'
import { say } from './texts.ts'

export const settings: Route = (turn) => showNews(turn, null)

/** `news:on`, `news:off`: also stands under every broadcast. */
export const news: Route = (turn, [wish]) => {
  if (wish !== 'on' && wish !== 'off') return plainly('stale')(turn, [])
  return showNews(turn, wish === 'on')
}

async function showNews(turn: Turn, wanted: boolean | null): Promise<Reply> {
  const { result: on } = await turn.call('news', { wanted })
  const { language } = turn
  const text = say(language, on ? 'news_on' : 'news_off')
  const toggle = choice(say(language, on ? 'button_news_off' : 'button_news_on'), 'news', on ? 'off' : 'on')
  const choices = [[toggle], [choice(say(language, 'button_language'), 'language')], [homeChoice(language)]]
  return { screens: [{ text, choices, replaces: true }] }
}
