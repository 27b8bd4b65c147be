/**
 * A supervisor of the lease model: takes a name, renews it, and places floating bots, with the real services and after
 * the same questions as orchestrator/take-name.ts, server-lease.ts, supervisor.ts and placement.ts.
 */
import { expect } from 'vitest'
import { formatProcessIdentity, type ProcessIdentity } from '../../../domain/process-identity.ts'
import { beatStillMs, type RenewVerdict, type TakeVerdict } from '../../../domain/server-lease.ts'
import { freeServerName } from '../../../services/free-server-name.ts'
import { moveFloatingAway } from '../../../services/move-floating-away.ts'
import { type OtherServer, readOtherServers } from '../../../services/read-other-servers.ts'
import { renewServerLease } from '../../../services/renew-server-lease.ts'
import { takeOverInstances } from '../../../services/take-over-instances.ts'
import { takeServerName } from '../../../services/take-server-name.ts'
import { Courier } from './courier.ts'
import { capacity, type ServerName } from './model-database.ts'
import { OpenTerm } from './open-term.ts'
import type { SimulatedWorker } from './worker.ts'
import type { World } from './world.ts'

export class SimulatedSupervisor {
  readonly server: ServerName
  readonly host: number
  /** The time to live that it was set to: servers may change theirs. */
  readonly ttlMs: number
  readonly courier: Courier
  readonly #world: World
  readonly #identity: ProcessIdentity
  #term: OpenTerm | undefined
  #watched: { beat: number; sinceMs: number; leaseTtlMs: number } | undefined
  /** Workers of a lost term: they must be gone before the name may be taken anew. */
  #leftovers: SimulatedWorker[] = []

  constructor(world: World, given: { server: ServerName; host: number; ttlMs: number }) {
    this.#world = world
    this.server = given.server
    this.host = given.host
    this.ttlMs = given.ttlMs
    this.#identity = world.newIdentity(given.host)
    this.courier = new Courier(world, given.server, formatProcessIdentity(this.#identity))
  }

  get isActive(): boolean {
    return this.courier.isAlive && !this.courier.isStalled
  }

  get term(): Readonly<OpenTerm> | undefined {
    return this.#term
  }

  die(): void {
    this.courier.die()
    this.#term?.fleet.endNameless()
    if (this.#term !== undefined) this.#term.isOver = true
    this.#world.noteDeath(this.#identity)
  }

  async take(): Promise<void> {
    if (this.#term !== undefined || this.courier.isWaiting) return
    if (this.#leftovers.some((worker) => !worker.hasEnded)) {
      for (const worker of this.#leftovers) worker.hasEnded = true
      return
    }
    const sentAtMs = this.#world.nowMs
    const watched = this.#watched
    const watchedMs = watched === undefined ? 0 : sentAtMs - watched.sinceMs
    const stood = watched !== undefined && watchedMs > beatStillMs(Math.max(this.ttlMs, watched.leaseTtlMs))
    await this.courier.send({
      run: async () => {
        const held = (await this.#world.database.leases()).filter((row) => row.phase === 'held')
        const verdict = await this.#world.database.transaction((tx) =>
          takeServerName(tx, {
            server: this.server,
            ttlMs: this.ttlMs,
            capacity,
            url: null,
            version: 'test',
            holder: formatProcessIdentity(this.#identity),
            stillBeat: stood ? watched.beat : null,
            isProvablyDead: (holder) => this.#world.isProvablyDead(this.host, holder),
          }),
        )
        if (verdict.kind === 'taken') await this.#checkTaken(held.filter((row) => row.server === this.server))
        return verdict
      },
      answered: (verdict) => this.#taken(verdict, { sentAtMs, watchedMs: stood ? watchedMs : 0 }),
      lost: () => {},
    })
  }

  async renew(): Promise<void> {
    const term = this.#term
    if (term === undefined || term.isRenewing) return
    const sentAtMs = this.#world.nowMs
    if (sentAtMs >= term.heldUntilMs) return this.#endTerm(term)
    const { server, ttlMs } = this
    const { serverEpoch, written } = term
    const expectedClockMs = written.clockMs + sentAtMs - written.sentAtMs
    term.isRenewing = true
    await this.courier.send({
      run: () =>
        this.courier.fenced(serverEpoch, { alsoWhenLapsed: true }, () =>
          renewServerLease(this.#world.database, { server, serverEpoch, ttlMs, expectedClockMs }),
        ),
      answered: (verdict) => this.#renewed(term, verdict, sentAtMs),
      lost: () => {
        term.isRenewing = false
        term.isAnswered = false
      },
    })
  }

  readPlan(): Promise<void> {
    return this.#term?.fleet.readPlan() ?? Promise.resolve()
  }

  decide(): Promise<void> {
    return this.#term?.fleet.decideAll() ?? Promise.resolve()
  }

  hear(worker: SimulatedWorker): Promise<void> {
    return this.#term?.fleet.hear(worker) ?? Promise.resolve()
  }

  async place(): Promise<void> {
    const term = this.#term
    if (term === undefined) return
    const others = await readOtherServers(this.#world.database, this.server)
    for (const other of term.beats.stillOnes(others, this.#world.nowMs)) {
      if (!term.isCertain()) return
      await this.#takeOver(term, other)
    }
    await this.#handOver(term)
  }

  /** Ends in order. Without `keepWorkers` its workers end first; what it cannot see keeps the name from being freed. */
  async leave(options: { keepWorkers: boolean }): Promise<void> {
    const term = this.#term
    if (term !== undefined && !options.keepWorkers) {
      await term.fleet.endAll()
      const { server } = this
      if (!(await freeServerName(this.#world.database, { server, serverEpoch: term.serverEpoch }))) return
      const left = (await this.#world.database.leases()).filter((row) => row.server === server && row.phase !== 'idle')
      expect(left, `${server} is free`).toEqual([])
    }
  }

  /** Every worker of the earlier term is to be adopted, until its own bound. */
  async #checkTaken(held: readonly { instanceId: string }[]): Promise<void> {
    for (const row of await this.#world.database.leases()) {
      if (!held.some(({ instanceId }) => instanceId === row.instanceId)) continue
      expect(row, `${this.server} is taken`).toMatchObject({ phase: 'adopting', isBounded: true })
    }
  }

  #taken(verdict: TakeVerdict, facts: { sentAtMs: number; watchedMs: number }): void {
    const nowMs = this.#world.nowMs
    if (verdict.kind === 'held') this.#watched = undefined
    if (verdict.kind === 'watch_beat' && this.#watched?.beat !== verdict.beat) {
      this.#watched = { beat: verdict.beat, sinceMs: nowMs, leaseTtlMs: verdict.leaseTtlMs ?? this.ttlMs }
    }
    if (verdict.kind !== 'taken') return
    this.#watched = undefined
    this.#term = new OpenTerm(this.#world, this, { ...verdict, ...facts })
  }

  #renewed(term: OpenTerm, verdict: RenewVerdict, sentAtMs: number): void {
    term.isRenewing = false
    if (term.isOver) return
    if (verdict.kind === 'lost') return this.#endTerm(term)
    term.heldUntilMs = sentAtMs + this.ttlMs
    term.written = { clockMs: verdict.clockMs, sentAtMs }
    term.isAnswered = true
    term.orders = verdict.orders
  }

  /** The workers are told to end and do so later; nothing is written. */
  #endTerm(term: OpenTerm): void {
    term.isOver = true
    this.#term = undefined
    this.#leftovers = term.fleet.ownWorkers({ alsoAdopting: false })
  }

  async #takeOver(term: OpenTerm, other: OtherServer & { stillMs: number }): Promise<void> {
    const { serverEpoch } = term
    const room = term.fleet.room()
    const input = {
      server: this.server,
      serverEpoch,
      from: other.name,
      stillBeat: other.beat,
      stillMs: other.stillMs,
      room,
    }
    const { database } = this.#world
    await this.courier.send({
      run: () =>
        this.courier.fenced(serverEpoch, { alsoWhenLapsed: false }, async () => {
          const before = await database.assignments()
          const { serverEpoch: lateEpoch } = await database.standingOf(other.name)
          const ids = await database.transaction((tx) => takeOverInstances(tx, input))
          if (ids.length > 0) await this.#renewLate(other.name, lateEpoch)
          for (const id of ids) {
            expect(this.#world.receiving(id).length, `${this.server} takes ${id}, which runs at ${other.name}`).toBe(0)
          }
          const gained = before.filter(({ id, server }) => ids.includes(id) && server !== this.server)
          if (gained.length > 0) this.#world.reach('taken over')
          if (ids.length > gained.length) this.#world.reach('let go late')
          expect(gained.length, `${this.server} has room for ${room}`).toBeLessThanOrEqual(room)
          expect(gained.every(({ placement }) => placement === 'floating')).toBe(true)
        }),
      answered: () => {},
      lost: () => {},
    })
  }

  /** A renewal that the other server sent while its lease ran, and that arrives only now. */
  async #renewLate(server: string, serverEpoch: number): Promise<void> {
    const renewal = { server, serverEpoch, ttlMs: this.ttlMs, expectedClockMs: 0 }
    expect(await renewServerLease(this.#world.database, renewal), `${server} renews after all`).toEqual({
      kind: 'lost',
    })
  }

  async #handOver(term: OpenTerm): Promise<void> {
    const homeless = term.fleet.homeless()
    const { draining } = term.orders
    if (!term.isCertain() || (!draining && homeless.length === 0)) return
    const { serverEpoch } = term
    const { database } = this.#world
    const input = { server: this.server, serverEpoch, ids: draining ? ('all' as const) : homeless }
    await this.courier.send({
      run: () =>
        this.courier.fenced(serverEpoch, { alsoWhenLapsed: false }, async () => {
          const before = await database.assignments()
          const moved = await database.transaction((tx) => moveFloatingAway(tx, input))
          if (moved.length > 0) this.#world.reach('handed over')
          for (const { id, server } of (await database.assignments()).filter((bot) => moved.includes(bot.id))) {
            const standing = await database.standingOf(server)
            expect(standing, `${id} goes to ${server}`).toMatchObject({ isHeld: true, isDraining: false })
            expect(before.find((bot) => bot.id === id)?.placement).toBe('floating')
          }
        }),
      answered: () => {},
      lost: () => {},
    })
  }
}
