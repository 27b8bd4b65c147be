import { randomBytes } from 'node:crypto'
import type { Tx } from '../db/transaction.ts'

export interface ClaimInstance {
  readonly instanceId: string
  readonly server: string
  readonly serverEpoch: number
  /** Process identity of the nameless process that is to become the worker. */
  readonly process: string
  readonly port: number
}

/** What a worker needs to begin, read under the same locks as its epoch. */
export interface Claim {
  readonly epoch: number
  readonly nonce: string
  readonly tenant: string
  readonly name: string
  /** The sealed credential; null when the instance has none. */
  readonly sealedCredential: string | null
  readonly rateLimitRps: number
  readonly maxConcurrentRequests: number
  readonly takeWebhook: boolean
  readonly expiresInMs: number
}

interface InstanceRow {
  tenant_id: string
  name: string
  rate_limit_rps: number
  max_concurrent_requests: number
  take_webhook: boolean
  expires_in_ms: number
  sealed: string | null
}

/**
 * Gives an instance to a new worker: re-checks status, desired and expiry under the row lock and commits the new
 * epoch, a random nonce and the process identity (design section 5, point 3). Only after the commit may the identity
 * be written to the process.
 * @returns the claim, or undefined when the instance may not run here now.
 */
export async function claimInstance(tx: Tx, input: ClaimInstance): Promise<Claim | undefined> {
  const nonce = randomBytes(16).toString('base64url')
  const instance = await lockRunnableInstance(tx, input)
  if (instance === undefined) return undefined
  const lease = await tx.query<{ epoch: number }>(
    `update instance_lease l set epoch = l.epoch + 1, nonce = $3, process = $4, port = $5, server_name = s.name,
       server_epoch = s.server_epoch, phase = 'held', may_run_until = null
     from server s
     where l.instance_id = $1 and l.phase = 'idle'
       and s.name = $2 and s.server_epoch = $6 and s.lease_until > clock_timestamp()
     returning l.epoch`,
    [input.instanceId, input.server, nonce, input.process, input.port, input.serverEpoch],
  )
  const epoch = lease.rows[0]?.epoch
  if (epoch === undefined) return undefined
  await tx.query(
    `update instance set port = $2, restart_done = restart_requested, take_webhook = false where id = $1`,
    [input.instanceId, input.port],
  )
  return {
    epoch,
    nonce,
    tenant: instance.tenant_id,
    name: instance.name,
    sealedCredential: instance.sealed,
    rateLimitRps: instance.rate_limit_rps,
    maxConcurrentRequests: instance.max_concurrent_requests,
    takeWebhook: instance.take_webhook,
    expiresInMs: instance.expires_in_ms,
  }
}

async function lockRunnableInstance(tx: Tx, input: ClaimInstance): Promise<InstanceRow | undefined> {
  await tx.query('select 1 from instance where id = $1 for update', [input.instanceId])
  const { rows } = await tx.query<InstanceRow>(
    `select i.tenant_id, i.name, i.rate_limit_rps, i.max_concurrent_requests, i.take_webhook, c.sealed,
       subscription_left_ms(i.expires_at) as expires_in_ms
     from instance i
     left join instance_credential c on c.instance_id = i.id and c.kind = 'telegram_token'
     where i.id = $1 and i.server_name = $2 and i.status = 'approved' and i.desired = 'running'
       and i.expires_at > subscription_clock()`,
    [input.instanceId, input.server],
  )
  return rows[0]
}
