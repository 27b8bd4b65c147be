/** Where people decide whether they want broadcasts. */
import { homeChoice } from '../common.ts'
import { settings, settingsScreen } from '../customer/settings.ts'
import type { Room, Route } from '../room.ts'
import { choice } from '../screen.ts'
import { say } from './texts.ts'

/** `news:on|off`, below a broadcast or, with `settings` behind it, on that screen. */
const news: Route = async (turn, [word, from]) => {
  if (word !== 'on' && word !== 'off') return settings(turn, [])
  const { result } = await turn.call('setNews', { wanted: word === 'on' })
  if (from === 'settings') return { screens: [settingsScreen(turn, { news: result.wanted })] }
  const { language } = turn
  const [text, label, other] = result.wanted
    ? [say(language, 'news_are_on'), say(language, 'button_news_off'), 'off']
    : [say(language, 'news_are_off'), say(language, 'button_news_on'), 'on']
  return { screens: [{ text, choices: [[choice(label, 'news', other), homeChoice(language)]] }] }
}

export const noticesRoom: Room = {
  isOf: () => true,
  routes: { news },
  commands: { news: 'news' },
  listeners: {},
  menu: [],
}
