import type { Queryable } from '../db/transaction.ts'
import type { Desired, Placement, Platform, State, Status } from '../domain/instance.ts'
import type { WorkerLimits } from '../domain/worker-contract.ts'

/** A plan with the database's clock at the time of reading; null when the plan is empty. */
export interface ServerPlan {
  readonly clockMs: number | null
  readonly instances: PlannedInstance[]
}

/** What one instance of a server is to be, and what the last supervisor left of it. */
export interface PlannedInstance {
  readonly id: string
  readonly tenant: string
  readonly platform: Platform
  /** The server that it is assigned to; another than ours while it is being handed over. */
  readonly serverName: string
  readonly placement: Placement
  readonly status: Status
  readonly desired: Desired
  readonly state: State
  readonly lastError: string | null
  readonly attempt: number
  /**
   * Milliseconds that it may run from now: what is left of its subscription, and of its request where it only pairs; null
   * when there is none, infinite while expiry is paused.
   */
  readonly expiresInMs: number | null
  /** The open request to pair; null when there is none. */
  readonly pairingRequest: number | null
  /** Milliseconds until it is tried again by itself, as it was last written; null when it waits for nothing of the kind. */
  readonly nextTryInMs: number | null
  readonly restartRequested: number
  readonly restartDone: number
  readonly port: number | null
  readonly rateLimitRps: number
  readonly maxConcurrentRequests: number
  readonly lease: PlannedLease
}

export interface PlannedLease {
  readonly phase: 'idle' | 'held' | 'adopting'
  readonly epoch: number
  readonly serverName: string | null
  readonly serverEpoch: number
  readonly nonce: string | null
  readonly process: string | null
  readonly port: number | null
  /** Milliseconds that the worker may still run without us; null when no bound is known. */
  readonly mayRunForMs: number | null
}

interface Row {
  clock_ms: number
  id: string
  tenant_id: string
  platform: Platform
  server_name: string
  placement: Placement
  status: Status
  desired: Desired
  state: State
  last_error: string | null
  attempt: number
  expires_in_ms: number | null
  pairing_request: number | null
  next_try_in_ms: number | null
  restart_requested: number
  restart_done: number
  port: number | null
  rate_limit_rps: number
  max_concurrent_requests: number
  phase: 'idle' | 'held' | 'adopting'
  epoch: number
  lease_server: string | null
  server_epoch: number
  nonce: string | null
  process: string | null
  lease_port: number | null
  may_run_for_ms: number | null
}

/**
 * Reads everything the reconcile loop of a server needs in one statement: instances that should run, instances whose
 * lease this server holds, and instances whose observed state is not yet at rest.
 */
export async function readServerPlan(database: Queryable, server: string): Promise<ServerPlan> {
  const { rows } = await database.query<Row>(
    `select (extract(epoch from clock_timestamp()) * 1000)::double precision as clock_ms,
       i.id, i.tenant_id, i.platform, i.server_name, i.placement, i.status, i.desired, i.state, i.last_error, i.attempt,
       run_left_ms(i) as expires_in_ms,
       (select id from pairing where instance_id = i.id and is_open_step(step)) as pairing_request,
       (extract(epoch from i.next_try_at - clock_timestamp()) * 1000)::double precision as next_try_in_ms,
       i.restart_requested, i.restart_done, i.port, i.rate_limit_rps, i.max_concurrent_requests,
       l.phase, l.epoch, l.server_name as lease_server, l.server_epoch, l.nonce, l.process, l.port as lease_port,
       (extract(epoch from l.may_run_until - clock_timestamp()) * 1000)::double precision as may_run_for_ms
     from instance i join instance_lease l on l.instance_id = i.id
     where (i.server_name = $1 and (i.status = 'approved' or i.desired = 'pairing' or i.state <> 'stopped'
         or i.last_error is not null))
       or (l.server_name = $1 and l.phase <> 'idle')
     order by i.id`,
    [server],
  )
  const instances = rows.map((row) => ({
    id: row.id,
    tenant: row.tenant_id,
    platform: row.platform,
    serverName: row.server_name,
    placement: row.placement,
    status: row.status,
    desired: row.desired,
    state: row.state,
    lastError: row.last_error,
    attempt: row.attempt,
    expiresInMs: row.expires_in_ms,
    pairingRequest: row.pairing_request,
    nextTryInMs: row.next_try_in_ms,
    restartRequested: row.restart_requested,
    restartDone: row.restart_done,
    port: row.port,
    rateLimitRps: row.rate_limit_rps,
    maxConcurrentRequests: row.max_concurrent_requests,
    lease: {
      phase: row.phase,
      epoch: row.epoch,
      serverName: row.lease_server,
      serverEpoch: row.server_epoch,
      nonce: row.nonce,
      process: row.process,
      port: row.lease_port,
      mayRunForMs: row.may_run_for_ms,
    },
  }))
  return { clockMs: rows[0]?.clock_ms ?? null, instances }
}

/** What its worker may send, as the plan has it. */
export function limitsOf({ rateLimitRps, maxConcurrentRequests }: PlannedInstance): WorkerLimits {
  return { rateLimitRps, maxConcurrentRequests }
}
