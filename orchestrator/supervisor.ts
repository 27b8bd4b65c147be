/**
 * The supervisor of one server name. It holds the name in terms: take it, open the gateway's door under the term's
 * epoch, run the reconcile loop, and when the term ends end every worker, or leave them to the next supervisor. A term
 * whose lease was lost or lapsed is followed by an attempt to take the name anew; somebody else holding it ends the
 * supervisor.
 */
import { Listener } from '../db/listen.ts'
import { Failure } from '../domain/failure.ts'
import type { ExitReport, Heartbeat, HeartbeatVerdict } from '../domain/worker-contract.ts'
import { freeServerName } from '../services/free-server-name.ts'
import { readServerPlan } from '../services/read-server-plan.ts'
import { startAuditChain } from './audit-chain.ts'
import { ClockWatch } from './clock-watch.ts'
import type { OrchestratorContext } from './context.ts'
import { startExpiry } from './expiry.ts'
import { Fleet } from './fleet.ts'
import { startHousekeeping } from './housekeeping.ts'
import { startLedgerWatch } from './ledger-watch.ts'
import { startLogRotation } from './log-rotation.ts'
import { startNotices } from './notices.ts'
import { startOutboxWake } from './outbox-wake.ts'
import { dropNamelessLogs } from './place-log-file.ts'
import { startPlacement } from './placement.ts'
import { startRepeating } from './repeating.ts'
import { startSampling } from './sampling.ts'
import { ServerLease } from './server-lease.ts'
import { startShopJobs } from './shop-jobs.ts'
import type { WorkerClaimant } from './slot.ts'
import { Standby } from './standby.ts'
import { startStockWatch } from './stock-watch.ts'
import { pause, takeName } from './take-name.ts'
import type { Term } from './term.ts'
import { WakeLoop } from './wake-loop.ts'

const planEveryMs = 15_000

interface OpenTerm extends Term {
  readonly fleet: Fleet
  readonly loop: WakeLoop
  readonly stopParts: () => Promise<void>
}

export class Supervisor {
  readonly #context: OrchestratorContext
  readonly #stopping = new AbortController()
  readonly #onGivenUp: (failure: Failure) => void
  /** Outlives a term: its last reading is what the next one is compared with. */
  readonly #clockWatch: ClockWatch
  readonly #standby: Standby
  #term: OpenTerm | undefined
  #ending: Promise<void> = Promise.resolve()
  #stopped: Promise<void> | undefined

  /** `onGivenUp`: the name was taken by another supervisor while ours was lapsed; the process should end. */
  constructor(context: OrchestratorContext, onGivenUp: (failure: Failure) => void) {
    this.#context = context
    this.#standby = new Standby(context)
    this.#onGivenUp = onGivenUp
    this.#clockWatch = new ClockWatch(context, () => this.#term?.lease.renewNow())
  }

  /** Takes the name and starts the first term; throws `conflict` when another supervisor holds it. */
  async start(): Promise<void> {
    dropNamelessLogs(this.#context.logFolder)
    await this.#openTerm()
  }

  /**
   * Ends every worker, waits for them, frees the name; complete, and may be called twice. With `keepWorkers` they go on
   * for the next supervisor of this name, and the lease is left to lapse.
   */
  stop(options: { keepWorkers?: boolean } = {}): Promise<void> {
    this.#stopped ??= this.#stop(options.keepWorkers === true)
    return this.#stopped
  }

  /** The gateway's questions, answered from memory; between terms a worker is told to ask again. */
  heartbeat(claimant: WorkerClaimant, heartbeat: Heartbeat): HeartbeatVerdict {
    return this.#term?.fleet.heartbeat(claimant, heartbeat) ?? { kind: 'wait' }
  }

  lifelineClosed(claimant: WorkerClaimant): void {
    this.#term?.fleet.lifelineClosed(claimant)
  }

  reportExit(claimant: WorkerClaimant, report: ExitReport): boolean {
    return this.#term?.fleet.reportExit(claimant, report) ?? false
  }

  /** Whether it holds its name, as far as it can know. */
  get holdsLease(): boolean {
    return this.#term?.lease.isCertain() ?? false
  }

  /** `server_epoch` of the running term; undefined between terms. */
  get serverEpoch(): number | undefined {
    return this.#term?.serverEpoch
  }

  async #stop(keepWorkers: boolean): Promise<void> {
    this.#stopping.abort(new Failure('unavailable', 'the server is stopping'))
    await this.#ending
    await this.#standby.stop()
    const term = this.#term
    if (term === undefined) return
    await term.stopParts()
    // The fleet still answers its workers' last calls through the gateway while they drain.
    if (keepWorkers) await term.fleet.leaveAll()
    else await term.fleet.endAll('shutdown')
    this.#term = undefined
    term.lease.stop()
    await this.#context.door.close()
    if (!keepWorkers) await this.#freeName(term)
  }

  async #freeName(term: OpenTerm): Promise<void> {
    try {
      const freed = await freeServerName(this.#context.database, {
        server: this.#context.server,
        serverEpoch: term.serverEpoch,
      })
      if (!freed) this.#context.log.warn('the name was not freed: its lease is left to lapse')
    } catch (error) {
      this.#context.log.warn({ error: String(error) }, 'the name was not freed: the database does not answer')
    }
  }

  async #openTerm(): Promise<void> {
    const { server, log, settings } = this.#context
    const taken = await takeName(this.#context, this.#stopping.signal)
    if (taken.kind === 'held') {
      throw new Failure(
        'conflict',
        `another supervisor holds the name ${server} (${taken.holder}; its lease runs ${Math.ceil(taken.leaseLeftMs / 1000)} s more): stop it, or choose another SERVERNAME`,
        { details: { holder: taken.holder } },
      )
    }
    log.info({ server, server_epoch: taken.serverEpoch }, 'name taken')
    await this.#context.door.open(taken.serverEpoch)
    const lease: ServerLease = new ServerLease(this.#context, taken, {
      clockWatch: this.#clockWatch,
      onEnd: (end) => this.#endTerm(end),
      onRenewed: (orders) => fleet.setOrders(orders),
    })
    const loop = new WakeLoop(this.#context, {
      everyMs: planEveryMs,
      work: async () => {
        if (!(await this.#readPlan(fleet))) return loop.wake()
        decisions.look()
        expiry.look()
      },
    })
    const term: Term = {
      serverEpoch: taken.serverEpoch,
      lease,
      takenAtMs: taken.sentAtMs,
      earlierTtlMs: taken.earlierTtlMs ?? settings.LEASE_TTL_SECONDS * 1000,
      watchedMs: taken.watchedMs,
    }
    const fleet = new Fleet(this.#context, {
      term,
      standby: this.#standby,
      orders: taken.orders,
      wake: () => loop.wake(),
    })
    lease.start()
    const outboxWake = startOutboxWake(this.#context, fleet)
    const listener = new Listener(
      this.#context.databaseUrl,
      ['botfleet_instance', 'botfleet_outbox'],
      (channel, payload) => {
        if (channel === 'botfleet_outbox') outboxWake.wake(payload)
        else if (payload === undefined || payload === server) loop.wake()
      },
    )
    const decisions = startRepeating(this.#context, {
      name: 'deciding',
      work: async () => fleet.decideAll(),
      nextInMs: () => fleet.nextDecisionInMs(),
    })
    const expiry = startExpiry(this.#context, { fleet, clockWatch: this.#clockWatch, wake: () => loop.wake() })
    const parts = [
      decisions,
      expiry,
      startSampling(this.#context, term, { fleet, standby: this.#standby }),
      startPlacement(this.#context, term, fleet, () => loop.wake()),
      startLogRotation(this.#context),
      startHousekeeping(this.#context),
      startLedgerWatch(this.#context),
      startAuditChain(this.#context),
      startShopJobs(this.#context),
      startNotices(this.#context),
      outboxWake,
      startStockWatch(this.#context),
    ]
    const stopParts = async () => {
      await Promise.all([listener.stop(), loop.stop(), ...parts.map((part) => part.stop())])
    }
    this.#term = { ...term, fleet, loop, stopParts }
    await listener.start()
    loop.wake()
    log.debug({ ttl_s: settings.LEASE_TTL_SECONDS }, 'term open')
  }

  /** @returns false when the clock that the plan was read by is in doubt: it is to be read again. */
  async #readPlan(fleet: Fleet): Promise<boolean> {
    const { clock, database, server } = this.#context
    const sentAtMs = clock.monotonicMs()
    const { clockMs, instances } = await readServerPlan(database, server)
    const reading = clockMs === null ? undefined : { clockMs, sentAtMs, receivedAtMs: clock.monotonicMs() }
    if (reading !== undefined && (await this.#clockWatch.judge(reading)) === 'doubtful') return false
    fleet.setPlan(instances, sentAtMs)
    fleet.decideAll()
    return true
  }

  /** The lease is gone: end every worker, write nothing, then try to take the name anew. */
  #endTerm(end: 'lost' | 'lapsed'): void {
    const term = this.#term
    if (term === undefined) return
    this.#context.log.error({ end }, 'lease gone: ending every worker')
    this.#ending = this.#endAndRetake(term).catch((error: unknown) => {
      if (this.#stopping.signal.aborted) return
      this.#onGivenUp(error instanceof Failure ? error : new Failure('internal', String(error), { cause: error }))
    })
  }

  async #endAndRetake(term: OpenTerm): Promise<void> {
    await term.stopParts()
    await term.fleet.endAll('lease_lost')
    await this.#context.door.close()
    this.#term = undefined
    for (;;) {
      try {
        await this.#openTerm()
        return
      } catch (error) {
        if (!(error instanceof Failure) || error.code !== 'unavailable') throw error
        await pause(this.#context, 1000, this.#stopping.signal)
      }
    }
  }
}
