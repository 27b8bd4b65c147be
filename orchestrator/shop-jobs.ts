/**
 * What the shop does by the clock: profit matures, orders and top-ups that were not paid in time end. Every server does it; a batch
 * takes what no other server has, so that they share the work and none is needed.
 */
import type { Database } from '../db/database.ts'
import { releaseUnpaid } from '../services/orders/release-unpaid.ts'
import { expireTopUps } from '../services/top-ups/expire-top-ups.ts'
import { matureProfits } from '../services/withdrawals/mature-profits.ts'
import type { OrchestratorContext } from './context.ts'
import { type Part, type RepeatingContext, startRepeating } from './repeating.ts'

const soonAfterStartMs = 5000

type ShopJobsContext = RepeatingContext & Pick<OrchestratorContext, 'server' | 'settings' | 'database'>

interface ShopJob {
  readonly name: string
  readonly everyMs: number
  /** One batch, in transactions of its own; returns how many, and is called again while that is not zero. */
  readonly batch: (database: Database) => Promise<number>
}

/** Starts every job: first soon after the start, however often servers are restarted, then at its own pace. */
export function startShopJobs(context: ShopJobsContext): Part {
  const parts = jobsOf(context).map((job) => startJob(context, job))
  return {
    stop: async () => void (await Promise.all(parts.map((part) => part.stop()))),
  }
}

function jobsOf({ server, settings }: ShopJobsContext): readonly ShopJob[] {
  return [
    {
      name: 'maturity',
      everyMs: settings.MATURITY_CHECK_SECONDS * 1000,
      batch: (database) => matureProfits(database, { actor: `system:maturity@${server}` }),
    },
    {
      name: 'top-up expiry',
      everyMs: settings.EXPIRY_CHECK_SECONDS * 1000,
      batch: (database) => database.transaction(expireTopUps),
    },
    {
      name: 'unpaid orders',
      everyMs: settings.EXPIRY_CHECK_SECONDS * 1000,
      batch: releaseUnpaid,
    },
  ]
}

function startJob(context: ShopJobsContext, { name, everyMs, batch }: ShopJob): Part {
  const stopping = new AbortController()
  let first = true
  const part = startRepeating(context, {
    name,
    work: async () => {
      first = false
      let total = 0
      let done: number
      do {
        done = await batch(context.database)
        total += done
      } while (done > 0 && !stopping.signal.aborted)
      if (total > 0) context.log.info({ count: total }, name)
    },
    nextInMs: () => (first ? Math.min(soonAfterStartMs, everyMs) : everyMs),
  })
  return {
    stop: async () => {
      stopping.abort()
      await part.stop()
    },
  }
}
