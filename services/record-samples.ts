import type { Queryable } from '../db/transaction.ts'

export interface Sample {
  readonly instanceId: string
  /** Percent of one core. */
  readonly cpuPercent: number
  /** Resident memory in bytes. */
  readonly memoryBytes: number
}

/** Writes the samples of all live workers in one statement. */
export async function recordSamples(database: Queryable, samples: readonly Sample[]): Promise<void> {
  if (samples.length === 0) return
  await database.query(
    `insert into instance_sample (instance_id, cpu_percent, memory_bytes)
     select * from unnest($1::text[], $2::real[], $3::bigint[]) on conflict do nothing`,
    [
      samples.map((sample) => sample.instanceId),
      samples.map((sample) => sample.cpuPercent),
      samples.map((sample) => Math.round(sample.memoryBytes)),
    ],
  )
}
