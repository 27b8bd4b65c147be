/** Filling up a balance: how much, how to pay, until when; an admin of the master confirms it. */

import type { Currency } from '../../../domain/money.ts'
import type { TopUpWords } from '../../../domain/shop-calls.ts'
import { escapeTelegramHtml } from '../../../domain/telegram-html.ts'
import type { TopUpRefusal } from '../../../domain/top-up.ts'
import { moment, money, readAmount } from '../amount.ts'
import { cancelChoice, homeChoice, plainly } from '../common.ts'
import type { Listener, Route } from '../room.ts'
import { below, choice } from '../screen.ts'
import type { Reply, Turn } from '../turn.ts'
import { say } from './texts.ts'

const presets = [10, 20, 50, 100, 200, 500]

/** `topup`: asks how much, and shows what waits to be paid. */
export const topUps: Route = async (turn) => {
  const { result } = await turn.call('topUps', {})
  const { language } = turn
  const { currency, minimum, maximum } = result
  const limits = { minimum: money({ amount: minimum, currency }), maximum: money({ amount: maximum, currency }) }
  const offered = presets.filter((each) => each >= Number(minimum) && each <= Number(maximum)).slice(0, 4)
  const amounts = offered.map((each) => choice(money({ amount: String(each), currency }), 'fill', each, turn.nonce))
  const open = result.open.map((each) => [
    choice(say(language, 'button_open_top_up', { amount: money(each) }), 'waiting', each.id),
  ])
  const choices = [amounts.slice(0, 2), amounts.slice(2), ...open, [cancelChoice(language)]]
  return {
    screens: [
      { text: say(language, 'how_much', limits), choices: choices.filter((row) => row.length > 0), replaces: true },
    ],
    asks: { ask: 'top_up_amount', args: [currency] },
  }
}

/** `waiting:<top-up>`: how to pay one that was asked for. */
export const waiting: Route = async (turn, [id = '']) => {
  if (!/^[1-9]\d{0,14}$/.test(id)) return plainly('stale')(turn, [])
  const { result } = await turn.call('topUps', {})
  const found = result.open.find((each) => each.id === Number(id))
  return found === undefined ? refused(turn, 'wrong_state', null) : shown(turn, found)
}

/** `fill:<amount>:<nonce>`. */
export const fill: Route = async (turn, [amount = '', rendering = '']) => {
  if (!/^[1-9]\d{0,5}$/.test(amount) || !/^[a-z0-9]{1,16}$/.test(rendering)) return plainly('stale')(turn, [])
  return request(turn, amount, rendering)
}

/** An amount that was typed. */
export const listenAmount: Listener = async (turn, text, args) => {
  const currency: Currency = args[0] === 'IRR' ? 'IRR' : 'USDT'
  const read = readAmount(text, currency)
  if ('amount' in read) return request(turn, read.amount, turn.nonce)
  await turn.arrive()
  return {
    screens: [{ text: say(turn.language, `amount_${read.trouble}`), choices: [[cancelChoice(turn.language)]] }],
    asks: { ask: 'top_up_amount', args: [currency] },
  }
}

/** `unfill:<top-up>`. */
export const unfill: Route = async (turn, [id = '']) => {
  if (!/^[1-9]\d{0,14}$/.test(id)) return plainly('stale')(turn, [])
  const { result } = await turn.call('cancelTopUp', { topUp: Number(id) })
  if (result.kind === 'refused') return refused(turn, result.refusal, result.detail)
  const text = say(turn.language, 'top_up_cancelled', { amount: money(result.topUp) })
  return { screens: [{ text, choices: [[homeChoice(turn.language)]], replaces: true }] }
}

async function request(turn: Turn, amount: string, rendering: string): Promise<Reply> {
  const { result } = await turn.call('requestTopUp', { amount, rendering })
  return result.kind === 'done' ? shown(turn, result.topUp) : refused(turn, result.refusal, result.detail)
}

function shown({ language }: Turn, topUp: TopUpWords): Reply {
  if (topUp.status !== 'requested') {
    const text = say(language, 'top_up_wrong_state')
    return { screens: [{ text, choices: [[homeChoice(language)]], replaces: true }] }
  }
  const facts = say(language, 'top_up', { id: topUp.id, amount: money(topUp), until: moment(topUp.payUntil) })
  const how =
    topUp.instructions.trim() === '' ? say(language, 'top_up_ask') : escapeTelegramHtml(topUp.instructions.trim())
  const after = say(language, 'top_up_after')
  const cancel = choice(say(language, 'button_cancel_top_up'), 'unfill', topUp.id)
  return {
    screens: [
      { text: [facts, how, after].join('\n\n'), choices: [[cancel], below(homeChoice(language))], replaces: true },
    ],
  }
}

/** What is asked for again where another amount would help. */
function refused({ language }: Turn, refusal: TopUpRefusal, detail: string | null): Reply {
  const known = ['below_minimum', 'above_maximum', 'shop_paused', 'customer_blocked', 'too_many_open'] as const
  const key = known.find((each) => each === refusal) ?? 'wrong_state'
  const limit = detail === null ? '' : money({ amount: detail, currency: 'USDT' })
  const text = say(language, `top_up_${key}`, { limit, most: detail ?? '' })
  if (key !== 'below_minimum' && key !== 'above_maximum') {
    return { screens: [{ text, choices: [[choice(say(language, 'button_top_up'), 'topup'), homeChoice(language)]] }] }
  }
  return {
    screens: [{ text, choices: [[cancelChoice(language)]] }],
    asks: { ask: 'top_up_amount', args: ['USDT'] },
  }
}
