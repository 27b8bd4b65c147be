import type { Choice } from '../screen.ts'

/** Rows of choices without those that have none. */
export function rows(...given: readonly (readonly Choice[])[]): readonly (readonly Choice[])[] {
  return given.filter((row) => row.length > 0)
}
