/** Welcome, help and terms in the shop's own words, by language. */
import { type ShopText, shopTexts } from '../../../domain/shop-settings.ts'
import { type Language, languages } from '../../../domain/worker-contract.ts'
import { backChoice, cancelChoice, plainly } from '../common.ts'
import { pressOf } from '../office/once.ts'
import { rows } from '../office/rows.ts'
import type { Listener, Route } from '../room.ts'
import { choice } from '../screen.ts'
import { asLanguage, languageNames } from '../texts.ts'
import { declined, panelChoice } from './declined.ts'
import { say } from './texts.ts'

const textMax = 3500
const asText = (name: string | undefined) => shopTexts.find((known) => known === name)
const asksFor = (text: ShopText, language: Language) => ({ ask: 'awaiting_text', args: [text, language] })

export const showTexts: Route = async (turn) => {
  const { result } = await turn.call('agentPanel', {})
  if (result.kind !== 'done') return declined(turn, result)
  const { language } = turn
  const choices = shopTexts.map((text) => [choice(say(language, `text_${text}`), 'agent.text', text)])
  return { screens: [{ text: say(language, 'texts'), choices: [...choices, [panelChoice(turn)]], replaces: true }] }
}

export const askLanguage: Route = async (turn, [name]) => {
  const kind = asText(name)
  if (kind === undefined) return plainly('stale')(turn, [])
  const { result } = await turn.call('agentPanel', {})
  if (result.kind !== 'done') return declined(turn, result)
  const text = say(turn.language, 'ask_language', { text: say(turn.language, `text_${kind}`) })
  const choices = languages.map((each) => [choice(languageNames[each], 'agent.text.in', kind, each)])
  return {
    screens: [
      { text, choices: [...choices, [backChoice(turn.language, 'agent.texts'), panelChoice(turn)]], replaces: true },
    ],
  }
}

export const askText: Route = async (turn, [name, code]) => {
  const kind = asText(name)
  const of = asLanguage(code)
  if (kind === undefined || of === undefined) return plainly('stale')(turn, [])
  const { result } = await turn.call('agentText', { text: kind, in: of })
  if (result.kind !== 'done') return declined(turn, result)
  const { language, nonce } = turn
  const text = say(language, 'ask_text', {
    text: say(language, `text_${kind}`),
    language: languageNames[of],
    current: result.html ?? say(language, 'text_usual'),
    max: textMax,
  })
  const usual = result.html === null ? [] : [choice(say(language, 'button_usual'), 'agent.text.usual', kind, of, nonce)]
  return {
    screens: [{ text, choices: rows(usual, [cancelChoice(language), panelChoice(turn)]) }],
    asks: asksFor(kind, of),
  }
}

export const hearText: Listener = async (turn, html, [name, code]) => {
  const kind = asText(name)
  const of = asLanguage(code)
  if (kind === undefined || of === undefined) return plainly('unknown')(turn, [])
  const { result } = await turn.call('agentSetText', { text: kind, in: of, html })
  if (result.kind !== 'done') return declined(turn, result, asksFor(kind, of))
  const { language } = turn
  const head =
    result.trouble === null ? say(language, 'text_set') : say(language, 'text_plain', { trouble: result.trouble })
  return { screens: [{ text: head }, { text: result.html ?? '', choices: [[panelChoice(turn)]] }] }
}

export const bringUsual: Route = async (turn, [name, code, nonce]) => {
  const kind = asText(name)
  const of = asLanguage(code)
  if (kind === undefined || of === undefined || nonce === undefined) return plainly('stale')(turn, [])
  const press = pressOf(turn, `agent.text.usual:${kind}:${of}`, nonce)
  const { result } = await turn.call('agentSetText', { text: kind, in: of, html: null }, press)
  if (result.kind !== 'done') return declined(turn, result)
  return { screens: [{ text: say(turn.language, 'text_removed'), choices: [[panelChoice(turn)]] }] }
}
