import type { Queryable } from '../db/transaction.ts'

export interface WorkerEvent {
  readonly instanceId: string
  readonly server: string
  readonly epoch: number
  /** `worker_started`, `worker_ended` or `worker_hung`. */
  readonly kind: 'worker_started' | 'worker_ended' | 'worker_hung'
  readonly reason: string | null
  readonly details: Readonly<Record<string, unknown>>
}

/** Notes the start or end of a worker in the instance's history. */
export async function recordWorkerEvent(database: Queryable, event: WorkerEvent): Promise<void> {
  await database.query(
    `insert into instance_event (instance_id, kind, reason, details, server_name, epoch) values ($1, $2, $3, $4, $5, $6)`,
    [event.instanceId, event.kind, event.reason, JSON.stringify(event.details), event.server, event.epoch],
  )
}
