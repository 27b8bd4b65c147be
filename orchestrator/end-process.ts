import type { ProcessIdentity } from '../domain/process-identity.ts'
import { livenessOf, signalProcess } from '../runtime/process-identity.ts'

const pollMs = 25

/** Kills a process that has no identity of ours yet, and waits until it is provably gone. */
export async function endProcess(identity: ProcessIdentity, ended: Promise<unknown>): Promise<void> {
  signalProcess(identity, 'SIGKILL')
  await Promise.race([ended, untilGone(identity)])
}

/**
 * Waits until a process that need not be our child is provably gone, looking at /proc.
 * @returns at once when it cannot be proven on this host: the caller must not treat that as gone.
 */
export async function untilGone(identity: ProcessIdentity): Promise<void> {
  while (livenessOf(identity) === 'alive') {
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
}
