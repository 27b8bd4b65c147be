/**
 * What changes in the database, read once for a whole process however many watch: from the last id that was seen, woken by
 * NOTIFY and looking besides, so that a lost notification only delays.
 *
 * Invariant: no change is skipped. Ids are taken in another order than transactions commit, so an id that is missing
 * below one that is there may still come. It is asked for again until every transaction that can have taken it has ended.
 * `settledId` is the id up to which nothing can come any more: what a reader resumes after.
 */
import { setImmediate } from 'node:timers/promises'
import { Listener } from '../../db/listen.ts'
import type { Queryable } from '../../db/transaction.ts'
import type { Change } from '../../domain/change.ts'
import { Failure } from '../../domain/failure.ts'
import type { Log } from '../../runtime/log.ts'
import { drawBarrier, findRecentChange, readChanges } from '../../services/changes/read-changes.ts'

/** Changes that are kept to be told again to whoever was away. */
const keptMax = 2000
const pageSize = 1000
/** Ids that may still come; more are a jump of the sequence, or one transaction that changed too much to tell it. */
const missingMax = 5000
const lookEveryMs = 1000
/** How long one change waits for the next. */
const gatherMs = 100
/** Readers that are told in one turn of the event loop. */
const toldAtOnce = 20
/** How long it goes on reading for nobody: a page that is loaded again comes back at once. */
const lingerMs = 10_000

/** A change, and the id after which a reader that got this far is to resume. */
export interface ToldChange {
  readonly change: Change
  readonly resumeId: number
}

export interface ChangeReader {
  /** `settledId`: what is resumed after by whoever has been told these. */
  onChanges(told: readonly ToldChange[], settledId: number): void
  /** More has changed than can be told: read everything anew. */
  onLost(): void
  /** The database stopped answering, or answers again. */
  onDatabase(answers: boolean): void
}

export interface ChangeFeedOptions {
  readonly database: Queryable
  readonly databaseUrl: string
  readonly log: Log
}

export class ChangeFeed {
  readonly #options: ChangeFeedOptions
  readonly #readers = new Set<ChangeReader>()
  #open: OpenFeed | undefined
  #lingering: NodeJS.Timeout | undefined
  #stopped = false

  constructor(options: ChangeFeedOptions) {
    this.#options = options
  }

  /**
   * Reads for this one too, from now on; returns what has to be told first, and how to end it. Throws `unavailable` when
   * the database does not answer, or the server is stopping.
   */
  async join(reader: ChangeReader, resumeAfter: number | undefined): Promise<JoinedFeed> {
    const open = await this.#opened()
    clearTimeout(this.#lingering)
    this.#readers.add(reader)
    return {
      missed: resumeAfter === undefined ? [] : open.missedSince(resumeAfter),
      settledId: () => open.settledId,
      leave: () => this.#leave(reader),
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#lingering)
    this.#readers.clear()
    await this.#open?.close()
    this.#open = undefined
  }

  async #opened(): Promise<OpenFeed> {
    for (;;) {
      if (this.#stopped) throw new Failure('unavailable', 'the server is stopping')
      this.#open ??= new OpenFeed(this.#options, this.#readers)
      const open = this.#open
      try {
        await open.ready
      } catch (error) {
        if (this.#open === open) this.#open = undefined
        await open.close()
        throw error
      }
      // Its last reader may have left while we waited.
      if (this.#open === open) return open
    }
  }

  #leave(reader: ChangeReader): void {
    this.#readers.delete(reader)
    if (this.#readers.size > 0 || this.#open === undefined) return
    const open = this.#open
    clearTimeout(this.#lingering)
    this.#lingering = setTimeout(() => {
      this.#open = undefined
      void open.close()
    }, lingerMs)
    this.#lingering.unref()
  }
}

/** What changed twice is read once: of each thing its last change. */
function lastOfEach(changes: readonly Change[]): Change[] {
  const last = new Map(changes.map((change) => [`${change.topic} ${change.subject}`, change.id]))
  return changes.filter(({ topic, subject, id }) => last.get(`${topic} ${subject}`) === id)
}

export interface JoinedFeed {
  /** What came after the id that was resumed from; undefined when that is too long ago to tell. */
  readonly missed: readonly ToldChange[] | undefined
  /** Up to where nothing can come any more. */
  settledId(): number
  leave(): void
}

class OpenFeed {
  /** Rejects when the database does not answer. */
  readonly ready: Promise<void>
  readonly #options: ChangeFeedOptions
  readonly #readers: ReadonlySet<ChangeReader>
  readonly #listener: Listener
  /** In the order of their ids, all of those above `#keptAfter` that have come. */
  #kept: Change[] = []
  #keptAfter = 0
  #seenId = 0
  /** Ids that may still come, with the transaction number that must have ended before one is given up. */
  readonly #missing = new Map<number, bigint>()
  /** Too many ids were missing to ask for them: where, and when all that can come of them has. */
  #jump: { readonly after: number; readonly barrier: bigint } | undefined
  #answers = true
  #closed = false
  #again = false
  #reading: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  /** What the timer was set to; infinite while none is. */
  #dueInMs = Number.POSITIVE_INFINITY

  constructor(options: ChangeFeedOptions, readers: ReadonlySet<ChangeReader>) {
    this.#options = options
    this.#readers = readers
    this.#listener = new Listener(options.databaseUrl, ['botfleet_change'], () => this.#wake())
    this.ready = this.#begin()
  }

  get settledId(): number {
    const below = [...this.#missing.keys()].reduce((least, id) => Math.min(least, id - 1), this.#seenId)
    return Math.min(below, this.#jump?.after ?? below)
  }

  missedSince(id: number): readonly ToldChange[] | undefined {
    // An id that was never given out comes from before a restore.
    if (id < this.#keptAfter || id > this.#seenId) return undefined
    return this.#told(lastOfEach(this.#kept.filter((change) => change.id > id)))
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    await this.#listener.stop()
    await this.#reading
  }

  async #begin(): Promise<void> {
    this.#keptAfter = await findRecentChange(this.#options.database, { count: keptMax / 2 })
    this.#seenId = this.#keptAfter
    while (await this.#readPage());
    if (this.#closed) return
    await this.#listener.start()
    this.#lookIn(lookEveryMs)
  }

  /** Reads soon: what is woken for often comes in company, and who acted on it first is not to be held up. */
  #wake(): void {
    if (this.#reading !== undefined) this.#again = true
    else this.#lookIn(gatherMs)
  }

  #lookIn(delayMs: number): void {
    if (this.#closed || delayMs >= this.#dueInMs) return
    clearTimeout(this.#timer)
    this.#dueInMs = delayMs
    this.#timer = setTimeout(() => {
      this.#dueInMs = Number.POSITIVE_INFINITY
      this.#reading = this.#readAll().finally(() => {
        this.#reading = undefined
        this.#lookIn(this.#again ? gatherMs : lookEveryMs)
      })
    }, delayMs)
  }

  async #readAll(): Promise<void> {
    this.#again = false
    try {
      while (!this.#closed && (await this.#readPage()));
      this.#noteAnswer(true)
    } catch (error) {
      const expected = error instanceof Failure && error.code === 'unavailable'
      this.#options.log[expected ? 'debug' : 'error']({ error }, 'changes could not be read; it is tried again')
      this.#noteAnswer(false)
    }
  }

  #noteAnswer(answers: boolean): void {
    if (answers === this.#answers) return
    this.#answers = answers
    for (const reader of this.#readers) reader.onDatabase(answers)
  }

  /** @returns whether there may be more to read at once. */
  async #readPage(): Promise<boolean> {
    const { database } = this.#options
    const asked = [...this.#missing.keys()]
    const page = await readChanges(database, { after: this.#seenId, missing: asked, countMax: pageSize })
    const gap = this.#gapBelow(page.changes)
    // Drawn before anything of this page is taken over: when it fails, all of it is read again.
    const barrier = gap === undefined ? undefined : await drawBarrier(database)
    const isWhole = page.changes.length < pageSize
    this.#take(page.changes)
    if (gap !== undefined && barrier !== undefined) this.#noteGap(gap, barrier)
    if (isWhole) this.#giveUp(asked, page.oldestRunning)
    if (page.changes.length > 0) await this.#tell(page.changes)
    return !isWhole
  }

  /** Tells a few at a time: whatever else this process does goes on between them. */
  async #tell(changes: readonly Change[]): Promise<void> {
    const told = this.#told(lastOfEach(changes))
    const { settledId } = this
    const readers = [...this.#readers]
    for (let first = 0; first < readers.length; first += toldAtOnce) {
      for (const reader of readers.slice(first, first + toldAtOnce)) {
        if (this.#readers.has(reader)) reader.onChanges(told, settledId)
      }
      await setImmediate()
    }
  }

  /** The ids that a page has skipped; a number when they are too many to name: the id after which they are. */
  #gapBelow(changes: readonly Change[]): number[] | { after: number } | undefined {
    const here = new Set(changes.map(({ id }) => id))
    const last = changes.at(-1)?.id ?? 0
    if (last - this.#seenId > missingMax) return { after: this.#seenId }
    const missing: number[] = []
    for (let id = this.#seenId + 1; id < last; id += 1) if (!here.has(id)) missing.push(id)
    if (missing.length + this.#missing.size > missingMax) return { after: this.#seenId }
    return missing.length === 0 ? undefined : missing
  }

  #noteGap(gap: readonly number[] | { readonly after: number }, barrier: bigint): void {
    if ('after' in gap) this.#jump = { after: this.#jump?.after ?? gap.after, barrier }
    else for (const id of gap) this.#missing.set(id, barrier)
  }

  #take(changes: readonly Change[]): void {
    for (const { id } of changes) {
      this.#missing.delete(id)
      this.#seenId = Math.max(this.#seenId, id)
    }
    this.#kept = [...this.#kept, ...changes.filter(({ id }) => id > this.#keptAfter)].sort((a, b) => a.id - b.id)
    const dropped = this.#kept.splice(0, Math.max(0, this.#kept.length - keptMax)).at(-1)
    if (dropped !== undefined) this.#keptAfter = dropped.id
  }

  /** What was asked for and was not there, although all that can have taken it has ended, was rolled back. */
  #giveUp(asked: readonly number[], oldestRunning: bigint): void {
    for (const id of asked) if ((this.#missing.get(id) ?? oldestRunning) < oldestRunning) this.#missing.delete(id)
    if (this.#jump === undefined || this.#jump.barrier >= oldestRunning) return
    this.#jump = undefined
    // Whoever resumes from before this moment is to read everything anew.
    this.#kept = []
    this.#keptAfter = this.#seenId
    for (const reader of this.#readers) reader.onLost()
  }

  /** In ascending order a reader has everything up to each that is settled. */
  #told(changes: readonly Change[]): ToldChange[] {
    const { settledId } = this
    return changes.map((change) => ({ change, resumeId: Math.min(change.id, settledId) }))
  }
}
