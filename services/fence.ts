import type { Tx } from '../db/transaction.ts'
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

/**
 * The fence: the first statement of every write that comes through the gateway (design section 5, point 5). Locks the
 * lease row `for share`, so that no newer epoch can be committed until this transaction ends.
 * Its time having run out by the clock is told apart from being stale: that clock may have jumped, and until the status
 * says so the worker's own deadline is what ends it (design sections 4 and 5).
 * @returns undefined when the epoch or nonce is stale, or the instance may not run and is not draining either;
 * `time_up` when only the clock speaks against it. In both cases the caller must write nothing.
 */
export async function fence(tx: Tx, claim: Fence): Promise<FencedInstance | 'time_up' | undefined> {
  const { rows } = await tx.query<{ tenant_id: string; platform: Platform; time_up: boolean }>(
    `select i.tenant_id, i.platform,
       i.state <> 'stopping' and i.expires_at <= subscription_clock() as time_up
     from hold_lease($1, $2, $3) held join instance i on i.id = held
     where i.status = 'approved' or i.state = 'stopping'`,
    [claim.instanceId, claim.epoch, claim.nonce],
  )
  const row = rows[0]
  if (row === undefined) return undefined
  if (row.time_up) return 'time_up'
  return { instanceId: claim.instanceId, tenant: row.tenant_id, platform: row.platform }
}
