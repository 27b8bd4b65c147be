import type { Locale } from '../../i18n/locale.tsx'

const kinds = [
  'customer',
  'available',
  'held',
  'debt',
  'pending',
  'revenue',
  'fee_income',
  'paid_out',
  'top_up',
  'adjustment',
] as const

/** What a kind of account is called; the ledger's own word where it is a new one. */
export function accountText(t: Locale['t'], kind: string): string {
  const known = kinds.find((one) => one === kind)
  return known === undefined ? kind : t(`ledger.account_${known}`)
}
