/**
 * The workers of one term: carries out what `decide` says, one instance at a time, and answers their heartbeats from
 * memory. Owns the invariant that an instance has at most one worker here: a slot leaves `live` or `ending` only when
 * its process is provably gone and its lease row is released.
 */
import { Failure } from '../domain/failure.ts'
import { restingStates } from '../domain/instance.ts'
import { judgeCrash, noCrashes, type RestartLimits } from '../domain/restart-policy.ts'
import type { ExitReport, Heartbeat, HeartbeatAnswer } from '../domain/worker-contract.ts'
import { signalProcess } from '../runtime/process-identity.ts'
import type { PlannedInstance } from '../services/read-server-plan.ts'
import { recordWorkerEvent, type WorkerEvent } from '../services/record-worker-event.ts'
import { releaseInstance } from '../services/release-instance.ts'
import type { OrchestratorContext } from './context.ts'
import { type Action, decide } from './decide.ts'
import { untilGone } from './end-process.ts'
import { describeEnd, judgeEnd } from './judge-end.ts'
import { heartbeatMsOf, launchWorker } from './launch-worker.ts'
import { Observations } from './observations.ts'
import { endOrphan, orphanSlotOf } from './orphans.ts'
import { Semaphore } from './semaphore.ts'
import type { EndReason, Slot, SlotEntry, Worker, WorkerEnd } from './slot.ts'
import type { Term } from './term.ts'

const startJitterMs = 50

type LiveSlot = Extract<Slot, { kind: 'live' }>

/** Whose heartbeat or report it is, as its token proves. */
export interface WorkerClaimant {
  readonly instanceId: string
  readonly epoch: number
  readonly nonce: string
}

export class Fleet {
  readonly #context: OrchestratorContext
  readonly #term: Term
  readonly #observations: Observations
  readonly #starts: Semaphore
  readonly #permits = new Map<string, () => void>()
  readonly #entries = new Map<string, SlotEntry>()
  readonly #busy = new Set<Promise<void>>()
  readonly #heartbeatLimitMs: number
  #plan = new Map<string, PlannedInstance>()
  #closing = false
  #draining = false
  #decidedAtMs: number
  /** Asks the loop for a fresh plan soon. */
  readonly #wake: () => void

  constructor(context: OrchestratorContext, term: Term, wake: () => void) {
    this.#context = context
    this.#term = term
    this.#wake = wake
    this.#observations = new Observations(context, term.serverEpoch)
    this.#starts = new Semaphore(context.settings.START_CONCURRENCY)
    this.#heartbeatLimitMs = heartbeatMsOf(context.settings) * 3.5
    this.#decidedAtMs = context.clock.monotonicMs()
  }

  /** Takes over a fresh plan; `readAtMs` is the monotonic time before it was asked for. */
  setPlan(plan: readonly PlannedInstance[], readAtMs: number): void {
    this.#plan = new Map(plan.map((planned) => [planned.id, planned]))
    for (const planned of plan) {
      const entry = this.#entries.get(planned.id) ?? this.#newEntry(planned)
      entry.expiresAtMs = planned.expiresInMs === null ? readAtMs : readAtMs + planned.expiresInMs
      entry.limits = { rateLimitRps: planned.rateLimitRps, maxConcurrentRequests: planned.maxConcurrentRequests }
      this.#noticeOrphan(planned, entry)
    }
    for (const [id, entry] of this.#entries) {
      if (!this.#plan.has(id) && entry.slot.kind === 'idle') this.#entries.delete(id)
    }
    void this.#observations.flush()
  }

  setDraining(draining: boolean): void {
    if (draining !== this.#draining)
      this.#context.log.info({ draining }, draining ? 'draining: nothing new is started' : 'no longer draining')
    this.#draining = draining
  }

  /** Decides every instance once, from memory; effects run on by themselves. */
  decideAll(): void {
    const nowMs = this.#context.clock.monotonicMs()
    this.#forgiveStall(nowMs)
    const mayStart = !this.#closing && !this.#draining && this.#term.lease.isCertain()
    for (const [id, entry] of this.#entries) {
      const planned = this.#plan.get(id)
      const current = planned === undefined ? undefined : { ...planned, expiresInMs: entry.expiresAtMs - nowMs }
      const action = decide(current, entry.slot, {
        server: this.#context.server,
        nowMs,
        mayStart,
        heartbeatLimitMs: this.#heartbeatLimitMs,
        startTimeoutMs: this.#context.settings.START_TIMEOUT_SECONDS * 1000,
      })
      this.#carryOut(id, entry, action)
    }
  }

  /** Monotonic time of the next subscription that ends here; undefined when none does. */
  nextExpiryAtMs(): number | undefined {
    const times = [...this.#entries.values()].filter((entry) => entry.slot.kind === 'live').map((e) => e.expiresAtMs)
    return times.length === 0 ? undefined : Math.min(...times)
  }

  /** The live workers, for sampling. */
  liveWorkers(): Worker[] {
    return [...this.#entries.values()].flatMap((entry) => (entry.slot.kind === 'live' ? [entry.slot.worker] : []))
  }

  /** Answers a heartbeat from memory: how long the worker may go on. Undefined: it is not ours, it must end. */
  heartbeat(claimant: WorkerClaimant, heartbeat: Heartbeat): HeartbeatAnswer | undefined {
    const entry = this.#entries.get(claimant.instanceId)
    if (entry === undefined || !holds(entry.slot, claimant)) return undefined
    const nowMs = this.#context.clock.monotonicMs()
    const grantMs = Math.floor(Math.max(0, Math.min(this.#term.lease.leaseLeftMs(), entry.expiresAtMs - nowMs)))
    if (entry.slot.kind === 'ending') return { grantMs, limits: entry.limits, drain: true }
    this.#noteHeartbeat(claimant.instanceId, entry, entry.slot, { heartbeat, nowMs })
    return { grantMs, limits: entry.limits, drain: false }
  }

  /** Keeps a worker's typed reason, which comes before its process ends. */
  reportExit(claimant: WorkerClaimant, report: ExitReport): boolean {
    const entry = this.#entries.get(claimant.instanceId)
    if (entry === undefined || !holds(entry.slot, claimant)) return false
    if (entry.slot.kind === 'live') entry.slot.report = report
    return true
  }

  /** Ends every worker and waits until all are gone; starts nothing any more. */
  async endAll(reason: 'shutdown' | 'lease_lost'): Promise<void> {
    this.#closing = true
    for (const [id, entry] of this.#entries) {
      if (entry.slot.kind === 'live') this.#end(id, entry, entry.slot, reason)
      if (entry.slot.kind === 'orphaned' && reason === 'lease_lost') entry.slot = { kind: 'idle' }
    }
    while (this.#busy.size > 0) {
      await Promise.race([...this.#busy, new Promise((resolve) => setTimeout(resolve, 200))])
      const nowMs = this.#context.clock.monotonicMs()
      for (const [id, entry] of this.#entries) {
        if (entry.slot.kind === 'live') this.#end(id, entry, entry.slot, reason)
        if (entry.slot.kind === 'ending' && nowMs >= entry.slot.killAtMs) this.#kill(entry.slot)
      }
    }
    if (reason === 'shutdown') await this.#observations.flush()
  }

  /** How many slots are not at rest: what `freeServerName` must wait for. */
  get unsettled(): number {
    return [...this.#entries.values()].filter(({ slot }) => slot.kind !== 'idle' && slot.kind !== 'resting').length
  }

  #newEntry(planned: PlannedInstance): SlotEntry {
    const rests = restingStates.includes(planned.state)
    const entry: SlotEntry = {
      slot: rests ? { kind: 'resting', state: planned.state } : { kind: 'idle' },
      history: noCrashes,
      expiresAtMs: 0,
      limits: { rateLimitRps: planned.rateLimitRps, maxConcurrentRequests: planned.maxConcurrentRequests },
    }
    this.#entries.set(planned.id, entry)
    return entry
  }

  /** A lease row that is held while we know no worker for it: one of an earlier term, or a claim of unknown outcome. */
  #noticeOrphan(planned: PlannedInstance, entry: SlotEntry): void {
    const known = entry.slot.kind !== 'idle' && entry.slot.kind !== 'resting' && entry.slot.kind !== 'backoff'
    if (known || planned.lease.phase === 'idle' || planned.lease.serverName !== this.#context.server) return
    entry.slot = orphanSlotOf(this.#context, planned.lease)
    this.#context.log.warn({ instance: planned.id, epoch: planned.lease.epoch }, 'a worker of an earlier supervisor')
  }

  /** A supervisor that was itself stalled judges nobody by the time it slept. */
  #forgiveStall(nowMs: number): void {
    const sleptMs = nowMs - this.#decidedAtMs
    this.#decidedAtMs = nowMs
    if (sleptMs < this.#heartbeatLimitMs / 2) return
    for (const { slot } of this.#entries.values()) if (slot.kind === 'live') slot.heardAtMs = nowMs
  }

  #carryOut(id: string, entry: SlotEntry, action: Action): void {
    switch (action.kind) {
      case 'none':
        return
      case 'start':
        return this.#track(this.#start(id, entry))
      case 'end':
        if (entry.slot.kind === 'live') this.#end(id, entry, entry.slot, action.reason)
        return
      case 'kill':
        if (entry.slot.kind === 'ending') this.#kill(entry.slot)
        return
      case 'settle':
        entry.slot = { kind: 'idle' }
        entry.history = noCrashes
        this.#observations.forget(id)
        return this.#note(id, 'stopped', null)
      case 'end_orphan':
        if (entry.slot.kind === 'orphaned') this.#track(this.#endOrphan(id, entry, entry.slot))
        return
      case 'release_orphan':
        if (entry.slot.kind === 'orphaned') this.#track(this.#release(id, entry, entry.slot.epoch, { kind: 'idle' }))
        return
      default:
        return assertNever(action)
    }
  }

  async #start(id: string, entry: SlotEntry): Promise<void> {
    entry.slot = { kind: 'launching', attempt: entry.history.attempt }
    const release = await this.#starts.acquire()
    this.#permits.set(id, release)
    // A mass start goes out in a trickle: Telegram limits how many bots one address wakes at once.
    if (this.#permits.size > 1) await new Promise((resolve) => setTimeout(resolve, Math.random() * startJitterMs))
    const planned = this.#plan.get(id)
    if (planned === undefined || this.#closing || !this.#term.lease.isCertain()) {
      this.#givePermitBack(id)
      entry.slot = { kind: 'idle' }
      return
    }
    try {
      this.#note(id, 'starting', null)
      const launch = await launchWorker(this.#context, this.#term, planned, this.#portsBut(id))
      if (launch.kind === 'launched') return this.#live(id, entry, launch.worker, planned)
      this.#givePermitBack(id)
      entry.slot = launch.kind === 'refused' ? { kind: 'idle' } : { kind: 'resting', state: 'failed' }
      if (launch.kind === 'unusable') this.#note(id, 'failed', launch.reason)
      else this.#wake()
    } catch (error) {
      this.#givePermitBack(id)
      const reason = error instanceof Failure ? error.message : `could not start: ${String(error)}`
      this.#context.log.error({ instance: id, error }, 'start failed')
      this.#backOff(id, entry, { reason, healthyForMs: 0 })
    }
  }

  #live(id: string, entry: SlotEntry, worker: Worker, planned: PlannedInstance): void {
    const nowMs = this.#context.clock.monotonicMs()
    entry.slot = { kind: 'live', worker, phase: 'starting', heardAtMs: nowMs, readyAtMs: undefined, report: undefined }
    this.#plan.set(id, { ...planned, restartDone: planned.restartRequested, port: worker.port })
    this.#recordEvent(worker, 'worker_started', null, { pid: worker.identity.pid, port: worker.port })
    this.#context.log.info(
      { instance: id, epoch: worker.epoch, pid: worker.identity.pid, port: worker.port },
      'worker started',
    )
    this.#track(worker.ended.then((end) => this.#ended(id, entry, worker, end)))
  }

  #noteHeartbeat(id: string, entry: SlotEntry, slot: LiveSlot, beat: { heartbeat: Heartbeat; nowMs: number }): void {
    slot.heardAtMs = beat.nowMs
    this.#givePermitBack(id)
    const running = beat.heartbeat.phase === 'running' || beat.heartbeat.phase === 'draining'
    if (running) slot.readyAtMs ??= beat.nowMs
    slot.phase = running ? 'running' : 'connecting'
    const healthyForMs = slot.readyAtMs === undefined ? 0 : beat.nowMs - slot.readyAtMs
    if (entry.history !== noCrashes && healthyForMs >= this.#restartLimits().healthyMs) entry.history = noCrashes
    this.#note(id, slot.phase, beat.heartbeat.trouble, { attempt: entry.history.attempt })
  }

  #end(id: string, entry: SlotEntry, slot: LiveSlot, reason: EndReason): void {
    const { worker } = slot
    const killAtMs = this.#context.clock.monotonicMs() + this.#context.settings.GRACE_SECONDS * 1000
    const ending: Slot = { kind: 'ending', worker, reason, killAtMs, killed: false }
    entry.slot = ending
    this.#context.log.info({ instance: id, epoch: worker.epoch, reason }, 'ending worker')
    if (reason !== 'lease_lost') this.#note(id, 'stopping', null)
    if (reason === 'hung') {
      this.#recordEvent(worker, 'worker_hung', 'three heartbeats missed', {})
      this.#kill(ending)
    } else {
      signalProcess(worker.identity, 'SIGTERM')
    }
  }

  #kill(slot: Extract<Slot, { kind: 'ending' }>): void {
    slot.killed = true
    signalProcess(slot.worker.identity, 'SIGKILL')
  }

  async #ended(id: string, entry: SlotEntry, worker: Worker, end: WorkerEnd): Promise<void> {
    await untilGone(worker.identity)
    this.#givePermitBack(id)
    const { slot } = entry
    if (slot.kind === 'ending') {
      const details = { exit_code: end.exitCode, signal: end.signal, asked: slot.reason }
      if (slot.reason === 'lease_lost') entry.slot = { kind: 'idle' }
      else await this.#releaseEnded(id, entry, worker, { slot, details })
      return
    }
    if (slot.kind !== 'live') return
    const verdict = judgeEnd(end, slot.report)
    this.#context.log.warn(
      { instance: id, epoch: worker.epoch, end: describeEnd(end), reason: verdict.reason },
      'worker ended',
    )
    this.#recordEvent(worker, 'worker_ended', verdict.reason, { exit_code: end.exitCode, signal: end.signal })
    const healthyForMs = slot.readyAtMs === undefined ? 0 : this.#context.clock.monotonicMs() - slot.readyAtMs
    if (verdict.kind === 'rest') {
      this.#note(id, verdict.state, verdict.reason)
      await this.#release(id, entry, worker.epoch, { kind: 'resting', state: verdict.state })
      return
    }
    await this.#release(id, entry, worker.epoch, { kind: 'launching', attempt: 0 })
    this.#backOff(id, entry, { reason: verdict.reason, healthyForMs })
  }

  async #releaseEnded(
    id: string,
    entry: SlotEntry,
    worker: Worker,
    { slot, details }: { slot: Extract<Slot, { kind: 'ending' }>; details: Record<string, unknown> },
  ): Promise<void> {
    this.#recordEvent(worker, 'worker_ended', slot.reason, details)
    await this.#release(id, entry, worker.epoch, { kind: 'launching', attempt: 0 })
    if (slot.reason === 'hung' || slot.reason === 'start_timeout') {
      const reason = slot.reason === 'hung' ? 'it hung: three heartbeats missed' : 'it did not report in time'
      return this.#backOff(id, entry, { reason, healthyForMs: 0 })
    }
    entry.slot = { kind: 'idle' }
    entry.history = noCrashes
    this.#note(id, 'stopped', null)
    this.decideAll()
  }

  #backOff(id: string, entry: SlotEntry, crash: { reason: string; healthyForMs: number }): void {
    const nowMs = this.#context.clock.monotonicMs()
    const { reason, healthyForMs } = crash
    const verdict = judgeCrash(this.#restartLimits(), entry.history, { nowMs, healthyForMs, random: Math.random() })
    entry.history = verdict.history
    const { attempt } = verdict.history
    if (verdict.kind === 'failed') {
      entry.slot = { kind: 'resting', state: 'failed' }
      const message = `${reason}; ${verdict.history.crashesAtMs.length} crashes in a row, ./botfleet restart ${id} tries again`
      this.#context.log.error({ instance: id, attempt, reason }, 'gave up restarting')
      return this.#note(id, 'failed', message, { attempt, restartsDelta: 1 })
    }
    entry.slot = { kind: 'backoff', untilMs: nowMs + verdict.delayMs }
    this.#note(id, 'backoff', reason, { attempt, nextTryInMs: verdict.delayMs, restartsDelta: 1 })
    if (verdict.delayMs === 0) this.decideAll()
  }

  async #endOrphan(id: string, entry: SlotEntry, slot: Extract<Slot, { kind: 'orphaned' }>): Promise<void> {
    const gone = await endOrphan(this.#context, slot)
    if (gone && entry.slot === slot) await this.#release(id, entry, slot.epoch, { kind: 'idle' })
  }

  /** Releases the lease row, trying until the database answers or the term ends, and only then leaves the slot. */
  async #release(id: string, entry: SlotEntry, epoch: number, next: Slot): Promise<void> {
    const { server } = this.#context
    for (;;) {
      try {
        await releaseInstance(this.#context.database, {
          instanceId: id,
          epoch,
          server,
          serverEpoch: this.#term.serverEpoch,
        })
        break
      } catch {
        if (this.#term.lease.leaseLeftMs() <= 0) break
        await new Promise((resolve) => setTimeout(resolve, 200))
      }
    }
    entry.slot = next
    this.#wake()
  }

  #note(
    id: string,
    state: Parameters<Observations['note']>[1]['state'],
    lastError: string | null,
    more: { attempt?: number; nextTryInMs?: number; restartsDelta?: number } = {},
  ): void {
    const { attempt = 0, nextTryInMs = null, restartsDelta = 0 } = more
    this.#observations.note(id, { state, lastError, attempt, nextTryInMs, restartsDelta })
  }

  #recordEvent(
    worker: Worker,
    kind: WorkerEvent['kind'],
    reason: string | null,
    details: Record<string, unknown>,
  ): void {
    const { instanceId, epoch } = worker
    const event: WorkerEvent = { instanceId, server: this.#context.server, epoch, kind, reason, details }
    recordWorkerEvent(this.#context.database, event).catch((error: unknown) =>
      this.#context.log.debug({ instance: instanceId, error: String(error) }, 'event not written'),
    )
  }

  #restartLimits(): RestartLimits {
    const { settings } = this.#context
    return {
      backoffBaseMs: 1000,
      backoffMaxMs: settings.RESTART_MAX_SECONDS * 1000,
      healthyMs: settings.RESTART_HEALTHY_SECONDS * 1000,
      crashesMax: settings.RESTART_BUDGET,
      windowMs: settings.RESTART_WINDOW_SECONDS * 1000,
    }
  }

  #givePermitBack(id: string): void {
    this.#permits.get(id)?.()
    this.#permits.delete(id)
  }

  #portsBut(id: string): Set<number> {
    const ports = [...this.#plan.values()].flatMap((other) =>
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

function holds(slot: Slot, claimant: WorkerClaimant): slot is Extract<Slot, { kind: 'live' | 'ending' }> {
  if (slot.kind !== 'live' && slot.kind !== 'ending') return false
  return slot.worker.epoch === claimant.epoch && slot.worker.nonce === claimant.nonce
}

function assertNever(value: never): never {
  throw new Error(`unknown action ${JSON.stringify(value)}`)
}
