/**
 * What a message says. A number means the menu that its writer had before them. An answer to a question wins over numbers,
 * but for the 0 that leads out of it, and the labels that it offers; commands begin with a slash, or are words where
 * nothing is asked for.
 */
import type { Menu } from '../../domain/worker-contract.ts'
import type { ReadText } from '../shop/conversation.ts'
import { decodeCallback, decodeText } from '../shop/intent-code.ts'
import type { Route } from '../shop/room.ts'
import { choicesOf, lineOfNumber } from './menu.ts'
import { say } from './texts.ts'
import { commandOfWords, isStop, numberOf, plainWords } from './words.ts'

export const readText: ReadText = (text, { asked, menu }) => {
  const slash = /^[/／]\s*(?=\S)/.exec(text.trim())
  if (slash !== null) return decodeText(`/${text.trim().slice(slash[0].length)}`)
  const number = numberOf(text)
  const isAsked = asked !== null
  const chosen =
    (number === undefined ? undefined : lineOfNumber(menu, number, { asked: isAsked })) ?? lineOfLabel(menu, text)
  if (chosen !== undefined) return decodeCallback(chosen.intent)
  if (isAsked && !isStop(text)) return { kind: 'text', text }
  if (number !== undefined && menu.length > 0) return noSuchNumber(number, menu)
  return commandOfWords(text) ?? { kind: 'text', text }
}

function lineOfLabel(menu: Menu, text: string): Menu[number] | undefined {
  const typed = plainWords(text)
  return typed === '' ? undefined : menu.find(({ label }) => plainWords(label) === typed)
}

/** A number that the menu has not: that is said, and the menu once more. */
function noSuchNumber(number: string, menu: Menu): Route {
  return async (turn) => {
    await turn.arrive()
    return { screens: [{ text: say(turn.language, 'no_such_number', { number }), choices: [choicesOf(menu)] }] }
  }
}
