import type { ProcessIdentity } from '../../../domain/process-identity.ts'
import type { ServerName } from './model-database.ts'

/** A worker process of the lease model, with the deadline of `worker/deadline.ts`. */
export class SimulatedWorker {
  readonly instanceId: string
  readonly epoch: number
  readonly nonce: string
  readonly identity: ProcessIdentity
  /** The server whose gateway it calls. */
  readonly server: ServerName
  /** It has learned who it is; before that it is a process that does nothing. */
  isNamed = false
  hasEnded = false
  /** Undefined before the first grant. */
  #deadlineMs: number | undefined

  constructor(given: Pick<SimulatedWorker, 'instanceId' | 'epoch' | 'nonce' | 'identity' | 'server'>) {
    this.instanceId = given.instanceId
    this.epoch = given.epoch
    this.nonce = given.nonce
    this.identity = given.identity
    this.server = given.server
  }

  mayReceive(nowMs: number): boolean {
    return !this.hasEnded && this.#deadlineMs !== undefined && nowMs < this.#deadlineMs
  }

  /** Once past, it stays past. */
  extend(sentAtMs: number, grantMs: number): void {
    if (!this.isPast(sentAtMs)) this.#deadlineMs = sentAtMs + grantMs
  }

  isPast(nowMs: number): boolean {
    return this.#deadlineMs !== undefined && nowMs >= this.#deadlineMs
  }
}
