/** Numbers as people type them, in any of our languages' digits, and as they are shown. */
import { Failure } from '../../domain/failure.ts'
import { type AmountTrouble, type Currency, formatAmount, parseAmount } from '../../domain/money.ts'

const zeros = ['۰', '٠', '０'].map((zero) => zero.codePointAt(0) ?? 0)

/** Digits, points and signs of other writings as ours: `۱۲٫۵٪` is `12.5%`. */
export function plainDigits(text: string): string {
  return text
    .trim()
    .replace(/[٫．。]/g, '.')
    .replace(/[٪％]/g, '%')
    .replace(/[－−–—]/g, '-')
    .replace(/[۰-۹٠-٩０-９]/g, (digit) => {
      const code = digit.codePointAt(0) ?? 0
      const zero = zeros.find((first) => code >= first && code < first + 10) ?? code
      return String(code - zero)
    })
}

/**
 * Reads an amount: `12`, `12.5`, `12,5`, `١٢٫٥`, with or without its currency behind it. A comma before exactly three
 * digits may separate thousands or decimals: that is refused rather than guessed.
 * @returns the decimal string, or why it is none.
 */
export function readAmount(typed: string, currency: Currency): { amount: string } | { trouble: AmountTrouble } {
  const text = plainDigits(typed)
    .replace(/[،，]/g, ',')
    .replace(new RegExp(`\\s*${currency}$`, 'i'), '')
  const decimal = /^-?\d+,(?!\d{3}$)\d+$/.test(text) ? text.replace(',', '.') : text
  try {
    return { amount: formatAmount(parseAmount(decimal, currency), currency) }
  } catch (error) {
    if (error instanceof Failure && error.code === 'usage') {
      return { trouble: (error.details['trouble'] as AmountTrouble | undefined) ?? 'not_a_number' }
    }
    throw error
  }
}

/** Why a typed text is no quantity. */
export type QuantityTrouble = 'not_a_number' | 'not_whole' | 'too_few'

/** Reads how many: a whole number from 1. */
export function readQuantity(typed: string): { quantity: number } | { trouble: QuantityTrouble } {
  const text = plainDigits(typed)
  if (/^-?\d+[.,]\d+$/.test(text)) return { trouble: 'not_whole' }
  if (!/^[-+]?\d{1,15}$/.test(text)) return { trouble: 'not_a_number' }
  const quantity = Number(text)
  return quantity < 1 ? { trouble: 'too_few' } : { quantity }
}

/** An amount with its currency. */
export function money({ amount, currency }: { amount: string; currency: string }): string {
  return `${amount} ${currency}`
}

/** `2026-11-21 12:05 UTC`. */
export function moment(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`
}
