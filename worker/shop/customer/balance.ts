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
  const sums = result.balances.map((each) => say(language, 'balance', { balance: money(each) }))
  const heading = sums.length === 0 ? say(language, 'balance', { balance: '0' }) : sums.join('\n')
  const lines = result.movements.map((each) => line(turn, each))
  const history =
    lines.length === 0 ? say(language, 'no_movements') : `${say(language, 'movements')}\n${lines.join('\n')}`
  const last = result.movements.at(-1)
  const older = result.hasMore && last !== undefined ? [choice(say(language, 'button_older'), 'balance', last.id)] : []
  const choices = [[choice(say(language, 'button_top_up'), 'topup')], [...older, homeChoice(language)]]
  return { screens: [{ text: `${heading}\n\n${history}`, choices, replaces: true }] }
}

function line({ language }: Turn, each: Movement): string {
  const kind = movements.find((known) => known === each.kind) ?? 'adjustment'
  const what = say(language, `movement_${kind}`, { order: each.order ?? '', name: each.name ?? '' })
  const sign = each.amount.startsWith('-') ? '' : '+'
  const amount = say(language, 'movement', { amount: `${sign}${money(each)}`, at: moment(each.at) })
  return `${amount}\n${what}`
}
