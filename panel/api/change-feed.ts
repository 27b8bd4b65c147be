/**
 * What changes in the database, read once for a whole process however many watch: from the last id that was seen, woken by
 * NOTIFY and looking besides, so that a lost notification only delays. No change is skipped (seen-changes.ts).
 */
import { setImmediate } from 'node:timers/promises'
import { Listener } from '../../db/listen.ts'
import type { Queryable } from '../../db/transaction.ts'
import type { Change } from '../../domain/change.ts'
import { Failure } from '../../domain/failure.ts'
import type { Log } from '../../runtime/log.ts'
import { drawBarrier, findStart, hasEnded, readChanges } from '../../services/changes/read-changes.ts'
import { gapOf, missingMax, SeenChanges, type ToldChange } from './seen-changes.ts'

/** How many changes before its own beginning a feed can tell. */
const recentCount = 1000
const pageSize = 1000
const lookEveryMs = 1000
/** How long one change waits for the next. */
const gatherMs = 100
/** Readers that are told in one turn of the event loop. */
const toldAtOnce = 20
/** How long it goes on reading for nobody: a page that is loaded again comes back at once. */
const lingerMs = 10_000

export interface ChangeReader {
  /** `settledId`: what is resumed after by whoever has been told these. */
  onChanges(told: readonly ToldChange[], settledId: number): void
  /** More has changed than can be told: read everything anew, and then resume after `settledId`. */
  onLost(settledId: number): void
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
      missed: resumeAfter === undefined ? [] : open.seen.since(resumeAfter),
      settledId: () => open.seen.settledId,
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
  #seen = new SeenChanges(0)
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

  get seen(): SeenChanges {
    return this.#seen
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    await this.#listener.stop()
    await this.#reading
  }

  async #begin(): Promise<void> {
    await this.#start(recentCount)
    while (await this.#readPage());
    if (this.#closed) return
    await this.#listener.start()
    this.#lookIn(lookEveryMs)
  }

  /** Sees from the last `count` changes on; what is under way below them is waited for as any other. */
  async #start(count: number, keptAfter?: number): Promise<void> {
    const { database } = this.#options
    const { after, skipped } = await findStart(database, { count, skippedMax: missingMax + 1 })
    const seen = new SeenChanges(after, keptAfter)
    const gap = gapOf(skipped)
    if (gap !== undefined) {
      const barrier = await drawBarrier(database)
      if (!(await hasEnded(database, barrier))) seen.await(gap, barrier)
    }
    this.#seen = seen
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
    const seen = this.#seen
    const asked = seen.missing
    const page = await readChanges(database, { after: seen.seenId, missing: asked, countMax: pageSize })
    if (seen.last !== undefined && seen.last.at !== page.seenAt) return this.#startOver()
    const gap = seen.gapBelow(page.changes)
    // Drawn before anything of this page is taken over: when it fails, all of it is read again.
    const barrier = gap === undefined ? undefined : await drawBarrier(database)
    const isWhole = page.changes.length < pageSize
    seen.take(page.changes)
    if (gap !== undefined && barrier !== undefined) seen.await(gap, barrier)
    if (isWhole && seen.giveUp(asked, page.oldestRunning)) this.#tellLost()
    if (page.changes.length > 0) await this.#tell(page.changes)
    return !isWhole
  }

  /**
   * The last change that was seen is not there: the database was restored, has lost commits in a failover, or has thrown
   * away what we had not read. Ids of before say nothing any more, although they may be given out again.
   */
  async #startOver(): Promise<boolean> {
    await this.#start(0, this.#seen.seenId + 1)
    this.#tellLost()
    return true
  }

  #tellLost(): void {
    for (const reader of this.#readers) reader.onLost(this.#seen.settledId)
  }

  /** Tells a few at a time: whatever else this process does goes on between them. */
  async #tell(changes: readonly Change[]): Promise<void> {
    const told = this.#seen.told(changes)
    const { settledId } = this.#seen
    const readers = [...this.#readers]
    for (let first = 0; first < readers.length; first += toldAtOnce) {
      for (const reader of readers.slice(first, first + toldAtOnce)) {
        if (this.#readers.has(reader)) reader.onChanges(told, settledId)
      }
      await setImmediate()
    }
  }
}
