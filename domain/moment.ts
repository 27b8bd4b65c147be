/** Points in time as people write them in a filter: a day (UTC), or a moment as ISO 8601 has it. */
import { Failure } from './failure.ts'

const dayMs = 86_400_000

/** The beginning of what is meant, where something is; `what` names it in the refusal. Throws `usage`. */
export function startOf(text: string | undefined, what: string): Date | undefined {
  return text === undefined ? undefined : parseMoment(text, what).at
}

/** The end of what is meant: a day is included. Throws `usage`. */
export function endOf(text: string | undefined, what: string): Date | undefined {
  if (text === undefined) return undefined
  const { at, isDay } = parseMoment(text, what)
  return isDay ? new Date(at.getTime() + dayMs) : at
}

function parseMoment(text: string, what: string): { at: Date; isDay: boolean } {
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(text)
  const at = new Date(text)
  if ((isDay || /^\d{4}-\d{2}-\d{2}T.*(Z|[+-]\d{2}:?\d{2})$/.test(text)) && !Number.isNaN(at.getTime())) {
    return { at, isDay }
  }
  throw new Failure('usage', `${what} is a day such as 2026-03-01, or a time such as 2026-03-01T14:00Z`)
}
