import type { Queryable } from '../db/transaction.ts'

export interface WorkerEvent {
  readonly instanceId: string
  readonly server: string
  readonly serverEpoch: number
  readonly epoch: number
  readonly kind: 'worker_started' | 'worker_adopted' | 'worker_hung' | 'worker_over_memory' | 'worker_ended'
  readonly reason: string | null
  readonly details: Readonly<Record<string, unknown>>
}

/**
 * Notes the start or end of a worker in the instance's history; the late word of a supervisor that lost its name is not
 * written.
 */
export async function recordWorkerEvent(database: Queryable, event: WorkerEvent): Promise<void> {
  await database.query(
    `insert into instance_event (instance_id, kind, reason, details, server_name, epoch)
     select $1, $2, $3, $4, name, $6 from server
     where name = $5 and server_epoch = $7 and lease_until > clock_timestamp()`,
    [
      event.instanceId,
      event.kind,
      event.reason,
      JSON.stringify(event.details),
      event.server,
      event.epoch,
      event.serverEpoch,
    ],
  )
}
