/**
 * All streams of events of this process. One reader of the database tells them all (change-feed.ts); each stream is told
 * what its person may hear, and who that is, and whether they still may, is asked anew at every heartbeat: one question
 * for all of them.
 */
import type { Response } from 'express'
import { type Actor, may } from '../../domain/actor.ts'
import { parseEventId } from '../../domain/api/events.ts'
import { type Change, mayHear } from '../../domain/change.ts'
import { Failure } from '../../domain/failure.ts'
import type { Log } from '../../runtime/log.ts'
import type { Watcher } from '../../services/recheck-callers.ts'
import type { ChangeFeed, ChangeReader, JoinedFeed } from './change-feed.ts'
import { EventStream, formatBeat, formatEvent } from './event-stream.ts'
import { type FollowedLog, LogFollower } from './log-follower.ts'
import type { ToldChange } from './seen-changes.ts'

export interface StreamLimits {
  readonly heartbeatMs: number
  readonly ofSessionMax: number
  /** Of all sessions and API tokens of somebody, so that nobody takes them from everybody else. */
  readonly ofPersonMax: number
  readonly allMax: number
  /** Of all, those that follow a log. */
  readonly logsMax: number
}

const usualLimits: StreamLimits = { heartbeatMs: 15_000, ofSessionMax: 10, ofPersonMax: 100, allMax: 600, logsMax: 50 }

export interface EventStreamsOptions {
  readonly feed: ChangeFeed
  readonly serverName: string
  readonly log: Log
  /** Who these are now; whose session is over is not among them. Throws when that cannot be found out. */
  readonly recheck: (watchers: readonly Watcher[]) => Promise<ReadonlyMap<string, Actor>>
  readonly limits?: Partial<StreamLimits>
}

export interface StreamRequest {
  readonly response: Response
  readonly token: string
  readonly actor: Actor
  /** `Last-Event-ID`, or what stands for it. */
  readonly resumeAfter: string | undefined
  readonly followed: FollowedLog | undefined
}

export class EventStreams {
  readonly #options: EventStreamsOptions
  readonly #limits: StreamLimits
  readonly #open = new Set<OpenStream>()
  #timer: NodeJS.Timeout | undefined
  #checking: Promise<void> | undefined
  #checkAgain = false
  #stopped = false

  constructor(options: EventStreamsOptions) {
    this.#options = options
    this.#limits = { ...usualLimits, ...options.limits }
  }

  /** How many are open. */
  get count(): number {
    return this.#open.size
  }

  /**
   * Opens a stream, which goes on until the reader leaves. Throws `too_many_attempts` when there are too many,
   * `unavailable` when the database does not answer.
   */
  async open(request: StreamRequest): Promise<void> {
    this.#assertRoom(request)
    const stream = new OpenStream(request, {
      serverName: this.#options.serverName,
      onAccessChange: () => this.#recheck(),
      onClosed: () => this.#close(stream),
    })
    this.#open.add(stream)
    try {
      await stream.begin(this.#options.feed)
    } catch (error) {
      this.#close(stream)
      throw error
    }
    this.#timer ??= setInterval(() => this.#beat(), this.#limits.heartbeatMs)
    this.#timer.unref()
  }

  /** Ends all of them at once; may be called twice. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearInterval(this.#timer)
    for (const stream of this.#open) stream.end('stopping')
    await this.#options.feed.stop()
    await this.#checking
  }

  #assertRoom({ token, actor, followed }: StreamRequest): void {
    if (this.#stopped) throw new Failure('unavailable', 'the server is stopping')
    const { ofSessionMax, ofPersonMax, allMax, logsMax } = this.#limits
    const count = (counts: (stream: OpenStream) => boolean) => [...this.#open].filter(counts).length
    const hasRoom =
      this.#open.size < allMax &&
      count((stream) => stream.token === token) < ofSessionMax &&
      count((stream) => stream.userId === actor.userId) < ofPersonMax &&
      (followed === undefined || count((stream) => stream.followsLog) < logsMax)
    if (hasRoom) return
    throw new Failure('too_many_attempts', 'too many streams of events are open: close a page and try again', {
      details: { retryAfterSeconds: 10 },
    })
  }

  #close(stream: OpenStream): void {
    if (!this.#open.delete(stream)) return
    stream.leave()
    if (this.#open.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #beat(): void {
    for (const stream of this.#open) stream.beat()
    if (this.#checking === undefined) this.#recheck()
  }

  /** One check at a time; who is told to check meanwhile gets one more. */
  #recheck(): void {
    this.#checkAgain = true
    this.#checking ??= this.#recheckAll().finally(() => {
      this.#checking = undefined
    })
  }

  async #recheckAll(): Promise<void> {
    while (this.#checkAgain && !this.#stopped) {
      this.#checkAgain = false
      const asked = [...this.#open]
      try {
        const known = await this.#options.recheck(asked)
        // Something has changed again since this was true.
        if (this.#checkAgain) continue
        for (const stream of asked) stream.recognise(known.get(stream.token))
      } catch (error) {
        for (const stream of asked) stream.doubt()
        this.#options.log.debug({ error }, 'sessions could not be checked; it is tried again')
        return
      }
    }
  }
}

interface StreamEvents {
  readonly serverName: string
  /** Somebody's rights have changed. */
  readonly onAccessChange: () => void
  readonly onClosed: () => void
}

class OpenStream implements ChangeReader, Watcher {
  readonly token: string
  readonly userId: string | null
  readonly #response: Response
  readonly #resumeAfter: string | undefined
  readonly #followed: FollowedLog | undefined
  readonly #events: StreamEvents
  #actor: Actor
  #stream: EventStream | undefined
  #joined: JoinedFeed | undefined
  #follower: LogFollower | undefined
  #isLeft = false
  /** Their rights have changed, and it is not known yet to what. */
  #isDoubted = false
  /** What is resumed after by whoever was told all that this stream was. */
  #reached = 0

  constructor({ response, token, actor, resumeAfter, followed }: StreamRequest, events: StreamEvents) {
    this.#response = response
    this.token = token
    this.userId = actor.userId
    this.#actor = actor
    this.#resumeAfter = resumeAfter
    this.#followed = followed
    this.#events = events
  }

  get source(): string {
    return this.#actor.source
  }

  get followsLog(): boolean {
    return this.#followed !== undefined
  }

  async begin(feed: ChangeFeed): Promise<void> {
    const isNew = this.#resumeAfter === undefined
    const after = parseEventId(this.#resumeAfter ?? '')
    this.#response.on('close', () => this.#events.onClosed())
    // Who left while it was found out who they are is not heard of again.
    if (this.#response.destroyed) return this.#events.onClosed()
    const joined = await feed.join(this, after?.change)
    this.#joined = joined
    this.#reached = joined.settledId()
    // Whoever has left meanwhile is left again: now there is something to leave.
    if (this.#isLeft) return this.leave()
    const stream = new EventStream(this.#response, () => this.#resync('slow'))
    this.#stream = stream
    if (this.#followed !== undefined) {
      this.#follower = new LogFollower(this.#followed, after?.log, {
        onPage: (page) => this.#sendLog(page),
        onTrouble: (detail) => stream.write(formatEvent('log-trouble', { instance: this.#followed?.id, detail })),
        isHeld: () => stream.isBehind,
      })
    }
    // Who resumes moves on with what they are told: the connection may break right here.
    const place = isNew ? this.#eventId() : undefined
    stream.write(formatEvent('ready', { server: this.#events.serverName }, place))
    if (joined.missed === undefined || (!isNew && after === undefined)) this.#resync('away')
    else this.onChanges(joined.missed, this.#reached)
    this.#follower?.start()
  }

  onChanges(told: readonly ToldChange[], settledId: number): void {
    this.#reached = settledId
    const access = told.filter(({ change }) => change.topic === 'access')
    if (access.length > 0) this.#events.onAccessChange()
    if (access.some(({ change }) => change.subject === this.#actor.userId)) this.#isDoubted = true
    // What they may not hear any more is not told; what they may is read anew when it is known who they are.
    if (this.#isDoubted) return this.doubt()
    if (told.some(({ change }) => this.#isOfMovedBot(change))) return this.end('moved')
    const heard = told.filter(({ change }) => mayHear(this.#actor, change))
    const text = heard.map(({ change, resumeId }) => formatEvent('change', change, this.#eventId(resumeId))).join('')
    if (text !== '') this.#stream?.write(text)
  }

  /** The followed log goes on on another server: whoever comes back is told it from there. */
  #isOfMovedBot({ topic, subject, details }: Change): boolean {
    const followed = this.#followed
    if (followed === undefined || topic !== 'instance' || subject !== followed.id) return false
    return typeof details['server'] === 'string' && details['server'] !== followed.log.server
  }

  onLost(settledId: number): void {
    this.#reached = settledId
    this.#resync('away')
  }

  onDatabase(answers: boolean): void {
    this.#stream?.write(formatEvent('database', { answers }))
  }

  beat(): void {
    this.#stream?.dropIfStalled()
    // Nobody is moved on past what they were not told.
    if (this.#stream?.isBehind === false && !this.#isDoubted) this.#stream.write(formatBeat(this.#eventId()))
  }

  /** Takes over who is reading now; nobody any more ends the stream. */
  recognise(actor: Actor | undefined): void {
    if (actor === undefined) return this.end('signed_out')
    const hears = (by: Actor) => `${by.role} ${by.tenant ?? ''} ${by.scopes?.join() ?? '*'}`
    const isOther = hears(actor) !== hears(this.#actor)
    this.#actor = actor
    if (this.#followed !== undefined && !may(actor, 'instance.logs', this.#followed.tenant))
      return this.end('not_allowed')
    if (isOther || this.#isDoubted) this.#resync('rights')
    this.#isDoubted = false
    this.#follower?.hold(false)
  }

  /** Nobody can say whether they still may: what was logged waits. */
  doubt(): void {
    this.#follower?.hold(true)
  }

  end(reason: 'stopping' | 'signed_out' | 'not_allowed' | 'moved'): void {
    if (this.#stream === undefined) this.#response.destroy()
    else this.#stream.end(formatEvent('bye', { reason }))
    this.#events.onClosed()
  }

  leave(): void {
    this.#isLeft = true
    this.#follower?.stop()
    this.#joined?.leave()
  }

  #sendLog(page: { readonly lines: readonly unknown[]; readonly skipped: boolean }): void {
    const { lines, skipped } = page
    this.#stream?.write(formatEvent('log', { instance: this.#followed?.id, lines, skipped }, this.#eventId()))
  }

  #resync(reason: 'slow' | 'away' | 'rights'): void {
    this.#stream?.write(formatEvent('resync', { reason }, this.#eventId()))
  }

  /** What this stream is resumed after. */
  #eventId(change = this.#reached): string {
    const place = this.#follower?.place
    return place === undefined ? String(change) : `${change}~${place}`
  }
}
