/**
 * What a feed has seen: the changes that it may have to tell again, and which ids may still come.
 *
 * Invariant: no change is skipped. Ids are taken in another order than transactions commit, so an id that is missing
 * below one that is there may still come. It is asked for again until every transaction that can have taken it has ended.
 */
import type { Change } from '../../domain/change.ts'

/** Changes that are kept to be told again to whoever was away. */
const keptMax = 2000
/** Ids that may still come; more are a jump of the sequence, or one transaction that changed too much to tell it. */
export const missingMax = 5000

/** A change, and the id after which a reader that got this far is to resume. */
export interface ToldChange {
  readonly change: Change
  readonly resumeId: number
}

/** Ids that were skipped; where they are too many to name, the first of them. */
export type Gap = readonly number[] | { readonly from: number }

/** A gap of these ids, named where they can be. */
export function gapOf(ids: readonly number[]): Gap | undefined {
  const [from] = ids
  if (from === undefined) return undefined
  return ids.length > missingMax ? { from } : ids
}

export class SeenChanges {
  /** In the order of their ids, all of those above `#keptAfter` that have come. */
  #kept: Change[] = []
  #keptAfter: number
  #seenId: number
  #last: Change | undefined
  /** Ids that may still come, with the transaction number that must have ended before one is given up. */
  readonly #missing = new Map<number, bigint>()
  /** Too many ids were missing to ask for them: the first, and when all that can come of them has. */
  #jump: { readonly from: number; readonly barrier: bigint } | undefined

  /** Nothing was seen up to `after`, and nobody may resume from below `keptAfter`. */
  constructor(after: number, keptAfter = after) {
    this.#seenId = after
    this.#keptAfter = Math.max(after, keptAfter)
  }

  /** The highest id that was seen. */
  get seenId(): number {
    return this.#seenId
  }

  /** The change that has it. */
  get last(): Change | undefined {
    return this.#last
  }

  /** Ids to ask for again. */
  get missing(): number[] {
    return [...this.#missing.keys()]
  }

  /** The id up to which nothing can come any more: what a reader resumes after. */
  get settledId(): number {
    const below = this.missing.reduce((least, id) => Math.min(least, id - 1), this.#seenId)
    return Math.min(below, (this.#jump?.from ?? Number.POSITIVE_INFINITY) - 1)
  }

  /** What came after an id; undefined when that is too long ago to tell, or an id that was never given out. */
  since(id: number): readonly ToldChange[] | undefined {
    if (id < this.#keptAfter || id > this.#seenId) return undefined
    return this.told(this.#kept.filter((change) => change.id > id))
  }

  /** As readers are told: of each thing its last change, and each with what is settled up to it. */
  told(changes: readonly Change[]): ToldChange[] {
    const { settledId } = this
    return lastOfEach(changes).map((change) => ({ change, resumeId: Math.min(change.id, settledId) }))
  }

  /** The ids that a page has skipped. */
  gapBelow(changes: readonly Change[]): Gap | undefined {
    const here = new Set(changes.map(({ id }) => id))
    const last = changes.at(-1)?.id ?? 0
    const from = this.#seenId + 1
    if (last - from > missingMax) return { from }
    const skipped: number[] = []
    for (let id = from; id < last; id += 1) if (!here.has(id)) skipped.push(id)
    return skipped.length + this.#missing.size > missingMax ? { from } : gapOf(skipped)
  }

  take(changes: readonly Change[]): void {
    for (const change of changes) {
      this.#missing.delete(change.id)
      if (change.id <= this.#seenId) continue
      this.#seenId = change.id
      this.#last = change
    }
    this.#kept = [...this.#kept, ...changes.filter(({ id }) => id > this.#keptAfter)].sort((a, b) => a.id - b.id)
    const dropped = this.#kept.splice(0, Math.max(0, this.#kept.length - keptMax)).at(-1)
    if (dropped !== undefined) this.#keptAfter = dropped.id
  }

  /** These ids may come until every transaction up to `barrier` has ended. */
  await(gap: Gap, barrier: bigint): void {
    if ('from' in gap) this.#jump = { from: this.#jump?.from ?? gap.from, barrier }
    else for (const id of gap) this.#missing.set(id, barrier)
  }

  /**
   * What was asked for and was not there, although all that can have taken it has ended, was rolled back.
   * @returns whether what could not be named is over: then everything is to be read anew.
   */
  giveUp(asked: readonly number[], oldestRunning: bigint): boolean {
    for (const id of asked) if ((this.#missing.get(id) ?? oldestRunning) < oldestRunning) this.#missing.delete(id)
    if (this.#jump === undefined || this.#jump.barrier >= oldestRunning) return false
    this.#jump = undefined
    // Whoever resumes from before this moment is to read everything anew.
    this.#kept = []
    this.#keptAfter = this.#seenId
    return true
  }
}

/** What changed twice is read once: of each thing its last change. */
function lastOfEach(changes: readonly Change[]): Change[] {
  const last = new Map(changes.map((change) => [`${change.topic} ${change.subject}`, change.id]))
  return changes.filter(({ topic, subject, id }) => last.get(`${topic} ${subject}`) === id)
}
