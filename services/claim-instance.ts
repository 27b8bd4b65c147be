import { randomBytes } from 'node:crypto'
import type { Tx } from '../db/transaction.ts'
import type { PairingMethod } from '../domain/pairing.ts'

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
  /** The highest message id that the bot is known to have reached. */
  readonly reached: number | null
  /** Chats in which the worker before was telling a message of the outbox when it ended. */
  readonly inDoubt: readonly string[]
  readonly expiresInMs: number
  readonly phoneNumber: string | null
  /** A WhatsApp bot's device is really linked. */
  readonly isLinked: boolean
  /** The open request to pair, which this worker begins anew; null when there is none. */
  readonly pairing: ClaimedPairing | null
}

export interface ClaimedPairing {
  readonly number: number
  readonly method: PairingMethod
  /** Milliseconds that are left of it. */
  readonly forMs: number
  /** It is not to run, or not yet: it only pairs. */
  readonly only: boolean
}

interface InstanceRow {
  tenant_id: string
  name: string
  rate_limit_rps: number
  max_concurrent_requests: number
  take_webhook: boolean
  expires_in_ms: number
  sealed: string | null
  phone_number: string | null
  is_linked: boolean
  only_pairs: boolean
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
  // The lease row is ours by now: nothing that an earlier worker has asked for is still to be written.
  const left = await tx.query<{ reached: number | null; in_doubt: string[] }>(
    `update instance set port = $2, restart_done = restart_requested, take_webhook = false where id = $1
     returning (select mark from channel_mark where instance_id = $1) as reached, array(
       select coalesce(m.chat_id, c.chat_id) from outbox_message m
       left join customer_chat c on c.customer_id = m.customer_id and c.instance_id = m.instance_id
       where m.instance_id = $1 and m.state = 'claimed' and coalesce(m.chat_id, c.chat_id) is not null
     ) as in_doubt`,
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
    reached: left.rows[0]?.reached ?? null,
    inDoubt: left.rows[0]?.in_doubt ?? [],
    expiresInMs: instance.expires_in_ms,
    phoneNumber: instance.phone_number,
    isLinked: instance.is_linked,
    pairing: await beginPairing(tx, input.instanceId, instance.only_pairs),
  }
}

/** The code of a worker before this one died with it: the request begins anew, for what is left of its time. */
async function beginPairing(tx: Tx, instanceId: string, only: boolean): Promise<ClaimedPairing | null> {
  const { rows } = await tx.query<{ id: number; method: PairingMethod; for_ms: number }>(
    `update pairing set step = 'requested', issued_at = null, expires_at = null
     where instance_id = $1 and is_open_step(step) and until > clock_timestamp()
     returning id, method, (extract(epoch from until - clock_timestamp()) * 1000)::double precision as for_ms`,
    [instanceId],
  )
  const row = rows[0]
  return row === undefined ? null : { number: row.id, method: row.method, forMs: row.for_ms, only }
}

async function lockRunnableInstance(tx: Tx, input: ClaimInstance): Promise<InstanceRow | undefined> {
  await tx.query('select 1 from instance where id = $1 for update', [input.instanceId])
  const { rows } = await tx.query<InstanceRow>(
    `select i.tenant_id, i.name, i.rate_limit_rps, i.max_concurrent_requests, i.take_webhook, c.sealed,
       i.phone_number, s.linked_at is not null as is_linked, i.desired = 'pairing' as only_pairs,
       run_left_ms(i) as expires_in_ms
     from instance i
     left join instance_credential c on c.instance_id = i.id and c.kind = 'telegram_token'
     left join whatsapp_session s on s.instance_id = i.id
     where i.id = $1 and i.server_name = $2 and run_left_ms(i) > 0
       and (i.status = 'approved' and i.desired in ('running', 'pairing') or i.status = 'new' and i.desired = 'pairing')`,
    [input.instanceId, input.server],
  )
  return rows[0]
}
