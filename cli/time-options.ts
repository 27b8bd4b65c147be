import { Failure } from '../domain/failure.ts'

const dayMs = 86_400_000

/** The moment that a `--since` or `--from` names: the begin of a day (UTC), or a time as ISO 8601 has it. */
export function startOf(text: string | undefined, flag: string): Date | undefined {
  return text === undefined ? undefined : parseTime(text, flag).at
}

/** The moment before which `--until` wants: a day that it names is included. */
export function endOf(text: string | undefined, flag = '--until'): Date | undefined {
  if (text === undefined) return undefined
  const { at, isDay } = parseTime(text, flag)
  return isDay ? new Date(at.getTime() + dayMs) : at
}

function parseTime(text: string, flag: string): { at: Date; isDay: boolean } {
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(text)
  const at = new Date(text)
  if ((isDay || /^\d{4}-\d{2}-\d{2}T.*(Z|[+-]\d{2}:?\d{2})$/.test(text)) && !Number.isNaN(at.getTime())) {
    return { at, isDay }
  }
  throw new Failure('usage', `${flag} is a day such as 2026-03-01, or a time such as 2026-03-01T14:00Z`)
}
