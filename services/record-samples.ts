import type { Queryable } from '../db/transaction.ts'

export interface Sample {
  readonly instanceId: string
  /** Percent of one core. */
  readonly cpuPercent: number
  /** Resident memory in bytes. */
  readonly memoryBytes: number
}

export interface ServerSamples {
  readonly server: string
  readonly serverEpoch: number
  readonly workers: readonly Sample[]
  /** Resident memory of each spare worker in bytes. */
  readonly standbyBytes: readonly number[]
}

/** Writes the samples of all live workers and spares in one statement; nothing when the name is no longer ours. */
export async function recordSamples(database: Queryable, samples: ServerSamples): Promise<void> {
  const { workers, standbyBytes } = samples
  await database.query(
    `with ours as (
       update server set standby_count = $6, standby_memory_bytes = $7
       where name = $1 and server_epoch = $2 and lease_until > clock_timestamp() returning name
     )
     insert into instance_sample (instance_id, cpu_percent, memory_bytes)
     select sample.* from ours, unnest($3::text[], $4::real[], $5::bigint[]) as sample on conflict do nothing`,
    [
      samples.server,
      samples.serverEpoch,
      workers.map((sample) => sample.instanceId),
      workers.map((sample) => sample.cpuPercent),
      workers.map((sample) => Math.round(sample.memoryBytes)),
      standbyBytes.length,
      Math.round(standbyBytes.reduce((sum, bytes) => sum + bytes, 0)),
    ],
  )
}
