/** Where people decide whether they want broadcasts. */
import type { Room, Route } from '../room.ts'
import { choice } from '../screen.ts'
import { say } from './texts.ts'

const news: Route = async (turn, [word]) => {
  const { result } = await turn.call('setNews', { wanted: word === 'on' })
  const { language } = turn
  const [text, label, other] = result.wanted
    ? [say(language, 'news_are_on'), say(language, 'button_news_off'), 'off']
    : [say(language, 'news_are_off'), say(language, 'button_news_on'), 'on']
  return { screens: [{ text, choices: [[choice(label, 'news', other)]] }] }
}

export const noticesRoom: Room = {
  isOf: () => true,
  routes: { news },
  commands: { news: 'news' },
  listeners: {},
  menu: [],
}
