/**
 * A withdrawal in three steps (seed row S1-026): the amount, with the fee and what arrives shown; the address; the
 * confirmation, whose button carries both, so that it means the same under another worker, and again.
 */
import { formatAmount, parseAmount } from '../../../domain/money.ts'
import { plainDigits } from '../amount.ts'
import { cancelChoice, plainly } from '../common.ts'
import { pressOf } from '../office/once.ts'
import { rows } from '../office/rows.ts'
import { office } from '../office/texts.ts'
import type { Listener, Route } from '../room.ts'
import { below, choice } from '../screen.ts'
import type { Reply, Turn } from '../turn.ts'
import { declined, panelChoice } from './declined.ts'
import { say } from './texts.ts'

/** Short, since address, amount and nonce stand behind it in a button of 64 bytes. */
const confirmRoute = 'aw'
const asksAmount = { ask: 'awaiting_withdraw_amount', args: [] }
const asksAddress = (amount: string) => ({ ask: 'awaiting_withdraw_address', args: [amount] })

export const askAmount: Route = async (turn) => {
  const { result } = await turn.call('agentQuote', { amount: null, address: null })
  if (result.kind !== 'done') return declined(turn, result)
  const { language } = turn
  const { available, ...rest } = result
  const isEnough = parseAmount(available, rest.currency) >= parseAmount(rest.minimum, rest.currency)
  const all = isEnough ? [choice(say(language, 'button_all', { available }), 'agent.amount', available)] : []
  const text = say(language, 'ask_amount', { available, currency: rest.currency, minimum: rest.minimum, fee: rest.fee })
  return { screens: [{ text, choices: rows(all, [cancelChoice(language), panelChoice(turn)]) }], asks: asksAmount }
}

export const chooseAmount: Route = (turn, [amount = '']) => askAddress(turn, amount)

export const hearAmount: Listener = (turn, text) => askAddress(turn, plainDigits(text))

async function askAddress(turn: Turn, given: string): Promise<Reply> {
  const { result } = await turn.call('agentQuote', { amount: given, address: null })
  if (result.kind !== 'done') return declined(turn, result, asksAmount)
  const { language } = turn
  const { currency, fee } = result
  const [amount, net] = [result.amount ?? '', result.net ?? '']
  const text = say(language, 'ask_address', { amount, currency, fee, net })
  return { screens: [{ text, choices: [[cancelChoice(language), panelChoice(turn)]] }], asks: asksAddress(amount) }
}

export const hearAddress: Listener = async (turn, text, [given = '']) => {
  const { result } = await turn.call('agentQuote', { amount: given, address: text })
  if (result.kind === 'refused' && result.trouble === 'wrong_address') return declined(turn, result, asksAddress(given))
  if (result.kind !== 'done') return declined(turn, result, asksAmount)
  const { language, nonce } = turn
  const { currency, fee } = result
  const [amount, net, address] = [result.amount ?? '', result.net ?? '', result.address ?? '']
  const confirm = choice(office(language, 'button_confirm'), confirmRoute, address, shortAmount(amount), nonce)
  return {
    screens: [
      {
        text: say(language, 'confirm_withdrawal', { amount, currency, fee, net, address }),
        choices: [[confirm], [cancelChoice(language)]],
      },
    ],
  }
}

const confirm: Route = async (turn, [address, short, nonce]) => {
  const amount = longAmount(short)
  if (address === undefined || amount === undefined || nonce === undefined) return plainly('stale')(turn, [])
  const press = pressOf(turn, `${confirmRoute}:${short}:${address}`, nonce)
  const { result } = await turn.call('agentWithdraw', { amount, address }, press)
  if (result.kind !== 'done') return declined(turn, result)
  const { id, currency, net } = result.withdrawal
  const text = say(turn.language, 'requested', { id, amount: result.withdrawal.amount, currency, net })
  return { screens: [{ text, choices: [below(panelChoice(turn))], replaces: true }], pokesOutbox: true }
}

export const confirmWithdrawal = { [confirmRoute]: confirm }

/** An amount in the fewest letters: smallest units, counted with 36 digits. */
function shortAmount(amount: string): string {
  return parseAmount(amount, 'USDT').toString(36)
}

function longAmount(short: string | undefined): string | undefined {
  if (short === undefined || !/^[0-9a-z]{1,12}$/.test(short)) return undefined
  const units = Array.from(short).reduce((sum, digit) => sum * 36n + BigInt(Number.parseInt(digit, 36)), 0n)
  return formatAmount(units, 'USDT')
}
