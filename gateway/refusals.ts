/** What services refuse, as an answer: a person in a chat is told why, and nothing of the attempt stays written. */
import type { Tx } from '../db/transaction.ts'
import { Failure } from '../domain/failure.ts'
import { type Refused, type Trouble, troubles } from '../domain/room-result.ts'

/** What a failure is called where it does not say itself. */
export interface TroubleNames {
  readonly not_found?: Trouble
  readonly conflict?: Trouble
}

export function refused(trouble: Trouble, detail: string | null = null): Refused {
  return { kind: 'refused', trouble, detail }
}

/** A refusal that a service gives as data. */
export function refusedBy({ refusal, detail }: { refusal: string; detail: string | null }, notFound: Trouble): Refused {
  if (refusal === 'not_found') return refused(notFound)
  return refused(troubleNamed(refusal) ?? 'refused', detail)
}

/** Runs what may be refused, inside a savepoint, so that the update itself stays noted. */
export async function orRefused<T>(tx: Tx, names: TroubleNames, work: () => Promise<T>): Promise<T | Refused> {
  await tx.query('savepoint attempt')
  try {
    const result = await work()
    await tx.query('release savepoint attempt')
    return result
  } catch (error) {
    const refusal = refusalOf(error, names)
    if (refusal === undefined) throw error
    await tx.query('rollback to savepoint attempt')
    return refusal
  }
}

/** Runs what throws for wrong words; it then says which they are. */
export function orTrouble<T>(trouble: Trouble, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    throw new Failure('usage', error.message, { cause: error, details: { trouble } })
  }
}

function refusalOf(error: unknown, names: TroubleNames): Refused | undefined {
  if (!(error instanceof Failure)) return undefined
  const said = troubleNamed(error.details['trouble'])
  switch (error.code) {
    case 'not_allowed':
      return refused('not_allowed')
    case 'usage':
      return refused(said ?? 'refused', error.message)
    case 'not_found':
      return refused(said ?? names.not_found ?? 'refused', error.message)
    case 'conflict':
      return refused(said ?? names.conflict ?? 'refused', error.message)
    default:
      return undefined
  }
}

function troubleNamed(word: unknown): Trouble | undefined {
  return troubles.find((known) => known === word)
}
