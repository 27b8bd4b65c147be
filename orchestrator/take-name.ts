import { formatProcessIdentity, parseProcessIdentity } from '../domain/process-identity.ts'
import { beatStillMs, type TakeVerdict } from '../domain/server-lease.ts'
import { livenessOf, readOwnIdentity } from '../runtime/process-identity.ts'
import { takeServerName } from '../services/take-server-name.ts'
import type { OrchestratorContext } from './context.ts'

export type NameTaken =
  | (Extract<TakeVerdict, { kind: 'taken' }> & {
      /** Monotonic time before the name was asked for. */
      readonly sentAtMs: number
      /** How long the earlier lease was watched standing still; 0 when its holder was dead or there was none. */
      readonly watchedMs: number
    })
  | { readonly kind: 'held'; readonly holder: string; readonly leaseLeftMs: number }

/**
 * Takes the server's name, watching the beat of a lapsed lease whose holder is not provably dead for a lease's time
 * and a margin on our own monotonic clock before (design section 5).
 * @returns `held` when somebody else has it; throws `unavailable` when the database does not answer.
 */
export async function takeName(context: OrchestratorContext, signal: AbortSignal): Promise<NameTaken> {
  const ttlMs = context.settings.LEASE_TTL_SECONDS * 1000
  let watched: { beat: number; sinceMs: number; leaseTtlMs: number } | undefined
  for (;;) {
    const sentAtMs = context.clock.monotonicMs()
    const watchedMs = watched === undefined ? 0 : sentAtMs - watched.sinceMs
    const stood = watched !== undefined && watchedMs > beatStillMs(Math.max(ttlMs, watched.leaseTtlMs))
    const verdict: TakeVerdict = await context.database.transaction((tx) =>
      takeServerName(tx, {
        server: context.server,
        holder: formatProcessIdentity(readOwnIdentity()),
        ttlMs,
        capacity: context.settings.MAX_INSTANCES,
        url: context.url,
        version: context.version,
        isProvablyDead,
        stillBeat: stood && watched !== undefined ? watched.beat : null,
      }),
    )
    if (verdict.kind === 'held') return verdict
    if (verdict.kind === 'taken') return { ...verdict, sentAtMs, watchedMs: stood ? watchedMs : 0 }
    if (watched === undefined || watched.beat !== verdict.beat) {
      context.log.info(
        { holder: verdict.holder },
        `the lease of ${context.server} has lapsed, but its holder is not provably dead: watching it for one lease's time`,
      )
      watched = { beat: verdict.beat, sinceMs: context.clock.monotonicMs(), leaseTtlMs: verdict.leaseTtlMs ?? ttlMs }
    }
    await pause(context, Math.min(500, ttlMs / 10), signal)
  }
}

function isProvablyDead(holder: string): boolean {
  const identity = parseProcessIdentity(holder)
  return identity !== undefined && livenessOf(identity) === 'dead'
}

/** Waits; rejects with the signal's reason when aborted. */
export function pause(context: OrchestratorContext, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const abort = () => {
      cancel()
      reject(signal.reason as Error)
    }
    const cancel = context.clock.setTimer(delayMs, () => {
      signal.removeEventListener('abort', abort)
      resolve()
    })
    signal.addEventListener('abort', abort, { once: true })
  })
}
