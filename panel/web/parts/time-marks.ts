/** Where the marks of a time axis may stand, and what they say. */
import type { Format } from '../i18n/format.ts'

const minute = 60
const hour = 60 * minute
const day = 24 * hour

/** Distances between marks, in seconds. None is below a minute, which is what marks tell apart. */
export const markSteps: readonly number[] = [
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * minute),
  ...[1, 2, 3, 6, 12].map((hours) => hours * hour),
  ...[1, 2, 7].map((days) => days * day),
]

/** What marks say, given in seconds since 1970: the time of day, and where a day begins its date. */
export function markTexts(seconds: readonly number[], format: Pick<Format, 'minute' | 'date'>): string[] {
  return seconds.map((second) => {
    const at = new Date(second * 1000)
    const isMidnight = at.getHours() === 0 && at.getMinutes() === 0
    return (isMidnight ? format.date : format.minute)(at.toISOString())
  })
}
