import { Failure } from '../domain/failure.ts'

/** Reads the number that names something; throws `usage`, naming what it is. */
export function numberOf(text: string, what: string): number {
  const id = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(id)) return id
  throw new Failure('usage', `a ${what} is named by its number, not ${JSON.stringify(text)}`)
}
