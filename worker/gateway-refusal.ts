import type { GatewayRefusal } from '../domain/worker-contract.ts'
import { WorkerExit } from './worker-exit.ts'

/** Nobody answered, or the server's database is away: the same call may be made again. */
export class GatewayAway extends Error {}

/** What a refusal means to the worker: to ask again, to end, or that there is a bug. */
export function refusalError(refusal: GatewayRefusal, what: string): Error {
  switch (refusal.code) {
    case 'fenced':
    case 'not_authenticated':
      return new WorkerExit('lease_lost', refusal.message)
    case 'unavailable':
      return new GatewayAway(refusal.message)
    case 'session_error':
      return new WorkerExit('session_error', refusal.message)
    case 'usage':
    case 'internal':
      return new Error(`the gateway refused ${what}: ${refusal.message}`)
    default:
      return refusal.code satisfies never
  }
}
