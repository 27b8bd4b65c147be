import type { ExitReason } from '../domain/worker-contract.ts'

/** A worker's typed end: thrown where it is found, reported and turned into an exit code in one place. */
export class WorkerExit extends Error {
  readonly reason: ExitReason

  constructor(reason: ExitReason, message: string) {
    super(message)
    this.name = 'WorkerExit'
    this.reason = reason
  }
}
