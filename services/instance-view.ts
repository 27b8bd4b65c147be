import { Failure } from '../domain/failure.ts'
import { desiredStates, type InstanceView, placements, platforms, states, statuses } from '../domain/instance.ts'
import { parseProcessIdentity } from '../domain/process-identity.ts'

/** Columns and joins of an instance as every face shows it; the instance's alias is `i`. */
export const instanceViewSql = `
  select i.*, l.epoch, l.process, l.phase, s.cpu_percent, s.memory_bytes
  from instance i
  join instance_lease l on l.instance_id = i.id
  left join lateral (
    select cpu_percent, memory_bytes from instance_sample
    where instance_id = i.id and at > now() - interval '2 minutes' order by at desc limit 1
  ) s on l.phase <> 'idle'`

/** A row of `instanceViewSql`, as a database of any version may return it. */
export interface InstanceRow {
  id: string
  tenant_id: string
  platform: string
  name: string
  owner_id: string | null
  phone_number: string | null
  platform_username: string | null
  platform_bot_id: string | null
  is_master: boolean
  status: string
  suspended_reason: string | null
  desired: string
  resumes_with_agent: boolean
  state: string
  state_at: Date
  last_error: string | null
  attempt: number
  next_try_at: Date | null
  restarts: number
  server_name: string
  placement: string
  port: number | null
  process: string | null
  phase: string
  epoch: number
  duration_months: number | null
  approved_at: Date | null
  expires_at: Date | null
  rate_limit_rps: number
  max_concurrent_requests: number
  cpu_percent: number | null
  memory_bytes: number | null
  created_at: Date
  updated_at: Date
}

/** Decodes a row; a word that this program does not know is refused clearly instead of shown wrongly. */
export function instanceViewOf(row: InstanceRow): InstanceView {
  return {
    id: row.id,
    tenant: row.tenant_id,
    platform: wordOf(row, 'platform', platforms),
    name: row.name,
    owner: row.owner_id,
    phone_number: row.phone_number,
    username: row.platform_username,
    bot_id: row.platform_bot_id,
    is_master: row.is_master,
    status: wordOf(row, 'status', statuses),
    suspended_reason: row.suspended_reason,
    desired: wordOf(row, 'desired', desiredStates),
    resumes_with_agent: row.resumes_with_agent,
    state: wordOf(row, 'state', states),
    state_at: row.state_at.toISOString(),
    last_error: row.last_error,
    attempt: row.attempt,
    next_try_at: row.next_try_at?.toISOString() ?? null,
    restarts: row.restarts,
    server_name: row.server_name,
    placement: wordOf(row, 'placement', placements),
    port: row.port,
    pid: row.phase === 'idle' || row.process === null ? null : (parseProcessIdentity(row.process)?.pid ?? null),
    epoch: row.epoch,
    duration_months: row.duration_months,
    approved_at: row.approved_at?.toISOString() ?? null,
    expires_at: row.expires_at?.toISOString() ?? null,
    rate_limit_rps: row.rate_limit_rps,
    max_concurrent_requests: row.max_concurrent_requests,
    cpu_percent: row.cpu_percent,
    memory_bytes: row.memory_bytes,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  }
}

function wordOf<const Words extends readonly string[]>(
  row: InstanceRow,
  column: keyof InstanceRow,
  words: Words,
): Words[number] {
  const value = row[column]
  const word = words.find((known) => known === value)
  if (word === undefined) {
    throw new Failure(
      'conflict',
      `the bot ${row.id} has an unknown ${column} '${String(value)}': the row is corrupt or of a newer botfleet`,
    )
  }
  return word
}
