/** What a person is told of a refused or failed request in their language; the server's own sentence is English. */
import type { Problem } from '../api/problem.ts'
import type { TextKey } from '../i18n/catalogue.ts'
import type { Locale } from '../i18n/locale.tsx'

const classes: Readonly<Record<string, TextKey>> = {
  no_answer: 'reach.server_away',
  unavailable: 'reach.database_away',
  internal: 'problem.internal',
  usage: 'problem.usage',
  not_found: 'problem.not_found',
  not_authenticated: 'sign_in.ended',
  not_allowed: 'problem.not_allowed',
  too_many_attempts: 'problem.too_many_attempts',
  conflict: 'problem.conflict',
  stale: 'problem.stale',
  too_large: 'problem.too_large',
  server_unreachable: 'problem.server_unreachable',
  telegram_unreachable: 'problem.telegram_unreachable',
}

/** A wrong proof of who one is: said in place of what the answer is otherwise. */
const wrongProofs: Readonly<Record<string, TextKey>> = {
  password: 'problem.wrong_password',
  code: 'sign_in.wrong_code',
}

/** What sort of problem it is. */
export function classOf(problem: Problem): TextKey {
  return wrongProofs[problem.wrong ?? ''] ?? classes[problem.code] ?? 'trouble.refused'
}

/** What became of a change, and why: in a line to begin with, and one below it. */
export function changeTrouble(problem: Problem, t: Locale['t']): { readonly head: string; readonly cause: string } {
  const sort = t(classOf(problem))
  return problem.outcomeUnknown ? { head: t('trouble.unknown'), cause: sort } : { head: sort, cause: problem.message }
}

const issues: Readonly<Record<string, TextKey>> = {
  invalid_type: 'field.invalid_type',
  too_small: 'field.too_small',
  too_big: 'field.too_big',
  invalid_format: 'field.invalid_format',
  invalid_value: 'field.invalid_value',
  unrecognized_keys: 'field.unrecognized_keys',
}

/** What is wrong with a field, by the sort of its issue; undefined where only the server's sentence says it. */
export function issueText(issue: string, t: Locale['t']): string | undefined {
  const known = issues[issue]
  return known === undefined ? undefined : t(known)
}

const fields: Readonly<Record<string, TextKey>> = {
  address: 'withdrawals.address',
  amount: 'orders.amount',
  name: 'bots.name',
  new_password: 'account.new_password',
  owner_id: 'bot.owner',
  password: 'sign_in.password',
  phone_number: 'bot.phone',
  quantity: 'orders.units',
  reason: 'bots.reason',
  reference: 'top_ups.reference',
  tenant: 'bot.tenant',
  token: 'create.token',
  txid: 'withdrawals.txid',
  username: 'sign_in.username',
}

/** What a field of a request is called on the pages; its own name where it stands on none. */
export function fieldText(field: string, t: Locale['t']): string {
  const known = fields[field]
  return known === undefined ? field : t(known)
}
