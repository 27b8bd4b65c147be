import { formatAmount } from '../../../domain/money.ts'
import { Misfit } from '../misfit.ts'
import { oldCurrency, type Row } from '../row.ts'
import type { Decoded } from './decoded.ts'

const blockedWords = ['banned', 'blocked']

/** A customer of `users` with their balance (seed rows S0-063, S0-108). */
export function decodeUser(row: Row): Decoded {
  const tenant = row.tenant()
  const userId = userIdOf(row, 'user_id', 'telegram_id', 'tg_id')
  const balance = row.amount('USDT', 'usdt', 'balance', 'balance_usdt') ?? 0n
  if (balance < 0n) {
    throw new Misfit(
      `its balance is ${formatAmount(balance, oldCurrency)}: a customer cannot owe; settle it there first`,
    )
  }
  return {
    key: row.key(`${tenant}:${userId}`),
    tenant,
    number: null,
    state: 'there',
    amount: balance,
    details: {},
    columns: {
      buyer: userId,
      username: row.text('username')?.replace(/^@/, '') ?? null,
      display_name: row.text('fullname', 'full_name', 'first_name', 'name'),
      language: row.word('lang', 'language'),
      created_at: row.time('creation_time', 'created_at'),
      seen_at: row.time('last_contact_time', 'last_seen_at', 'updated_at'),
      blocked: row.flag('is_banned', 'banned', 'blocked') || blockedWords.includes(row.word('status') ?? ''),
    },
  }
}

/** A Telegram user's id. */
export function userIdOf(row: Row, ...names: readonly string[]): string {
  const id = optionalUserId(row, ...names)
  return row.need(id, names[0] ?? 'user_id')
}

export function optionalUserId(row: Row, ...names: readonly string[]): string | null {
  const id = row.text(...names)?.replace(/\.0$/, '') ?? null
  if (id !== null && !/^\d{1,19}$/.test(id)) throw new Misfit(`its ${names[0]} is no user id of Telegram`)
  return id
}
