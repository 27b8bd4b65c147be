/**
 * Which server runs a floating bot (design section 5, point 8): takes over what a dead server left, and hands over what
 * this one may not or cannot run. Watches the beats of the other servers on its own monotonic clock, so that no clock
 * that jumps can hand out a bot twice.
 */
import { beatStillMs, leaseTtlMaxMs } from '../domain/server-lease.ts'
import { moveFloatingAway } from '../services/move-floating-away.ts'
import { type OtherServer, readOtherServers } from '../services/read-other-servers.ts'
import { takeOverInstances } from '../services/take-over-instances.ts'
import type { OrchestratorContext } from './context.ts'
import type { Fleet } from './fleet.ts'
import { type Part, startRepeating } from './repeating.ts'
import type { Term } from './term.ts'

/** While this is the only server: one that comes is watched for a whole lease before anything is taken from it. */
const aloneMs = 10_000

/** Looks after the other servers fifteen times in a lease's time, at least every two seconds. */
export function startPlacement(context: OrchestratorContext, term: Term, fleet: Fleet, wake: () => void): Part {
  const everyMs = Math.min(2000, Math.max(200, (context.settings.LEASE_TTL_SECONDS * 1000) / 15))
  const beats = new BeatWatch()
  let nextInMs = everyMs
  return startRepeating(context, {
    name: 'placement',
    work: async () => {
      const others = await readOtherServers(context.database, context.server)
      nextInMs = others.length === 0 && fleet.homeless().length === 0 ? Math.max(everyMs, aloneMs) : everyMs
      await takeOver(context, term, fleet, beats.stillOnes(others, context.clock.monotonicMs()), wake)
      await handOver(context, term, fleet)
    },
    nextInMs: () => nextInMs,
  })
}

async function takeOver(
  context: OrchestratorContext,
  term: Term,
  fleet: Fleet,
  silent: readonly OtherServer[],
  wake: () => void,
): Promise<void> {
  for (const other of silent) {
    if (!term.lease.isCertain()) return
    const taken = await context.database.transaction((tx) =>
      takeOverInstances(tx, {
        server: context.server,
        serverEpoch: term.serverEpoch,
        from: other.name,
        stillBeat: other.beat,
        room: fleet.room(),
      }),
    )
    if (taken.length === 0) continue
    context.log.warn({ from: other.name, instances: taken }, 'bots of a server that is down are taken over')
    wake()
  }
}

async function handOver(context: OrchestratorContext, term: Term, fleet: Fleet): Promise<void> {
  const homeless = fleet.homeless()
  if (!term.lease.isCertain() || (!fleet.draining && homeless.length === 0)) return
  const ids = fleet.draining ? 'all' : homeless
  const moved = await context.database.transaction((tx) =>
    moveFloatingAway(tx, { server: context.server, serverEpoch: term.serverEpoch, ids }),
  )
  if (moved.length > 0) context.log.info({ instances: moved }, 'floating bots are handed over to other servers')
}

/** Since when each other server's beat has stood still, by our own monotonic clock. */
class BeatWatch {
  readonly #seen = new Map<string, { beat: number; sinceMs: number }>()

  /** Those whose lease cannot be valid any more; `nowMs` is after the beats were read. */
  stillOnes(others: readonly OtherServer[], nowMs: number): OtherServer[] {
    const names = new Set(others.map(({ name }) => name))
    for (const name of this.#seen.keys()) if (!names.has(name)) this.#seen.delete(name)
    return others.filter((other) => {
      const seen = this.#seen.get(other.name)
      if (seen === undefined || seen.beat !== other.beat) {
        this.#seen.set(other.name, { beat: other.beat, sinceMs: nowMs })
        return other.isFree
      }
      // A server of an older version does not say its time to live: the longest that can be set is assumed.
      const isStill = nowMs - seen.sinceMs > beatStillMs(other.leaseTtlMs ?? leaseTtlMaxMs)
      return other.isFree || (other.hasLapsed && isStill)
    })
  }
}
