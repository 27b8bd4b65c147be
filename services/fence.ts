import type { Queryable, Tx } from '../db/transaction.ts'
import { Failure } from '../domain/failure.ts'
import type { Platform } from '../domain/instance.ts'

/** What a worker's token proves: which instance, under which epoch and nonce. */
export interface Fence {
  readonly instanceId: string
  readonly epoch: number
  readonly nonce: string
}

/** The instance behind a passed fence: the only source of the tenant for every business call. */
export interface FencedInstance {
  readonly instanceId: string
  readonly tenant: string
  readonly platform: Platform
}

/** The worker's epoch or nonce is stale, or its instance may not run: nothing was written. */
export class Fenced extends Error {
  constructor() {
    super('this worker no longer holds its instance')
    this.name = 'Fenced'
  }
}

/**
 * The fence: the first statement of every write that comes through the gateway (design section 5, point 5). Locks the
 * lease row `for share`, so that no newer epoch can be committed until this transaction ends.
 * Its time having run out by the clock is told apart from being stale: that clock may have jumped, and until the status
 * says so the worker's own deadline is what ends it (design sections 4 and 5).
 * @returns undefined when the epoch or nonce is stale, or the instance may not run and is not draining either;
 * `time_up` when only the clock speaks against it. In both cases the caller must write nothing.
 */
export async function fence(tx: Tx, claim: Fence): Promise<FencedInstance | 'time_up' | undefined> {
  const { rows } = await tx.query<{ verdict: string; tenant: string; channel: Platform }>(
    'select verdict, tenant, channel from look_at_fence($1, $2, $3, false)',
    [claim.instanceId, claim.epoch, claim.nonce],
  )
  const [seen] = rows
  if (seen?.verdict === 'time_up') return 'time_up'
  if (seen?.verdict !== 'passed') return undefined
  return { instanceId: claim.instanceId, tenant: seen.tenant, platform: seen.channel }
}

/**
 * Calls a function of the database that passes the fence itself: its first three arguments are the claim's. Outside of a
 * transaction that one statement is the whole of it. Throws `Fenced`, and `unavailable` when only the clock speaks against
 * the worker.
 */
export async function fencedCall<Row>(
  database: Queryable,
  name: string,
  claim: Fence,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const given = [claim.instanceId, claim.epoch, claim.nonce, ...values]
  const text = `select * from ${name}(${given.map((_, at) => `$${at + 1}`).join(', ')})`
  try {
    return (await database.query<Row>({ name, text }, given)).rows
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'BF403') throw new Fenced()
    if (code === 'BF503') throw new Failure('unavailable', (error as Error).message, { cause: error })
    throw error
  }
}
