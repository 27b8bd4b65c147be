/**
 * A new agent: by one command, or asked for its id, its name and its bot's token (seed rows S0-069, S1-071). The channel
 * takes a message with a token out of the chat before it comes here, and no answer and no state holds one.
 */
import { holdsTelegramToken } from '../../../domain/telegram-token.ts'
import { cancelChoice, plainly } from '../common.ts'
import { rows } from '../office/rows.ts'
import type { Listener, Route } from '../room.ts'
import { type Choice, choice } from '../screen.ts'
import type { Reply, Turn } from '../turn.ts'
import { changed } from './agents.ts'
import { declined, menuChoice, unknown, usage } from './declined.ts'
import { say } from './texts.ts'

const nameMax = 200
/** In the place of an id: one is made. */
const anyId = '-'
const idPattern = /^[a-z0-9_-]{1,50}$/
const asksId = { ask: 'awaiting_agent_id', args: [] }
const asksName = (id: string) => ({ ask: 'awaiting_agent_name', args: [id] })
const asksToken = (id: string, name: string) => ({ ask: 'awaiting_agent_token', args: [id, name] })

/** `/agent_create ID TOKEN NAME` */
export const createByCommand: Route = async (turn, [id, token, ...name]) => {
  // In another order the token would be taken for a name, which is kept.
  const isMixedUp = [id ?? '', ...name].some(holdsTelegramToken)
  if (id === undefined || token === undefined || name.length === 0 || isMixedUp) {
    return usage(turn, '/agent_create agent001 1234567890:ABC... MyAgentName')
  }
  return create(turn, { id, token, name: name.join(' ') })
}

export const askId: Route = (turn) =>
  asking(turn, 'ask_id', asksId, () => [choice(say(turn.language, 'button_no_id'), 'admin.new.name', anyId)])

export const hearId: Listener = async (turn, text) => {
  const id = text.trim()
  if (idPattern.test(id) && id !== anyId) return asking(turn, 'ask_name', asksName(id))
  await turn.arrive()
  return declined(turn, { kind: 'refused', trouble: 'bad_id', detail: null }, asksId)
}

export const askName: Route = async (turn, [id = '']) => {
  if (!idPattern.test(id)) return plainly('stale')(turn, [])
  return asking(turn, 'ask_name', asksName(id))
}

export const hearName: Listener = async (turn, text, [id = anyId]) => {
  const name = text.trim()
  if (name !== '' && name.length <= nameMax) return asking(turn, 'ask_token', asksToken(id, name))
  await turn.arrive()
  return declined(turn, { kind: 'refused', trouble: 'bad_name', detail: null }, asksName(id))
}

export const hearToken: Listener = (turn, text, [id = anyId, name = '']) =>
  create(turn, { id, token: text.trim(), name })

async function create(turn: Turn, { id, token, name }: { id: string; token: string; name: string }): Promise<Reply> {
  const telegram = await turn.verdictOf(token)
  const { result } = await turn.call('adminCreateAgent', { id: id === anyId ? null : id, token, name, telegram })
  if (result.kind === 'stranger' || result.kind === 'elsewhere') return declined(turn, result)
  if (result.kind === 'refused') {
    const isOfToken = result.trouble === 'bad_token' || result.trouble === 'token_refused'
    const asks = isOfToken ? asksToken(id, name) : undefined
    return { ...declined(turn, result, asks), tookToken: true }
  }
  return { ...changed(turn, say(turn.language, 'created', { name: result.agent.name }), result.agent), tookToken: true }
}

type Question = 'ask_id' | 'ask_name' | 'ask_token'

async function asking(
  turn: Turn,
  question: Question,
  asks: { ask: string; args: string[] },
  more: () => readonly Choice[] = () => [],
): Promise<Reply> {
  const { result } = await turn.call('adminMenu', {})
  if (result.kind === 'refused') return declined(turn, result)
  if (result.kind !== 'done') return unknown(turn)
  const { language } = turn
  const choices = rows(more(), [cancelChoice(language), menuChoice(turn)])
  return { screens: [{ text: say(language, question), choices }], asks }
}
