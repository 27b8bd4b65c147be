/** Agents: listed by name, paused, resumed, priced, given owners (seed rows S0-070 to S0-075, S1-070, S1-072). */
import type { AgentWords } from '../../../domain/admin-calls.ts'
import { states, statuses } from '../../../domain/instance.ts'
import type { MarkupWords } from '../../../domain/room-result.ts'
import type { Language } from '../../../domain/worker-contract.ts'
import { cancelChoice, plainly } from '../common.ts'
import { pressOf } from '../office/once.ts'
import { rows } from '../office/rows.ts'
import { office } from '../office/texts.ts'
import { markupOfArgs, markupPresets, markupText, markupWordsOf, presetChoice } from '../office/words.ts'
import type { Listener, Route } from '../room.ts'
import { below, choice, type Screen } from '../screen.ts'
import type { Reply, Turn } from '../turn.ts'
import { declined, menuChoice, usage } from './declined.ts'
import { say } from './texts.ts'

const botWords = [...statuses.filter((each) => each !== 'approved'), ...states]
const asksPricing = (agent: string) => ({ ask: 'awaiting_agent_pricing', args: [agent] })

export const listAgents: Route = async (turn, [given]) => {
  const asked = Number(given ?? 1)
  const { result } = await turn.call('adminAgents', { page: Number.isSafeInteger(asked) && asked > 0 ? asked : 1 })
  if (result.kind !== 'done') return declined(turn, result)
  const { language } = turn
  const { agents, page, pages } = result
  const lines = agents.map(({ id, name, status, markup }) =>
    say(language, 'agent_line', {
      id,
      name,
      status: office(language, `status_${status}`),
      markup: markupText(language, markup),
    }),
  )
  const text =
    agents.length === 0 ? say(language, 'no_agents') : [say(language, 'agents', { page, pages }), ...lines].join('\n')
  const back = page > 1 ? [choice(office(language, 'button_back'), 'admin.agents', page - 1)] : []
  const next = page < pages ? [choice(office(language, 'button_next'), 'admin.agents', page + 1)] : []
  const choices = rows(
    ...agents.map(({ ref, name }) => [choice(name, 'admin.agent', ref)]),
    [...back, ...next],
    [choice(say(language, 'button_create'), 'admin.new'), menuChoice(turn)],
  )
  return { screens: [{ text, choices, replaces: true }] }
}

export const showAgent: Route = async (turn, [agent]) => {
  if (agent === undefined) return plainly('stale')(turn, [])
  const { result } = await turn.call('adminAgent', { agent })
  if (result.kind !== 'done') return declined(turn, result)
  return { screens: [{ ...agentScreen(turn, result.agent), replaces: true }] }
}

/** `/agent_pause ID`, and the button. */
export const pauseAgent: Route = async (turn, [agent, nonce]) => {
  if (agent === undefined) return usage(turn, '/agent_pause agent001')
  const press = nonce === undefined ? null : pressOf(turn, `admin.pause:${agent}`, nonce)
  const { result } = await turn.call('adminPauseAgent', { agent }, press)
  if (result.kind !== 'done') return declined(turn, result)
  return changed(turn, say(turn.language, 'paused', { name: result.agent.name }), result.agent)
}

/** `/agent_resume ID`, and the button. */
export const resumeAgent: Route = async (turn, [agent, nonce]) => {
  if (agent === undefined) return usage(turn, '/agent_resume agent001')
  const press = nonce === undefined ? null : pressOf(turn, `admin.resume:${agent}`, nonce)
  const { result } = await turn.call('adminResumeAgent', { agent }, press)
  if (result.kind !== 'done') return declined(turn, result)
  return changed(turn, say(turn.language, 'resumed', { name: result.agent.name }), result.agent)
}

export const askPricing: Route = async (turn, [agent]) => {
  if (agent === undefined) return plainly('stale')(turn, [])
  const { result } = await turn.call('adminAgent', { agent })
  if (result.kind !== 'done') return declined(turn, result)
  const { language, nonce } = turn
  const { name, markup, ref } = result.agent
  const presets = markupPresets.map((row) =>
    row.map((preset) => {
      const { label, args } = presetChoice(language, preset)
      return choice(label, 'admin.price', ref, ...args, nonce)
    }),
  )
  const text = say(language, 'ask_pricing', { name, markup: markupText(language, markup) })
  return {
    screens: [{ text, choices: [...presets, [cancelChoice(language), menuChoice(turn)]] }],
    asks: asksPricing(ref),
  }
}

/** `/agent_pricing ID percent|fixed V`, and the presets' buttons. */
export const priceAgent: Route = async (turn, [agent, kind, value, nonce]) => {
  const markup = markupOfArgs(kind, value)
  if (agent === undefined || markup === undefined) return usage(turn, '/agent_pricing agent001 percent 10')
  const press = nonce === undefined ? null : pressOf(turn, `admin.price:${agent}:${kind}:${value}`, nonce)
  return setPricing(turn, { agent, markup, press })
}

export const hearPricing: Listener = (turn, text, [agent = '']) =>
  setPricing(turn, { agent, markup: markupWordsOf(text), press: null })

async function setPricing(
  turn: Turn,
  { agent, markup, press }: { agent: string; markup: MarkupWords; press: string | null },
): Promise<Reply> {
  const { result } = await turn.call('adminPriceAgent', { agent, markup }, press)
  if (result.kind === 'refused' && result.trouble !== 'unknown_agent') return declined(turn, result, asksPricing(agent))
  if (result.kind !== 'done') return declined(turn, result)
  const words = { name: result.agent.name, markup: markupText(turn.language, result.agent.markup) }
  return changed(turn, say(turn.language, 'priced', words), result.agent)
}

export const makeClaimLink: Route = async (turn, [agent, nonce]) => {
  if (agent === undefined || nonce === undefined) return plainly('stale')(turn, [])
  const { result } = await turn.call('adminClaimLink', { agent }, pressOf(turn, `admin.claim:${agent}`, nonce))
  if (result.kind !== 'done') return declined(turn, result)
  const { language } = turn
  const { link, message, hours } = result
  const { name, ref } = result.agent
  const said = link ?? message
  const text =
    said === null
      ? say(language, 'claim_shown', { name })
      : say(language, link === null ? 'claim_code' : 'claim_link', { name, hours, link: said })
  return { screens: [{ text, choices: [below(choice(name, 'admin.agent', ref), menuChoice(turn))] }] }
}

export function changed(turn: Turn, sentence: string, agent: AgentWords): Reply {
  const screen = agentScreen(turn, agent)
  return { screens: [{ ...screen, text: `${sentence}\n\n${screen.text}` }], pokesOutbox: true }
}

/** Its status, or of one that is approved what it is doing. */
function botStateText(language: Language, { status, state }: AgentWords['bots'][number]): string {
  const word = status === 'approved' ? state : status
  const known = botWords.find((each) => each === word)
  return known === undefined ? word : say(language, `bot_${known}`)
}

function agentScreen(turn: Turn, { ref, id, name, status, markup, owners, bots }: AgentWords): Screen {
  const { language, nonce } = turn
  const head = say(language, 'agent', {
    id,
    name,
    status: office(language, `status_${status}`),
    markup: markupText(language, markup),
    owners,
  })
  const lines = bots.map((bot) => say(language, 'bot_line', { id: bot.id, state: botStateText(language, bot) }))
  const turnOver =
    status === 'active'
      ? choice(say(language, 'button_pause'), 'admin.pause', ref, nonce)
      : choice(say(language, 'button_resume'), 'admin.resume', ref, nonce)
  return {
    text: [head, ...lines].join('\n'),
    choices: [
      [turnOver, choice(say(language, 'button_pricing'), 'admin.pricing', ref)],
      [choice(say(language, 'button_claim'), 'admin.claim', ref, nonce)],
      [choice(say(language, 'button_agents'), 'admin.agents'), menuChoice(turn)],
    ],
  }
}
