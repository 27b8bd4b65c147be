/** What owners and admins type and read: numbers in their own digits, markups, states, times. */
import type { MarkupWords, Refused } from '../../../domain/room-result.ts'
import type { Language } from '../../../domain/worker-contract.ts'
import { plainDigits } from '../amount.ts'
import type { TokenFate } from '../turn.ts'
import { office } from './texts.ts'

/** `10%` is a percentage; `0.05` and `0.05 USDT` are an amount a unit. What is wrong with it, the gateway says. */
export function markupWordsOf(text: string): MarkupWords {
  const given = plainDigits(text)
  const percent = /^(.*?)\s*%$/.exec(given)?.[1]
  if (percent !== undefined) return { kind: 'percent', percent }
  const [, amount = given, currency = 'USDT'] = /^(.*?)\s*(USDT|IRR)$/i.exec(given) ?? []
  return { kind: 'fixed', amount, currency: currency.toUpperCase() === 'IRR' ? 'IRR' : 'USDT' }
}

/** Markups that are one tap away: what most shops choose. */
export const markupPresets: readonly (readonly MarkupWords[])[] = [
  ['0', '5', '10', '20'].map((percent) => ({ kind: 'percent', percent })),
  ['0.05', '0.1', '0.5', '1'].map((amount) => ({ kind: 'fixed', amount, currency: 'USDT' })),
]

interface Markup {
  readonly kind: 'percent' | 'fixed'
  readonly percent: string
  readonly fixed: { readonly USDT: string; readonly IRR: string }
}

export function markupText(language: Language, markup: Markup): string {
  if (markup.kind === 'percent') {
    return markup.percent === '0' ? office(language, 'markup_none') : percentText(language, markup.percent)
  }
  const given = (['USDT', 'IRR'] as const).filter((currency) => markup.fixed[currency] !== '0')
  if (given.length === 0) return office(language, 'markup_none')
  return given
    .map((currency) => office(language, 'markup_fixed', { amount: markup.fixed[currency], currency }))
    .join(', ')
}

export function percentText(language: Language, percent: string): string {
  return office(language, 'markup_percent', { percent })
}

/** A preset's button and arguments. */
export function presetChoice(language: Language, preset: MarkupWords): { label: string; args: string[] } {
  if (preset.kind === 'percent') {
    return { label: percentText(language, preset.percent), args: ['percent', preset.percent] }
  }
  return { label: `${preset.amount} ${preset.currency}`, args: ['fixed', preset.amount] }
}

/** The markup behind a preset's arguments, or those of `/agent_pricing`. */
export function markupOfArgs(kind: string | undefined, value: string | undefined): MarkupWords | undefined {
  if (value === undefined) return undefined
  if (kind === 'percent') return { kind, percent: plainDigits(value).replace(/\s*%$/, '') }
  return kind === 'fixed' ? { kind, amount: plainDigits(value), currency: 'USDT' } : undefined
}

/** The sentence for a refusal. */
export function troubleText(language: Language, { trouble, detail }: Refused): string {
  return office(language, `trouble_${trouble}`, { detail: detail ?? '', currency: 'USDT' })
}

/** What became of a token that a person wrote. */
export function tokenText(language: Language, fate: TokenFate): string {
  return office(language, fate === 'erased' ? 'token_deleted' : 'token_seen')
}
