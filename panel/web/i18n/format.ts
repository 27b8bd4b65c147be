import { type Language, languages } from './languages.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

export interface Format {
  readonly number: (value: number) => string
  readonly percent: (value: number) => string
  /** A percentage that somebody has set, to the hundredth. */
  readonly exactPercent: (value: number) => string
  /** Bytes in the unit that fits. */
  readonly bytes: (value: number) => string
  /** A decimal string, exactly as it is: it never becomes a float. */
  readonly money: (amount: string, currency: string) => string
  readonly moment: (iso: string) => string
  /** The same to the second. */
  readonly second: (iso: string) => string
  readonly day: (iso: string) => string
  readonly clock: (iso: string) => string
  /** The time of day to the minute. */
  readonly minute: (iso: string) => string
  /** The day within its year. */
  readonly date: (iso: string) => string
  /** How far away a moment is: "in 3 days", "2 minutes ago". */
  readonly relative: (iso: string, nowMs: number) => string
  /** A length of time in its two largest units. */
  readonly duration: (ms: number) => string
}

export function formatIn(language: Language): Format {
  const { locale } = languages[language]
  const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 })
  const percent = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 })
  const exactPercent = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 2 })
  const amount = new Intl.NumberFormat(locale, { maximumFractionDigits: 8 })
  const moment = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' })
  const second = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' })
  const day = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' })
  const clock = new Intl.DateTimeFormat(locale, { timeStyle: 'medium' })
  const minute = new Intl.DateTimeFormat(locale, { timeStyle: 'short' })
  const date = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short' })
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })
  return {
    number: (value) => number.format(value),
    percent: (value) => percent.format(value / 100),
    exactPercent: (value) => exactPercent.format(value / 100),
    bytes: (value) => bytesIn(locale, value),
    money: (text, currency) => `${amount.format(text as Intl.StringNumericLiteral)} ${currency}`,
    moment: (iso) => moment.format(new Date(iso)),
    second: (iso) => second.format(new Date(iso)),
    day: (iso) => day.format(new Date(iso)),
    clock: (iso) => clock.format(new Date(iso)),
    minute: (iso) => minute.format(new Date(iso)),
    date: (iso) => date.format(new Date(iso)),
    relative: (iso, nowMs) => relative.format(...distance(Date.parse(iso) - nowMs)),
    duration: (ms) => durationIn(locale, ms),
  }
}

function bytesIn(locale: string, value: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const
  const step = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, value)) / 10)))
  const unit = units[step] ?? 'byte'
  return new Intl.NumberFormat(locale, { style: 'unit', unit, maximumFractionDigits: step > 2 ? 1 : 0 }).format(
    value / 1024 ** step,
  )
}

function distance(ms: number): [number, Intl.RelativeTimeFormatUnit] {
  const size = Math.abs(ms)
  if (size >= 2 * dayMs) return [Math.round(ms / dayMs), 'day']
  if (size >= hourMs) return [Math.trunc(ms / hourMs), 'hour']
  if (size >= minuteMs) return [Math.trunc(ms / minuteMs), 'minute']
  return [Math.trunc(ms / 1000), 'second']
}

function durationIn(locale: string, ms: number): string {
  const units = [
    ['day', dayMs],
    ['hour', hourMs],
    ['minute', minuteMs],
    ['second', 1000],
  ] as const
  const first = Math.max(
    0,
    units.findIndex(([, size]) => ms >= size),
  )
  const from = ms < 1000 ? units.length - 1 : first
  let left = Math.max(0, ms)
  return units
    .slice(from, from + 2)
    .map(([unit, size]) => {
      const count = Math.floor(left / size)
      left -= count * size
      return { unit, count }
    })
    .filter(({ count }, index) => index === 0 || count > 0)
    .map(({ unit, count }) =>
      new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'short' }).format(count),
    )
    .join(' ')
}
