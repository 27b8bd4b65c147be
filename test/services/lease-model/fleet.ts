/**
 * The instances of one term, as orchestrator/fleet.ts and instance-runner.ts keep them: what is pure there (`decide`,
 * `adoptingSlotOf`) is used as it is, the services are the real ones, only processes and the gateway are simulated.
 */
import { expect } from 'vitest'
import { formatProcessIdentity } from '../../../domain/process-identity.ts'
import type { ServerOrders } from '../../../domain/server-lease.ts'
import { adoptingSlotOf } from '../../../orchestrator/adoptable-worker.ts'
import { type Action, type DecideContext, decide } from '../../../orchestrator/decide.ts'
import { isHeldBy, liveSlot, type Slot, type Worker } from '../../../orchestrator/slot.ts'
import { adoptInstance } from '../../../services/adopt-instance.ts'
import { claimInstance } from '../../../services/claim-instance.ts'
import { type PlannedInstance, readServerPlan } from '../../../services/read-server-plan.ts'
import { recordInstanceState } from '../../../services/record-instance-state.ts'
import { releaseInstance } from '../../../services/release-instance.ts'
import type { Courier } from './courier.ts'
import { bots, type ServerName } from './model-database.ts'
import { SimulatedWorker } from './worker.ts'
import type { World } from './world.ts'

const graceMs = 3000

/** One holding of the name, as far as its instances are concerned. */
export interface Term {
  readonly server: ServerName
  readonly host: number
  readonly serverEpoch: number
  readonly takenAtMs: number
  readonly earlierTtlMs: number
  readonly watchedMs: number
  readonly courier: Courier
  orders: ServerOrders
  isOver: boolean
  leaseLeftMs(): number
  isCertain(): boolean
}

export class SimulatedFleet {
  readonly #world: World
  readonly #term: Term
  readonly #slots = new Map<string, Slot>()
  readonly #launched: SimulatedWorker[] = []
  readonly #noted = new Map<string, string>()
  #planned: Map<string, PlannedInstance> | undefined

  constructor(world: World, term: Term) {
    this.#world = world
    this.#term = term
  }

  async readPlan(): Promise<void> {
    const { instances } = await readServerPlan(this.#world.database, this.#term.server)
    this.#planned = new Map(instances.map((instance) => [instance.id, this.#asSeenFromHere(instance)]))
    for (const [id, planned] of this.#planned) {
      const slot = this.#slots.get(id) ?? { kind: 'idle' }
      this.#slots.set(id, this.#noticeWorker(planned, slot))
    }
    for (const [id, slot] of this.#slots) if (!this.#planned.has(id) && slot.kind === 'idle') this.#slots.delete(id)
  }

  async decideAll(): Promise<void> {
    await this.#noticeDeaths()
    let seats = this.#term.orders.capacity - this.#count((slot) => slot.kind !== 'idle' && slot.kind !== 'resting')
    for (const [id, slot] of this.#slots) {
      await this.#carryOut(id, slot, decide(this.#planned?.get(id), slot, this.#decideContext(seats > 0)))
      if (slot.kind === 'idle' && this.#slots.get(id)?.kind !== 'idle') seats -= 1
    }
  }

  /** A heartbeat: time, or nothing yet, or the end. */
  async hear(worker: SimulatedWorker): Promise<void> {
    const slot = this.#slots.get(worker.instanceId)
    if (slot === undefined) {
      worker.hasEnded = this.#planned !== undefined
      return
    }
    if (slot.kind === 'launching') return
    if (slot.kind === 'adopting') return this.#hearAdopting(slot, worker)
    if (!isHeldBy(slot, worker)) {
      worker.hasEnded = true
      return
    }
    worker.extend(this.#world.nowMs, Math.floor(this.#term.leaseLeftMs()))
    if (slot.kind === 'live') await this.#note(worker.instanceId, 'running')
  }

  /** Room for bots of other servers; 0 while this one takes none. */
  room(): number {
    if (this.#term.orders.draining || this.#planned === undefined) return 0
    const wanted = this.#count((slot) => slot.kind !== 'idle')
    return Math.max(0, this.#term.orders.capacity - wanted - this.homeless().length)
  }

  homeless(): string[] {
    return [...this.#slots].flatMap(([id, slot]) => {
      const { status, desired, placement } = this.#planned?.get(id) ?? {}
      const isHomeless = status === 'approved' && desired === 'running' && placement === 'floating'
      return slot.kind === 'idle' && isHomeless ? [id] : []
    })
  }

  /** Ends and releases what it can prove to be gone: a stop in order. */
  async endAll(): Promise<void> {
    for (const worker of this.ownWorkers({ alsoAdopting: true })) worker.hasEnded = true
    await this.#noticeDeaths()
  }

  ownWorkers(options: { alsoAdopting: boolean }): SimulatedWorker[] {
    return [...this.#slots.values()].flatMap((slot) => {
      const isOwn = slot.kind === 'live' || slot.kind === 'ending' || (options.alsoAdopting && slot.kind === 'adopting')
      const worker = isOwn ? this.#simulated(slot.worker) : undefined
      return worker === undefined ? [] : [worker]
    })
  }

  isLive(worker: SimulatedWorker): boolean {
    const slot = this.#slots.get(worker.instanceId)
    return slot?.kind === 'live' && isHeldBy(slot, worker)
  }

  /** The stdin of what has no name yet closes with its supervisor. */
  endNameless(): void {
    for (const worker of this.#launched) worker.hasEnded ||= !worker.isNamed
  }

  #asSeenFromHere(planned: PlannedInstance): PlannedInstance {
    const process = this.#world.seenFrom(this.#term.host, planned.lease.process)
    return { ...planned, lease: { ...planned.lease, process } }
  }

  #noticeWorker(planned: PlannedInstance, slot: Slot): Slot {
    const isFree = slot.kind === 'idle' || slot.kind === 'resting' || slot.kind === 'backoff'
    const { lease } = planned
    if (!isFree || lease.phase === 'idle' || lease.serverName !== this.#term.server) return slot
    const adopting = adoptingSlotOf(this.#term, planned, this.#world.nowMs)
    adopting.worker?.leave()
    return adopting
  }

  async #hearAdopting(slot: Extract<Slot, { kind: 'adopting' }>, worker: SimulatedWorker): Promise<void> {
    if (slot.worker === undefined && slot.epoch === worker.epoch) return
    const known = slot.worker
    if (known === undefined || known.epoch !== worker.epoch || known.nonce !== worker.nonce) {
      worker.hasEnded = true
      return
    }
    if (known.identity.pid !== worker.identity.pid || slot.isClaimed) return
    slot.isClaimed = true
    const { server, serverEpoch, courier } = this.#term
    await courier.send({
      run: () =>
        courier.fenced(serverEpoch, { alsoWhenLapsed: false }, async () => {
          const { instanceId, epoch, nonce } = worker
          const isOurs = await adoptInstance(this.#world.database, { instanceId, epoch, nonce, server, serverEpoch })
          if (isOurs) this.#world.reach('adopted')
          await (isOurs ? this.#checkAdopted(worker) : this.#checkNotAdopted(worker))
          return isOurs
        }),
      answered: (isOurs) => {
        slot.isClaimed = false
        if (!isOurs || this.#slots.get(worker.instanceId) !== slot) return
        this.#slots.set(worker.instanceId, liveSlot(known, this.#world.nowMs))
      },
      lost: () => {
        slot.isClaimed = false
      },
    })
  }

  /** The newest worker, of this host, and the row says what its token says. */
  async #checkAdopted({ instanceId, epoch, nonce, identity }: SimulatedWorker): Promise<void> {
    const lease = await this.#world.database.leaseOf(instanceId)
    const process = formatProcessIdentity(identity)
    expect(lease, `adopted: ${instanceId}`).toMatchObject({ epoch, nonce, process, phase: 'held' })
    expect(this.#world.seenFrom(this.#term.host, process), 'adopted from another host').not.toBe(process)
  }

  /** Refused only to a term that is over, or when the row is not that worker's any more: else it would die for nothing. */
  async #checkNotAdopted({ instanceId, epoch, nonce }: SimulatedWorker): Promise<void> {
    const { server, serverEpoch } = this.#term
    const standing = await this.#world.database.standingOf(server)
    if (standing.serverEpoch !== serverEpoch || !standing.isHeld) return
    const lease = await this.#world.database.leaseOf(instanceId)
    if (lease?.phase === 'idle') return
    expect(lease, `not adopted: ${instanceId}`).not.toMatchObject({ epoch, nonce, server_name: server })
  }

  async #noticeDeaths(): Promise<void> {
    for (const [id, slot] of this.#slots) {
      if (slot.kind !== 'live' && slot.kind !== 'ending' && slot.kind !== 'adopting') continue
      if (slot.worker === undefined || this.#simulated(slot.worker)?.hasEnded !== true) continue
      const asAsked = slot.kind === 'ending' && slot.reason !== 'not_reporting'
      await this.#release(id, slot.worker.epoch, asAsked ? { kind: 'idle' } : { kind: 'backoff', untilMs: 0 })
    }
  }

  #simulated(worker: Worker | undefined): SimulatedWorker | undefined {
    return worker === undefined ? undefined : this.#world.workerOf(worker.instanceId, worker.epoch)
  }

  async #carryOut(id: string, slot: Slot, action: Action): Promise<void> {
    switch (action.kind) {
      case 'none':
        return
      case 'start':
        return this.#start(id, slot)
      case 'hold':
        return this.#note(id, 'stopped')
      case 'end':
        if (slot.kind === 'live' || slot.kind === 'adopting') await this.#end(id, slot.worker, action.reason)
        return
      case 'kill':
        for (const worker of this.#workersOf(slot)) worker.hasEnded = true
        return
      case 'settle':
        this.#slots.set(id, { kind: 'idle' })
        return this.#note(id, 'stopped')
      case 'release_unseen':
        if (slot.kind === 'adopting') await this.#release(id, slot.epoch, { kind: 'idle' })
        return
      default:
        throw new Error(`unknown action ${JSON.stringify(action satisfies never)}`)
    }
  }

  #workersOf(slot: Slot): SimulatedWorker[] {
    const worker = slot.kind === 'ending' ? this.#simulated(slot.worker) : undefined
    return worker === undefined ? [] : [worker]
  }

  async #start(id: string, before: Slot): Promise<void> {
    const { server, serverEpoch, host, courier, orders } = this.#term
    // A bot that ran here goes on; nothing else begins.
    if (before.kind === 'idle') expect(orders.draining, `${id} starts on ${server}, which drains`).toBe(false)
    this.#slots.set(id, { kind: 'launching' })
    await this.#note(id, 'starting')
    const identity = this.#world.newIdentity(host)
    const port = 4001 + bots.findIndex((bot) => bot.id === id)
    const input = { instanceId: id, server, serverEpoch, process: formatProcessIdentity(identity), port }
    const claim = () => this.#world.database.transaction((tx) => claimInstance(tx, input))
    let worker: SimulatedWorker | undefined
    await courier.send({
      run: async () => {
        const claimed = await courier.fenced(serverEpoch, { alsoWhenLapsed: false }, claim)
        if (claimed === undefined) return
        worker = new SimulatedWorker({ ...claimed, instanceId: id, identity, server })
        this.#world.reach('claimed')
        worker.hasEnded = !courier.isAlive
        this.#launched.push(worker)
        await this.#checkClaimed(worker)
        this.#world.workers.push(worker)
      },
      answered: () => this.#launch(id, worker),
      lost: () => this.#discard(id, worker),
      late: () => {
        if (worker !== undefined) worker.hasEnded = true
      },
    })
  }

  #launch(id: string, worker: SimulatedWorker | undefined): void {
    if (worker === undefined || this.#term.isOver) return this.#discard(id, worker)
    worker.isNamed = true
    const { instanceId, epoch, nonce, identity } = worker
    const known: Worker = {
      instanceId,
      epoch,
      nonce,
      identity,
      platform: 'telegram',
      port: 0,
      ended: new Promise(() => {}),
      namedAtMs: undefined,
      hint: () => {},
      leave: () => {},
    }
    this.#slots.set(id, liveSlot(known, this.#world.nowMs))
    const planned = this.#planned?.get(id)
    if (planned !== undefined) this.#planned?.set(id, { ...planned, restartDone: planned.restartRequested })
  }

  /** The outcome is unknown, or nobody wants it any more: the process ends without a name. */
  #discard(id: string, worker: SimulatedWorker | undefined): void {
    if (worker !== undefined) worker.hasEnded = true
    this.#slots.set(id, { kind: 'idle' })
  }

  /** As the claim stands, nobody else can run, and the bot is wanted here. */
  async #checkClaimed({ instanceId, epoch, server }: SimulatedWorker): Promise<void> {
    const others = this.#world.receiving(instanceId).map((other) => `epoch ${other.epoch} of ${other.server}`)
    expect(others, `still running as ${server} claims epoch ${epoch} of ${instanceId}`).toEqual([])
    const assigned = (await this.#world.database.assignments()).find(({ id }) => id === instanceId)
    expect(assigned, `claimed: ${instanceId}`).toMatchObject({ server, desired: 'running' })
  }

  async #end(
    id: string,
    worker: Worker | undefined,
    reason: Extract<Action, { kind: 'end' }>['reason'],
  ): Promise<void> {
    if (worker === undefined) return
    const killed = reason === 'not_reporting'
    const killAtMs = this.#world.nowMs + graceMs
    this.#slots.set(id, { kind: 'ending', worker, reason, words: reason, killAtMs, killed })
    const simulated = this.#simulated(worker)
    const place = simulated === undefined ? '' : formatProcessIdentity(simulated.identity)
    expect(this.#world.seenFrom(this.#term.host, place), `${id} is signalled on another host`).not.toBe(place)
    if (killed && simulated !== undefined) simulated.hasEnded = true
    if (reason !== 'moved') await this.#note(id, 'stopping')
  }

  /** Again and again until the database answers or the time is up. */
  async #release(instanceId: string, epoch: number, next: Slot): Promise<void> {
    const { server, serverEpoch, courier } = this.#term
    this.#slots.set(instanceId, { kind: 'releasing' })
    await courier.send({
      run: () =>
        courier.fenced(serverEpoch, { alsoWhenLapsed: true }, async () => {
          const receiving = this.#world.receiving(instanceId).map((other) => other.epoch)
          const isReleased = await releaseInstance(this.#world.database, { instanceId, epoch, server, serverEpoch })
          if (isReleased) this.#world.reach('released')
          if (isReleased) expect(receiving, `released: ${instanceId}`).toEqual([])
        }),
      answered: () => {
        this.#slots.set(instanceId, next)
      },
      lost: () => {
        if (this.#term.leaseLeftMs() > 0) return this.#release(instanceId, epoch, next)
        this.#slots.set(instanceId, next)
        return undefined
      },
    })
  }

  /** The observed state, which others judge by. */
  async #note(instanceId: string, state: 'starting' | 'running' | 'stopping' | 'stopped'): Promise<void> {
    if (this.#noted.get(instanceId) === state) return
    this.#noted.set(instanceId, state)
    const { server, serverEpoch, courier } = this.#term
    const observed = { state, lastError: null, attempt: 0, nextTryInMs: null, restartsDelta: 0 }
    await courier.send({
      run: () =>
        courier.fenced(serverEpoch, { alsoWhenLapsed: false }, () =>
          recordInstanceState(this.#world.database, { instanceId, server, serverEpoch, observed }),
        ),
      answered: () => {},
      lost: () => {},
    })
  }

  #decideContext(hasRoom: boolean): DecideContext {
    const { server, orders } = this.#term
    return {
      server,
      nowMs: this.#world.nowMs,
      mayStart: this.#term.isCertain(),
      draining: orders.draining,
      stopsPinned: orders.draining && orders.drainPinned === 'stop',
      capacity: orders.capacity,
      hasRoom,
      // Hanging workers are not this model's concern.
      heartbeatLimitMs: Number.POSITIVE_INFINITY,
      startTimeoutMs: Number.POSITIVE_INFINITY,
      pollLimitMs: Number.POSITIVE_INFINITY,
      memoryLimitBytes: Number.POSITIVE_INFINITY,
    }
  }

  #count(matches: (slot: Slot) => boolean): number {
    return [...this.#slots.values()].filter(matches).length
  }
}
