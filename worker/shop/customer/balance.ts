/** A customer's balance and what happened to it. */
import type { Movement } from '../../../domain/shop-calls.ts'
import { moment, money } from '../amount.ts'
import { homeChoice, plainly } from '../common.ts'
import type { Route } from '../room.ts'
import { choice } from '../screen.ts'
import type { Turn } from '../turn.ts'
import { say } from './texts.ts'

const movements = ['sale', 'refund', 'top_up', 'adjustment', 'import'] as const

/** `balance`, `balance:<before>`. */
export const balance: Route = async (turn, [cursor]) => {
  if (cursor !== undefined && !/^[1-9]\d{0,14}$/.test(cursor)) return plainly('stale')(turn, [])
  const { result } = await turn.call('history', { before: cursor === undefined ? null : Number(cursor) })
  const { language } = turn
  const heading = balanceLines(turn, result.balances).join('\n')
  const lines = result.movements.map((each) => line(turn, each))
  const history =
    lines.length === 0 ? say(language, 'no_movements') : `${say(language, 'movements')}\n${lines.join('\n')}`
  const last = result.movements.at(-1)
  const older = result.hasMore && last !== undefined ? [choice(say(language, 'button_older'), 'balance', last.id)] : []
  const choices = [[choice(say(language, 'button_top_up'), 'topup')], [...older, homeChoice(language)]]
  return { screens: [{ text: `${heading}\n\n${history}`, choices, replaces: true }] }
}

/** A line for each currency; whoever has none has nothing of the one that top-ups are in. */
export function balanceLines({ language }: Turn, balances: readonly { amount: string; currency: string }[]): string[] {
  const sums = balances.length === 0 ? [{ amount: '0', currency: 'USDT' }] : balances
  return sums.map((each) => say(language, 'balance', { balance: money(each) }))
}

function line({ language }: Turn, each: Movement): string {
  const kind = movements.find((known) => known === each.kind) ?? 'adjustment'
  const what = say(language, `movement_${kind}`, { order: each.order ?? '', name: each.name ?? '' })
  const sign = each.amount.startsWith('-') ? '' : '+'
  const amount = say(language, 'movement', { amount: `${sign}${money(each)}`, at: moment(each.at) })
  return `${amount}\n${what}`
}
