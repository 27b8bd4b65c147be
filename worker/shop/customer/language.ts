/** In which language the bot speaks with a customer. */
import { type Language, languages } from '../../../domain/worker-contract.ts'
import { backChoice, homeChoice, plainly } from '../common.ts'
import type { Route } from '../room.ts'
import { choice, type Screen } from '../screen.ts'
import { asLanguage, languageNames } from '../texts.ts'
import { say } from './texts.ts'

export const languageMenu: Route = async (turn) => {
  await turn.arrive()
  return { screens: [menu(say(turn.language, 'choose_language'), turn.language, turn.nonce)] }
}

export const setLanguage: Route = async (turn, [code, nonce]) => {
  const language = asLanguage(code)
  if (language === undefined || nonce === undefined) return plainly('stale')(turn, [])
  // The nonce belongs to one rendering of the menu: a press that is sent twice is one press.
  await turn.call('chooseLanguage', { language }, `${turn.chatKey}:${nonce}:${language}`)
  return { screens: [menu(say(language, 'language_chosen'), language, turn.nonce)] }
}

function menu(heading: string, language: Language, nonce: string): Screen {
  const names = languages.map((each) => [choice(languageNames[each], 'lang', each, nonce)])
  return {
    text: heading,
    choices: [...names, [backChoice(language, 'settings'), homeChoice(language)]],
    replaces: true,
  }
}
