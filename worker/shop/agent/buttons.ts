/** Up to five buttons of the shop's own on its first screen (seed rows S1-015, S1-016, S1-094 to S1-096). */
import type { AgentPanel } from '../../../domain/agent-calls.ts'
import { buttonsMax } from '../../../domain/shop-settings.ts'
import { plainDigits } from '../amount.ts'
import { cancelChoice, plainly } from '../common.ts'
import { pressOf } from '../office/once.ts'
import { rows } from '../office/rows.ts'
import type { Listener, Route } from '../room.ts'
import { choice, type Screen } from '../screen.ts'
import type { Reply, Turn } from '../turn.ts'
import { declined, panelChoice } from './declined.ts'
import { say } from './texts.ts'

const titleMax = 64
const asksTitle = { ask: 'awaiting_button_title', args: [] }
const asksUrl = (title: string) => ({ ask: 'awaiting_button_url', args: [title] })
const asksIndex = ({ buttons }: AgentPanel) => ({
  ask: 'awaiting_button_delete_index',
  args: buttons.map(({ id }) => id),
})

export const showButtons: Route = async (turn) => {
  const { result } = await turn.call('agentPanel', {})
  if (result.kind !== 'done') return declined(turn, result)
  return { screens: [{ ...buttonsScreen(turn, result.panel), replaces: true }] }
}

export const askTitle: Route = async (turn) => {
  const { result } = await turn.call('agentPanel', {})
  if (result.kind !== 'done') return declined(turn, result)
  if (result.panel.buttons.length >= buttonsMax) {
    return declined(turn, { kind: 'refused', trouble: 'too_many_buttons', detail: null })
  }
  return asking(turn, say(turn.language, 'ask_title', { max: titleMax }), asksTitle)
}

export const hearTitle: Listener = async (turn, text) => {
  const { result } = await turn.call('agentPanel', {})
  if (result.kind !== 'done') return declined(turn, result)
  const title = text.trim()
  if (title === '' || title.length > titleMax || /\p{Cc}/u.test(title)) {
    return declined(turn, { kind: 'refused', trouble: 'bad_title', detail: null }, asksTitle)
  }
  return asking(turn, say(turn.language, 'ask_url', { title }), asksUrl(title))
}

export const hearUrl: Listener = async (turn, url, [title = '']) => {
  const { result } = await turn.call('agentAddButton', { title, url })
  if (result.kind === 'refused' && result.trouble === 'not_a_link') return declined(turn, result, asksUrl(title))
  if (result.kind !== 'done') return declined(turn, result)
  return changed(turn, say(turn.language, 'button_added', { title }), result.panel)
}

export const askIndex: Route = async (turn) => {
  const { result } = await turn.call('agentPanel', {})
  if (result.kind !== 'done') return declined(turn, result)
  const { language, nonce } = turn
  const { buttons } = result.panel
  if (buttons.length === 0) return { screens: [buttonsScreen(turn, result.panel)] }
  const lines = buttons.map(({ title, url }, index) => say(language, 'button_line', { number: index + 1, title, url }))
  const choices = buttons.map(({ id, title }) => [choice(title, 'agent.button.drop', id, nonce)])
  const text = [say(language, 'ask_delete'), ...lines].join('\n')
  return {
    screens: [{ text, choices: [...choices, [cancelChoice(language), panelChoice(turn)]] }],
    asks: asksIndex(result.panel),
  }
}

export const dropButton: Route = async (turn, [button, nonce]) => {
  if (button === undefined || nonce === undefined) return plainly('stale')(turn, [])
  return removeButton(turn, button, pressOf(turn, `agent.button.drop:${button}`, nonce))
}

/** A number of the list that was shown, whatever the list is by now. */
export const hearIndex: Listener = async (turn, text, ids) => {
  const number = plainDigits(text)
  const button = /^[0-9]{1,2}$/.test(number) ? ids[Number(number) - 1] : undefined
  if (button !== undefined) return removeButton(turn, button, null)
  await turn.arrive()
  const trouble = /^[0-9]+$/.test(number) ? 'no_such_button' : 'not_a_number'
  return declined(
    turn,
    { kind: 'refused', trouble, detail: null },
    { ask: 'awaiting_button_delete_index', args: [...ids] },
  )
}

async function removeButton(turn: Turn, button: string, press: string | null): Promise<Reply> {
  const { result } = await turn.call('agentRemoveButton', { button }, press)
  if (result.kind !== 'done') return declined(turn, result)
  return changed(turn, say(turn.language, 'button_deleted'), result.panel)
}

function asking(turn: Turn, text: string, asks: { ask: string; args: string[] }): Reply {
  return { screens: [{ text, choices: [[cancelChoice(turn.language), panelChoice(turn)]] }], asks }
}

function changed(turn: Turn, sentence: string, panel: AgentPanel): Reply {
  const screen = buttonsScreen(turn, panel)
  return { screens: [{ ...screen, text: `${sentence}\n\n${screen.text}` }] }
}

function buttonsScreen(turn: Turn, { buttons }: AgentPanel): Screen {
  const { language } = turn
  const lines = buttons.map(({ title, url }, index) => say(language, 'button_line', { number: index + 1, title, url }))
  const head =
    buttons.length === 0
      ? say(language, 'no_buttons', { max: buttonsMax })
      : say(language, 'buttons', { count: buttons.length, max: buttonsMax })
  const add = buttons.length < buttonsMax ? [choice(say(language, 'button_add'), 'agent.button.add')] : []
  const remove = buttons.length > 0 ? [choice(say(language, 'button_delete'), 'agent.button.delete')] : []
  return { text: [head, ...lines].join('\n'), choices: rows([...add, ...remove], [panelChoice(turn)]) }
}
