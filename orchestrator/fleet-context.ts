import type { OrchestratorContext } from './context.ts'
import type { Observations } from './observations.ts'
import type { Semaphore } from './semaphore.ts'
import type { Standby } from './standby.ts'
import type { Term } from './term.ts'

/** What all instances of a term share. */
export interface FleetContext {
  readonly orchestrator: OrchestratorContext
  readonly term: Term
  readonly observations: Observations
  readonly standby: Standby
  readonly starts: Semaphore
  /** WhatsApp bots that log in at once. */
  readonly connects: Semaphore
  /** Asks for a fresh plan soon. */
  readonly wake: () => void
  /** Decides everything again from memory. */
  readonly decideAll: () => void
  readonly isClosing: () => boolean
  /** Ports that the other instances of this server hold or have reserved. */
  readonly portsBut: (id: string) => ReadonlySet<number>
  /** Work that must be done before the fleet has ended. */
  readonly track: (work: Promise<void>) => void
}
