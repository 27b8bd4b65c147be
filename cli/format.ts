/** Durations, sizes and times for people; JSON keeps ISO times in UTC, bytes and percent. */

const secondMs = 1_000
const minuteMs = 60 * secondMs
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

/** A duration in its two largest units: `3d 4h`, `5h 12m`, `42s`. Negative ones count as 0. */
export function formatDuration(milliseconds: number): string {
  const ms = Math.max(0, milliseconds)
  if (ms >= 100 * dayMs) return `${Math.floor(ms / dayMs)}d`
  if (ms >= dayMs) return twoUnits(ms, dayMs, 'd', hourMs, 'h')
  if (ms >= hourMs) return twoUnits(ms, hourMs, 'h', minuteMs, 'm')
  if (ms >= minuteMs) return twoUnits(ms, minuteMs, 'm', secondMs, 's')
  return `${Math.floor(ms / secondMs)}s`
}

/** Time left of a subscription: whole days as far as there are several, else `1d 3h`, `5h 12m`. */
export function formatTimeLeft(milliseconds: number): string {
  return milliseconds >= 2 * dayMs ? `${Math.round(milliseconds / dayMs)}d` : formatDuration(milliseconds)
}

/** A point in time seen from now: `in 12 days`, `3 minutes ago`, `just now`. */
export function formatRelative(time: string, nowMs: number): string {
  const difference = Date.parse(time) - nowMs
  const size = Math.abs(difference)
  if (size < 5 * secondMs) return 'just now'
  const [unit, unitMs] = unitOf(size)
  const amount = Math.round(size / unitMs)
  const words = `${amount} ${unit}${amount === 1 ? '' : 's'}`
  return difference > 0 ? `in ${words}` : `${words} ago`
}

/** A point in time in the viewer's own zone: `2026-03-01 14:05:09 GMT+1`. */
export function formatLocalTime(time: string): string {
  const date = new Date(time)
  const zone = new Intl.DateTimeFormat('en-GB', { timeZoneName: 'short' })
    .formatToParts(date)
    .find((part) => part.type === 'timeZoneName')
  return `${formatLocalDay(date)} ${clockOf(date)} ${zone?.value ?? ''}`.trimEnd()
}

/** The same without the zone, for lists of many: `2026-03-01 14:05:09`. */
export function formatLocalStamp(time: string): string {
  const date = new Date(time)
  return `${formatLocalDay(date)} ${clockOf(date)}`
}

/** Bytes for people: `61 MB`, `1.2 GB` (powers of 1024). */
export function formatBytes(bytes: number): string {
  const mebi = bytes / 1024 / 1024
  if (mebi < 1) return `${Math.round(bytes / 1024)} kB`
  return mebi < 1000 ? `${Math.round(mebi)} MB` : `${(mebi / 1024).toFixed(1)} GB`
}

/** Percent of one core: `0.4%`, `12%`. */
export function formatPercent(percent: number): string {
  return percent < 9.95 ? `${percent.toFixed(1)}%` : `${Math.round(percent)}%`
}

function twoUnits(ms: number, large: number, largeName: string, small: number, smallName: string): string {
  const rest = Math.floor((ms % large) / small)
  return `${Math.floor(ms / large)}${largeName}${rest === 0 ? '' : ` ${rest}${smallName}`}`
}

function unitOf(size: number): readonly [string, number] {
  if (size >= 2 * dayMs) return ['day', dayMs]
  if (size >= hourMs) return ['hour', hourMs]
  return size >= minuteMs ? ['minute', minuteMs] : ['second', secondMs]
}

function formatLocalDay(date: Date): string {
  return [date.getFullYear(), date.getMonth() + 1, date.getDate()].map(twoDigits).join('-')
}

function clockOf(date: Date): string {
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(':')
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}
