/** What everybody finds in every bot: the shop, and how to speak with it. */
import { plainly } from '../common.ts'
import type { Room, Route } from '../room.ts'
import { choice, type Screen } from '../screen.ts'
import type { Turn } from '../turn.ts'
import { languageMenu, setLanguage } from './language.ts'
import { say } from './texts.ts'

const linkPrefix = 'link-'

const start: Route = async (turn, [payload]) => {
  if (payload?.startsWith(linkPrefix) === true) return redeemLink(turn, [payload.slice(linkPrefix.length)])
  return home(turn, [])
}

const home: Route = async (turn) => {
  await turn.arrive()
  return { screens: [greeting(turn)] }
}

const help: Route = async (turn) => {
  await turn.arrive()
  return { screens: [{ text: say(turn.language, 'help') }] }
}

const id: Route = async (turn) => {
  await turn.arrive()
  return { screens: [{ text: say(turn.language, 'id', { id: turn.person.platformUserId }) }] }
}

const redeemLink: Route = async (turn, [code = '']) => {
  if (code === '' || code.length > 128) return plainly('unknown')(turn, [])
  const { result, username } = await turn.call('redeemLink', { code })
  const key = result === 'linked' ? 'linked' : (`link_${result}` as const)
  return { screens: [{ text: say(turn.language, key, { username: username ?? '' }) }] }
}

function greeting({ language, person, botName }: Turn): Screen {
  return {
    text: say(language, 'greeting', { person: person.displayName ?? '', bot: botName }),
    choices: [[choice(say(language, 'button_help'), 'help'), choice(say(language, 'button_language'), 'language')]],
  }
}

export const customerRoom: Room = {
  isOf: () => true,
  routes: { start, home, help, id, language: languageMenu, lang: setLanguage, cancel: plainly('cancelled') },
  commands: { start: 'start', help: 'help', id: 'id', language: 'language', lang: 'language', cancel: 'cancel' },
  listeners: {},
  menu: (['start', 'help', 'language', 'id'] as const).map((command) => ({
    command,
    description: (language) => say(language, `command_${command}`),
  })),
}
