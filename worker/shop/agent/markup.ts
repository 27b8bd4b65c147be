/** What the owner adds to the master's prices: chosen from presets, or typed (seed rows S1-010, S1-030, S1-088). */
import type { MarkupWords } from '../../../domain/room-result.ts'
import { cancelChoice, plainly } from '../common.ts'
import { pressOf } from '../office/once.ts'
import { markupOfArgs, markupPresets, markupText, markupWordsOf, presetChoice } from '../office/words.ts'
import type { Listener, Route } from '../room.ts'
import { choice } from '../screen.ts'
import type { Reply, Turn } from '../turn.ts'
import { declined, panelChoice } from './declined.ts'
import { say } from './texts.ts'

const asks = { ask: 'awaiting_markup', args: [] }

export const askMarkup: Route = async (turn) => {
  const { result } = await turn.call('agentPanel', {})
  if (result.kind !== 'done') return declined(turn, result)
  const { language, nonce } = turn
  const text = say(language, 'ask_markup', { markup: markupText(language, result.panel.markup) })
  const presets = markupPresets.map((row) =>
    row.map((preset) => {
      const { label, args } = presetChoice(language, preset)
      return choice(label, 'agent.markup.set', ...args, nonce)
    }),
  )
  return { screens: [{ text, choices: [...presets, [cancelChoice(language), panelChoice(turn)]] }], asks }
}

export const choosePreset: Route = async (turn, [kind, value, nonce]) => {
  const markup = markupOfArgs(kind, value)
  if (markup === undefined || nonce === undefined) return plainly('stale')(turn, [])
  return setMarkup(turn, markup, pressOf(turn, `agent.markup.set:${kind}:${value}`, nonce))
}

export const hearMarkup: Listener = (turn, text) => setMarkup(turn, markupWordsOf(text), null)

async function setMarkup(turn: Turn, markup: MarkupWords, press: string | null): Promise<Reply> {
  const { result } = await turn.call('agentMarkup', { markup }, press)
  if (result.kind !== 'done') return declined(turn, result, asks)
  const text = say(turn.language, 'markup_set', { markup: markupText(turn.language, result.panel.markup) })
  return { screens: [{ text, choices: [[panelChoice(turn)]] }] }
}
