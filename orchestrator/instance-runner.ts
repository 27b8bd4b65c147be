/**
 * One instance on this server: carries out what `decide` says and owns the slot's transitions. It has at most one
 * worker here: a slot leaves `live`, `ending` or `adopting` only when its process is provably gone, or past the
 * deadline that nobody can extend, and its lease row is released.
 */
import { Failure } from '../domain/failure.ts'
import type { State } from '../domain/instance.ts'
import type { ExitReport, Heartbeat, HeartbeatVerdict, WorkerLimits } from '../domain/worker-contract.ts'
import type { RestartCause } from '../runtime/metrics.ts'
import { processState, signalProcess } from '../runtime/process-identity.ts'
import { limitsOf, type PlannedInstance } from '../services/read-server-plan.ts'
import type { WorkerEvent } from '../services/record-worker-event.ts'
import { adoptingSlotOf, adoptWorker, isLeftBehind, unverifiable } from './adoptable-worker.ts'
import { type Action, type DecideContext, decide } from './decide.ts'
import { untilGone } from './end-process.ts'
import type { FleetContext } from './fleet-context.ts'
import { causeOf, describeEnd, describeHang, judgeEnd } from './judge-end.ts'
import { heartbeatMsOf, launchWorker } from './launch-worker.ts'
import { releaseLease } from './release-lease.ts'
import { RestartSchedule } from './restart-schedule.ts'
import { RunLimit } from './run-limit.ts'
import {
  type Adopting,
  drainOf,
  type Ending,
  type EndReason,
  firstSlot,
  healthyForMs,
  isHeldBy,
  isUnlinking,
  isWorkerOf,
  type Live,
  liveSlot,
  type Slot,
  type Worker,
  type WorkerClaimant,
  type WorkerEnd,
} from './slot.ts'
import { StartPermits } from './start-permits.ts'

const startJitterMs = 10

/** Ends that count as crashes, and lead to a new try. */
const troubleEnds: readonly EndReason[] = ['hung', 'poll_stuck', 'over_memory', 'start_timeout', 'not_reporting']

export class InstanceRunner {
  readonly id: string
  readonly #fleet: FleetContext
  readonly #restarts: RestartSchedule
  #slot: Slot
  #planned: PlannedInstance | undefined
  readonly #limit = new RunLimit()
  #limits: WorkerLimits
  readonly #permits: StartPermits
  /** The last restart that was asked for and could not even begin: it is not tried again by itself. */
  #restartGivenUp = 0
  /** The latest epoch whose lease row was released from here: a plan may have been read before that. */
  #releasedEpoch = 0
  #left = false

  constructor(fleet: FleetContext, planned: PlannedInstance) {
    this.#fleet = fleet
    this.id = planned.id
    this.#restarts = new RestartSchedule(fleet.orchestrator.settings)
    this.#permits = new StartPermits(fleet, fleet.orchestrator.settings.START_TIMEOUT_SECONDS * 1000)
    this.#limits = limitsOf(planned)
    this.#slot = firstSlot(planned, this.#nowMs())
  }

  get slot(): Readonly<Slot> {
    return this.#slot
  }

  /** Monotonic time at which its subscription ends, run or not, or its time to pair; infinite when there is none to end. */
  get expiresAtMs(): number {
    const { status, desired } = this.#planned ?? {}
    return status === 'approved' || desired === 'pairing' ? this.#limit.endsAtMs : Number.POSITIVE_INFINITY
  }

  /** Its open request to pair when the time for that is over by our clock, whatever the database's clock says. */
  overdueRequest(nowMs: number): number | undefined {
    const overdue = this.#limit.overdueRequest(nowMs)
    return overdue === this.#planned?.pairingRequest ? overdue : undefined
  }

  /** Undefined once it is planned no more. */
  get tenant(): string | undefined {
    return this.#planned?.tenant
  }

  get port(): number | null {
    return this.#planned?.port ?? null
  }

  /** Whether it may only go elsewhere: floating, wanted, and without a seat here. */
  get isFloatingWithoutSeat(): boolean {
    const { status, desired, placement } = this.#planned ?? {}
    return this.#slot.kind === 'idle' && status === 'approved' && desired === 'running' && placement === 'floating'
  }

  /** Takes over what it is to be; undefined when this server has nothing to do with it any more. */
  plan(planned: PlannedInstance | undefined, readAtMs: number): void {
    this.#planned = planned
    if (planned === undefined) return
    this.#limit.plan(planned, readAtMs)
    this.#limits = limitsOf(planned)
    this.#noticeWorker(planned)
  }

  decide(context: DecideContext): void {
    this.#lookAtSilent(context)
    const planned = this.#planned
    const current = planned && {
      ...planned,
      expiresInMs: this.#limit.endsAtMs - context.nowMs,
      restartDone: Math.max(planned.restartDone, this.#restartGivenUp),
    }
    this.#carryOut(decide(current, this.#slot, context))
  }

  /** Answers a heartbeat from memory: how long the worker may go on. */
  heartbeat(claimant: WorkerClaimant, heartbeat: Heartbeat): HeartbeatVerdict {
    const slot = this.#slot
    if (slot.kind === 'launching') return { kind: 'wait' }
    if (slot.kind === 'adopting') return this.#hearAdopting(slot, claimant, heartbeat)
    if (!isHeldBy(slot, claimant)) return { kind: 'fenced' }
    const nowMs = this.#nowMs()
    const leaseLeftMs = this.#fleet.term.lease.leaseLeftMs()
    const grantMs = Math.floor(Math.max(0, Math.min(leaseLeftMs, this.#limit.endsAtMs - nowMs)))
    if (slot.kind === 'live') this.#noteHeartbeat(slot, heartbeat, nowMs)
    return { kind: 'granted', answer: { grantMs, limits: this.#limits, ...drainOf(slot) } }
  }

  /** Keeps a worker's typed reason, which comes before its process ends. */
  reportExit(claimant: WorkerClaimant, report: ExitReport): boolean {
    const slot = this.#slot
    if (slot.kind === 'adopting') {
      if (!isWorkerOf(slot.worker, claimant)) return false
      slot.report = report
      return true
    }
    if (!isHeldBy(slot, claimant)) return false
    if (slot.kind === 'live') slot.report = report
    return true
  }

  /** A closed lifeline is a hint: descriptors run out, gateways restart. */
  lifelineClosed(claimant: WorkerClaimant): void {
    const slot = this.#slot
    if (slot.kind !== 'live' && slot.kind !== 'ending' && slot.kind !== 'adopting') return
    if (isWorkerOf(slot.worker, claimant)) slot.worker?.hint()
  }

  noteMemory(worker: Worker, memoryBytes: number): void {
    if (this.#slot.kind === 'live' && this.#slot.worker === worker) this.#slot.memoryBytes = memoryBytes
  }

  /** Our own process stood still: its worker is not judged by that time. */
  forgiveStall(nowMs: number): void {
    if (this.#slot.kind !== 'live') return
    this.#slot.heardAtMs = nowMs
    this.#slot.silentState = undefined
  }

  /** Ends whatever runs, and kills what is past its grace; called until nothing does. */
  endFor(reason: 'shutdown' | 'lease_lost', nowMs: number): void {
    const slot = this.#slot
    if (slot.kind === 'adopting') {
      // After a lost lease nothing of it is ours; in order, what can be verified is ended and the rest is left.
      if (reason === 'lease_lost' || slot.worker === undefined) return this.leave()
      this.#end(slot.worker, reason)
    }
    if (slot.kind === 'live') this.#end(slot.worker, reason)
    if (slot.kind === 'ending' && nowMs >= slot.killAtMs) this.#kill(slot)
  }

  /** Lets its worker go on for the next supervisor of this name. */
  leave(): void {
    this.#left = true
    const slot = this.#slot
    if (slot.kind === 'live' || slot.kind === 'ending' || slot.kind === 'adopting') slot.worker?.leave()
    if (slot.kind === 'adopting') this.#slot = { kind: 'idle' }
  }

  /** A lease row that is held while we know no worker for it: one of an earlier term, or a claim of unknown outcome. */
  #noticeWorker(planned: PlannedInstance): void {
    const { orchestrator, term } = this.#fleet
    const isFree = this.#slot.kind === 'idle' || this.#slot.kind === 'resting' || this.#slot.kind === 'backoff'
    if (!isFree || !isLeftBehind(planned.lease, orchestrator.server, this.#releasedEpoch)) return
    const slot = adoptingSlotOf(term, planned, this.#nowMs())
    this.#slot = slot
    if (slot.worker === undefined) {
      const waitMs = Math.max(0, slot.untilMs - this.#nowMs())
      orchestrator.log.warn({ instance: this.id, epoch: slot.epoch, wait_ms: waitMs }, unverifiable)
      return this.#note('backoff', unverifiable, { nextTryInMs: waitMs })
    }
    orchestrator.log.info({ instance: this.id, epoch: slot.epoch, pid: slot.worker.identity.pid }, 'worker to adopt')
    this.#follow(slot.worker)
  }

  #hearAdopting(slot: Adopting, claimant: WorkerClaimant, heartbeat: Heartbeat): HeartbeatVerdict {
    if (slot.epoch !== claimant.epoch) return { kind: 'fenced' }
    const { worker } = slot
    if (worker === undefined) return { kind: 'wait' }
    if (worker.nonce !== claimant.nonce) return { kind: 'fenced' }
    if (worker.identity.pid === heartbeat.pid && !slot.isClaimed) {
      slot.isClaimed = true
      this.#fleet.track(this.#adopt(slot, worker, heartbeat))
    }
    return { kind: 'wait' }
  }

  async #adopt(slot: Adopting, worker: Worker, heartbeat: Heartbeat): Promise<void> {
    const taken = await adoptWorker(this.#fleet, worker).finally(() => {
      slot.isClaimed = false
    })
    if (this.#slot !== slot || taken === 'unknown') return
    if (taken === 'not_ours') return this.#fleet.wake()
    const { epoch, identity, port } = worker
    const live = liveSlot(worker, this.#nowMs())
    live.report = slot.report
    this.#slot = live
    this.#recordEvent(worker, 'worker_adopted', null, { pid: identity.pid, port })
    this.#fleet.orchestrator.log.info({ instance: this.id, epoch, pid: identity.pid }, 'worker adopted')
    this.#noteHeartbeat(live, heartbeat, this.#nowMs())
  }

  #carryOut(action: Action): void {
    const slot = this.#slot
    switch (action.kind) {
      case 'none':
        return
      case 'start':
        return this.#fleet.track(this.#start())
      case 'hold':
        return this.#note('stopped', action.reason)
      case 'end':
        if (slot.kind === 'live') this.#end(slot.worker, action.reason)
        if (slot.kind === 'adopting' && slot.worker !== undefined) this.#end(slot.worker, action.reason)
        return
      case 'kill':
        if (slot.kind === 'ending') this.#kill(slot)
        return
      case 'settle':
        this.#slot = { kind: 'idle' }
        return this.#settle()
      case 'release_unseen':
        if (slot.kind === 'adopting') this.#fleet.track(this.#release(slot.epoch, { kind: 'idle' }))
        return
      default:
        return action satisfies never
    }
  }

  async #start(): Promise<void> {
    const { orchestrator, starts } = this.#fleet
    this.#slot = { kind: 'launching' }
    await this.#permits.acquire(this.#planned?.platform ?? 'telegram')
    // A mass start goes out in a trickle: Telegram limits how many bots one address wakes at once.
    if (starts.taken > 1) await new Promise((resolve) => setTimeout(resolve, Math.random() * startJitterMs))
    const planned = this.#planned
    if (planned === undefined || this.#fleet.isClosing() || !this.#fleet.term.lease.isCertain()) {
      this.#permits.settled()
      this.#slot = { kind: 'idle' }
      return
    }
    try {
      this.#note('starting', null)
      const launch = await launchWorker(this.#fleet, planned)
      if (launch.kind === 'launched') return this.#live(launch.worker, planned)
      this.#permits.settled()
      if (launch.kind === 'unusable') return this.#giveUp(launch, planned)
      this.#slot = { kind: 'idle' }
      this.#fleet.wake()
    } catch (error) {
      this.#permits.settled()
      const reason = error instanceof Failure ? error.message : `could not start: ${String(error)}`
      orchestrator.log.error({ instance: this.id, error }, 'start failed')
      // What this server lacks is no crash of the bot: it is tried again for as long as it is lacking.
      if (error instanceof Failure && error.code === 'unavailable') this.#tryLater(reason)
      else this.#backOff(reason, 0, 'start_failed')
    }
  }

  /** What a person has to change first. */
  #giveUp({ state, reason }: { state: State; reason: string }, planned: PlannedInstance): void {
    this.#restartGivenUp = planned.restartRequested
    this.#slot = { kind: 'resting', state }
    this.#note(state, reason)
  }

  #live(worker: Worker, planned: PlannedInstance): void {
    this.#restarts.started()
    this.#slot = liveSlot(worker, this.#nowMs())
    this.#planned = { ...planned, restartDone: planned.restartRequested, port: worker.port }
    const { pid } = worker.identity
    this.#recordEvent(worker, 'worker_started', null, { pid, port: worker.port })
    this.#fleet.orchestrator.log.info(
      { instance: this.id, epoch: worker.epoch, pid, port: worker.port },
      'worker started',
    )
    this.#follow(worker)
  }

  #follow(worker: Worker): void {
    void worker.ended.then((end) => {
      if (!this.#left) this.#fleet.track(this.#ended(worker, end))
    })
  }

  #noteHeartbeat(slot: Live, heartbeat: Heartbeat, nowMs: number): void {
    slot.heardAtMs = nowMs
    slot.silentState = undefined
    slot.pollPendingMs = heartbeat.pollPendingMs
    this.#permits.reported()
    const running = heartbeat.phase === 'running' || heartbeat.phase === 'draining'
    if (running && slot.readyAtMs === undefined) this.#noteReady(slot.worker, nowMs)
    if (running) slot.readyAtMs ??= nowMs
    slot.phase = heartbeat.phase === 'draining' ? 'running' : heartbeat.phase
    if (slot.phase !== 'connecting' || heartbeat.trouble !== null) this.#permits.settled()
    this.#restarts.healthy(healthyForMs(slot, nowMs))
    this.#note(slot.phase, heartbeat.trouble, { attempt: this.#restarts.attempt })
  }

  #noteReady({ platform, namedAtMs }: Worker, nowMs: number): void {
    if (namedAtMs !== undefined) this.#fleet.orchestrator.metrics.becameReady(platform, nowMs - namedAtMs)
  }

  /** Looks at a worker that begins to be silent, so that its end can be called by what it did all the while. */
  #lookAtSilent({ nowMs, heartbeatLimitMs }: DecideContext): void {
    const slot = this.#slot
    if (slot.kind !== 'live' || nowMs - slot.heardAtMs < heartbeatLimitMs / 2) return
    const state = processState(slot.worker.identity) ?? 'gone'
    slot.silentState = (slot.silentState ?? state) === state ? state : 'changing'
  }

  #end(worker: Worker, reason: EndReason): void {
    const { orchestrator } = this.#fleet
    const silentState = this.#slot.kind === 'live' ? this.#slot.silentState : undefined
    const isDeaf = reason === 'hung' || reason === 'not_reporting'
    const words = describeHang(reason, silentState, orchestrator.settings)
    const ending: Ending = { kind: 'ending', worker, reason, words, killAtMs: 0, killed: false }
    const { settings } = orchestrator
    const hearsInMs = isUnlinking(ending) ? heartbeatMsOf(settings) * 1.5 : 0
    ending.killAtMs = this.#nowMs() + (isDeaf ? 0 : settings.GRACE_SECONDS * 1000 + hearsInMs)
    this.#slot = ending
    orchestrator.log.info({ instance: this.id, epoch: worker.epoch, reason, words }, 'ending worker')
    if (reason !== 'lease_lost' && reason !== 'moved') this.#note('stopping', null)
    if (reason === 'over_memory') this.#recordEvent(worker, 'worker_over_memory', words, {})
    else if (isDeaf || reason === 'poll_stuck') this.#recordEvent(worker, 'worker_hung', words, { cause: reason })
    if (isDeaf) this.#kill(ending)
    // A signal does not say that the device is to be unlinked: the next heartbeat's answer does.
    else if (!isUnlinking(ending)) signalProcess(worker.identity, 'SIGTERM')
  }

  #kill(slot: Ending): void {
    slot.killed = true
    signalProcess(slot.worker.identity, 'SIGKILL')
    slot.worker.hint()
  }

  async #ended(worker: Worker, end: WorkerEnd): Promise<void> {
    await untilGone(worker.identity)
    this.#permits.settled()
    const slot = this.#slot
    if (slot.kind === 'ending') return this.#endedAsAsked(slot, end)
    if (slot.kind !== 'live' && slot.kind !== 'adopting') return
    const report = slot.report
    const verdict = judgeEnd(worker.platform, end, report)
    const unseen = slot.kind === 'adopting' && report === undefined
    const reason = unseen ? 'it ended while no supervisor ran' : verdict.reason
    this.#fleet.orchestrator.log.warn(
      { instance: this.id, epoch: worker.epoch, end: describeEnd(end), reason },
      'worker ended',
    )
    this.#recordEvent(worker, 'worker_ended', reason, { exit_code: end.exitCode, signal: end.signal })
    const healthyMs = slot.kind === 'live' ? healthyForMs(slot, this.#nowMs()) : 0
    // One that only pairs has nobody to wait for but its request, whose end says the rest.
    if (verdict.kind === 'crash' || this.#planned?.desired === 'pairing') {
      await this.#release(worker.epoch, { kind: 'releasing' })
      return this.#backOff(reason, healthyMs, causeOf(undefined, end))
    }
    const retryInMs = verdict.kind === 'retry' ? this.#restarts.retries(verdict.trouble, this.#nowMs()) : undefined
    const state = verdict.kind === 'rest' ? verdict.state : verdict.trouble === 'conflict' ? 'conflict' : 'backoff'
    this.#note(state, reason, retryInMs === undefined ? {} : { nextTryInMs: retryInMs })
    const untilMs = this.#nowMs() + (retryInMs ?? 0)
    await this.#release(
      worker.epoch,
      retryInMs === undefined ? { kind: 'resting', state } : { kind: 'backoff', untilMs },
    )
  }

  async #endedAsAsked(slot: Ending, end: WorkerEnd): Promise<void> {
    if (slot.reason === 'lease_lost') {
      this.#slot = { kind: 'idle' }
      return
    }
    const details = { exit_code: end.exitCode, signal: end.signal, asked: slot.reason }
    this.#recordEvent(slot.worker, 'worker_ended', slot.words, details)
    await this.#release(slot.worker.epoch, { kind: 'releasing' })
    if (troubleEnds.includes(slot.reason)) return this.#backOff(slot.words, 0, causeOf(slot.reason, end))
    this.#slot = { kind: 'idle' }
    if (slot.reason !== 'moved') this.#settle()
    this.#fleet.decideAll()
  }

  #settle(): void {
    this.#restarts.forget()
    if (this.#planned !== undefined) this.#planned = { ...this.#planned, state: 'stopped', lastError: null }
    this.#fleet.observations.forget(this.id)
    this.#note('stopped', null)
  }

  #tryLater(reason: string): void {
    const delayMs = this.#restarts.missed()
    this.#slot = { kind: 'backoff', untilMs: this.#nowMs() + delayMs }
    this.#note('backoff', reason, { attempt: this.#restarts.attempt, nextTryInMs: delayMs })
  }

  #backOff(reason: string, healthyMs: number, cause: RestartCause): void {
    this.#fleet.orchestrator.metrics.restarted(this.#planned?.platform ?? 'telegram', cause)
    const nowMs = this.#nowMs()
    const verdict = this.#restarts.crashed(nowMs, healthyMs)
    const { attempt, crashesAtMs } = verdict.history
    if (verdict.kind === 'failed') {
      this.#slot = { kind: 'resting', state: 'failed' }
      const message = `${reason}; ${crashesAtMs.length} crashes in a row; ./botfleet restart ${this.id} tries again`
      this.#fleet.orchestrator.log.error({ instance: this.id, attempt, reason }, 'gave up restarting')
      return this.#note('failed', message, { attempt, restartsDelta: 1 })
    }
    this.#slot = { kind: 'backoff', untilMs: nowMs + verdict.delayMs }
    this.#note('backoff', reason, { attempt, nextTryInMs: verdict.delayMs, restartsDelta: 1 })
    if (verdict.delayMs === 0) this.#fleet.decideAll()
  }

  /** Releases the lease row, and only then leaves the slot. */
  async #release(epoch: number, next: Slot): Promise<void> {
    this.#slot = { kind: 'releasing' }
    await releaseLease(this.#fleet, { instanceId: this.id, epoch })
    this.#releasedEpoch = epoch
    this.#slot = next
    this.#fleet.wake()
  }

  #note(
    state: State,
    lastError: string | null,
    more: { attempt?: number; nextTryInMs?: number; restartsDelta?: number } = {},
  ): void {
    const { attempt = 0, nextTryInMs = null, restartsDelta = 0 } = more
    this.#fleet.observations.note(this.id, { state, lastError, attempt, nextTryInMs, restartsDelta })
  }

  #recordEvent(
    worker: Worker,
    kind: WorkerEvent['kind'],
    reason: string | null,
    details: Record<string, unknown>,
  ): void {
    const { server } = this.#fleet.orchestrator
    const { serverEpoch } = this.#fleet.term
    const event = { instanceId: this.id, server, serverEpoch, epoch: worker.epoch, kind, reason, details }
    this.#fleet.observations.noteEvent(event)
  }

  #nowMs(): number {
    return this.#fleet.orchestrator.clock.monotonicMs()
  }
}
