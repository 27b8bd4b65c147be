/** The instances of one term: takes plans over, decides them, and answers their workers from memory. */
import type { ServerOrders } from '../domain/server-lease.ts'
import type { ExitReport, Heartbeat, HeartbeatVerdict } from '../domain/worker-contract.ts'
import type { PlannedInstance } from '../services/read-server-plan.ts'
import type { OrchestratorContext } from './context.ts'
import type { DecideContext } from './decide.ts'
import type { FleetContext } from './fleet-context.ts'
import { InstanceRunner } from './instance-runner.ts'
import { heartbeatMsOf } from './launch-worker.ts'
import { Observations } from './observations.ts'
import { Semaphore } from './semaphore.ts'
import { isOlderThanWorker, type Slot, type Worker, type WorkerClaimant } from './slot.ts'
import type { Standby } from './standby.ts'
import type { Term } from './term.ts'

const settleLookMs = 200
const busyLookMs = 250
const calmLookMs = 1000
/** What just runs or rests. */
const calmKinds = ['idle', 'resting', 'live']

export interface FleetParts {
  readonly term: Term
  readonly standby: Standby
  readonly orders: ServerOrders
  /** Asks the loop for a fresh plan soon. */
  readonly wake: () => void
}

export class Fleet {
  readonly #context: OrchestratorContext
  readonly #shared: FleetContext
  readonly #observations: Observations
  readonly #starts: Semaphore
  readonly #connects: Semaphore
  readonly #runners = new Map<string, InstanceRunner>()
  readonly #busy = new Set<Promise<void>>()
  readonly #heartbeatLimitMs: number
  #orders: ServerOrders
  #isPlanned = false
  #closing = false
  #left = false
  /** Monotonic time at which we were last seen to run. */
  #awakeAtMs: number

  constructor(context: OrchestratorContext, parts: FleetParts) {
    this.#context = context
    this.#orders = parts.orders
    this.#observations = new Observations(context, parts.term.serverEpoch)
    this.#starts = new Semaphore(context.settings.START_CONCURRENCY)
    this.#connects = new Semaphore(context.settings.WHATSAPP_CONNECT_CONCURRENCY)
    this.#heartbeatLimitMs = heartbeatMsOf(context.settings) * 3.5
    this.#awakeAtMs = context.clock.monotonicMs()
    this.#shared = {
      orchestrator: context,
      term: parts.term,
      observations: this.#observations,
      standby: parts.standby,
      starts: this.#starts,
      connects: this.#connects,
      wake: parts.wake,
      decideAll: () => this.decideAll(),
      isClosing: () => this.#closing,
      portsBut: (id) => this.#portsBut(id),
      track: (work) => this.#track(work),
    }
    parts.standby.fillWhen(() => this.#isPlanned && !this.#closing && this.#starts.taken === 0)
  }

  /** Takes over a fresh plan; `readAtMs` is the monotonic time before it was asked for. */
  setPlan(plan: readonly PlannedInstance[], readAtMs: number): void {
    const planned = new Map(plan.map((instance) => [instance.id, instance]))
    for (const instance of plan) {
      if (!this.#runners.has(instance.id)) this.#runners.set(instance.id, new InstanceRunner(this.#shared, instance))
    }
    for (const [id, runner] of this.#runners) {
      if (isOlderThanWorker(runner.slot, readAtMs)) this.#shared.wake()
      else runner.plan(planned.get(id), readAtMs)
      if (!planned.has(id) && runner.slot.kind === 'idle') this.#runners.delete(id)
    }
    this.#isPlanned = true
    void this.#observations.flush()
  }

  setOrders(orders: ServerOrders): void {
    if (orders.draining !== this.#orders.draining) {
      const words = orders.draining ? 'draining: nothing new is started' : 'no longer draining'
      this.#context.log.info({ ...orders }, words)
    }
    this.#orders = orders
  }

  /** Decides every instance once, from memory; effects run on by themselves. */
  decideAll(): void {
    if (this.#left) return
    const nowMs = this.#context.clock.monotonicMs()
    this.#forgiveStall(nowMs)
    let seats = this.#orders.capacity - this.#count((slot) => slot.kind !== 'idle' && slot.kind !== 'resting')
    for (const runner of this.#runners.values()) {
      const before = runner.slot.kind
      runner.decide(this.#decideContext(nowMs, seats > 0))
      if (before === 'idle' && runner.slot.kind !== 'idle') seats -= 1
    }
  }

  /** When to decide again by the clock alone: what is on its way is looked at often, what just runs or rests seldom. */
  nextDecisionInMs(): number {
    const isBusy = this.#count((slot) => !calmKinds.includes(slot.kind)) > 0
    return isBusy ? busyLookMs : Math.max(busyLookMs, Math.min(calmLookMs, this.#heartbeatLimitMs / 4))
  }

  /** Monotonic time of the next subscription that ends here, until its status says so; infinite when none does. */
  nextExpiryAtMs(): number {
    return Math.min(...[...this.#runners.values()].map((runner) => runner.expiresAtMs))
  }

  /** Open requests to pair whose time is over by our clock. */
  overdueRequests(nowMs: number): number[] {
    return [...this.#runners.values()].flatMap((runner) => runner.overdueRequest(nowMs) ?? [])
  }

  /** The live workers, for sampling. */
  liveWorkers(): Worker[] {
    return [...this.#runners.values()].flatMap(({ slot }) => (slot.kind === 'live' ? [slot.worker] : []))
  }

  /** Instances with a worker here; of these tenants only, where they are given. */
  speaking(tenants?: ReadonlySet<string>): string[] {
    return [...this.#runners.values()].flatMap(({ id, slot, tenant }) =>
      slot.kind === 'live' && (tenants === undefined || (tenant !== undefined && tenants.has(tenant))) ? [id] : [],
    )
  }

  noteMemory(worker: Worker, memoryBytes: number): void {
    this.#runners.get(worker.instanceId)?.noteMemory(worker, memoryBytes)
  }

  /** Room for bots of other servers; 0 while this one takes none. */
  room(): number {
    if (this.#orders.draining || this.#closing || !this.#isPlanned) return 0
    const wanted = this.#count((slot) => slot.kind !== 'idle')
    return Math.max(0, this.#orders.capacity - wanted - this.homeless().length)
  }

  /** Floating bots that should run and have no seat here: ids, or all of them while draining. */
  homeless(): string[] {
    return [...this.#runners.values()].filter((runner) => runner.isFloatingWithoutSeat).map((runner) => runner.id)
  }

  get draining(): boolean {
    return this.#orders.draining
  }

  heartbeat(claimant: WorkerClaimant, heartbeat: Heartbeat): HeartbeatVerdict {
    // What came while we were stalled is read before any timer runs.
    this.#forgiveStall(this.#context.clock.monotonicMs())
    const runner = this.#runners.get(claimant.instanceId)
    if (runner !== undefined) return runner.heartbeat(claimant, heartbeat)
    // Before the first plan nobody knows whose worker it is.
    return this.#isPlanned ? { kind: 'fenced' } : { kind: 'wait' }
  }

  reportExit(claimant: WorkerClaimant, report: ExitReport): boolean {
    return this.#runners.get(claimant.instanceId)?.reportExit(claimant, report) ?? false
  }

  lifelineClosed(claimant: WorkerClaimant): void {
    this.#runners.get(claimant.instanceId)?.lifelineClosed(claimant)
  }

  /** Ends every worker and waits until all are gone; starts nothing any more. */
  async endAll(reason: 'shutdown' | 'lease_lost'): Promise<void> {
    this.#close()
    const isOpen = (slot: Slot) => slot.kind === 'live' || slot.kind === 'ending' || slot.kind === 'launching'
    do {
      const nowMs = this.#context.clock.monotonicMs()
      for (const runner of this.#runners.values()) runner.endFor(reason, nowMs)
      await this.#settled()
    } while (this.#busy.size > 0 || this.#count(isOpen) > 0)
    if (reason === 'shutdown') await this.#observations.flush()
  }

  /** Leaves every worker running for the next supervisor of this name; starts in flight are finished first. */
  async leaveAll(): Promise<void> {
    this.#close()
    while (this.#count((slot) => slot.kind === 'launching' || slot.kind === 'releasing') > 0) await this.#settled()
    this.#left = true
    for (const runner of this.#runners.values()) runner.leave()
    await this.#observations.flush()
  }

  /** Nothing is started any more: who waits for a permit sees that now. */
  #close(): void {
    this.#closing = true
    this.#connects.letAllIn()
  }

  async #settled(): Promise<void> {
    await Promise.race([...this.#busy, new Promise((resolve) => setTimeout(resolve, settleLookMs))])
  }

  #decideContext(nowMs: number, hasRoom: boolean): DecideContext {
    const { server, settings } = this.#context
    const { draining, drainPinned, capacity } = this.#orders
    return {
      server,
      nowMs,
      mayStart: !this.#closing && this.#shared.term.lease.isCertain(),
      draining,
      stopsPinned: draining && drainPinned === 'stop',
      capacity,
      hasRoom,
      heartbeatLimitMs: this.#heartbeatLimitMs,
      startTimeoutMs: settings.START_TIMEOUT_SECONDS * 1000,
      pollLimitMs: settings.POLL_STUCK_SECONDS * 1000,
      memoryLimitBytes: settings.WORKER_MEMORY_MB * 1024 * 1024,
    }
  }

  /** A supervisor that was itself stalled judges nobody by the time it slept. */
  #forgiveStall(nowMs: number): void {
    const sleptMs = nowMs - this.#awakeAtMs
    this.#awakeAtMs = nowMs
    if (sleptMs < this.#heartbeatLimitMs / 2) return
    for (const runner of this.#runners.values()) runner.forgiveStall(nowMs)
  }

  #count(matches: (slot: Slot) => boolean): number {
    return [...this.#runners.values()].filter((runner) => matches(runner.slot)).length
  }

  #portsBut(id: string): Set<number> {
    const ports = [...this.#runners.values()].flatMap((other) =>
      other.id === id || other.port === null ? [] : [other.port],
    )
    return new Set(ports)
  }

  #track(work: Promise<void>): void {
    const tracked = work.catch((error: unknown) => this.#context.log.error({ error }, 'fleet work failed'))
    this.#busy.add(tracked)
    void tracked.finally(() => this.#busy.delete(tracked))
  }
}
