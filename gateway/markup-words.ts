import { type MarkupWish, parseFixedMarkup, parsePercent } from '../domain/markup.ts'
import type { MarkupWords } from '../domain/room-result.ts'

/** The markup behind what a person typed. Throws `usage` with what is wrong with it. */
export function markupOf(words: MarkupWords): MarkupWish {
  if (words.kind === 'percent') return { kind: 'percent', hundredths: parsePercent(words.percent) }
  const { amount, currency } = words
  return { kind: 'fixed', amount: parseFixedMarkup(amount, currency), currency }
}
