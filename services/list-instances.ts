import type { Queryable } from '../db/transaction.ts'
import { type Actor, assertMay } from '../domain/actor.ts'
import { Failure } from '../domain/failure.ts'
import {
  type InstanceView,
  type Platform,
  restingStates,
  type State,
  type Status,
  states,
  statuses,
} from '../domain/instance.ts'
import { type InstanceRow, instanceViewOf, instanceViewSql } from './instance-view.ts'

export interface ListInstances {
  /** A status, an observed state, `trouble`, or a seed's word: active, paused, pending. */
  readonly status?: string | undefined
  readonly server?: string | undefined
  readonly tenant?: string | undefined
  /** Only approved ones whose time ends within this many milliseconds (seed row S4-076). */
  readonly expiringWithinMs?: number | undefined
  readonly platform?: Platform | undefined
  /** A part of its id, name, owner, number or username. */
  readonly text?: string | undefined
  /** Only what stands behind this one in the list. */
  readonly after?: string | undefined
  readonly limit?: number | undefined
}

interface StatusFilter {
  readonly statuses: readonly Status[]
  readonly desired?: string
  readonly states?: readonly State[]
}

const notDeleted = statuses.filter((status) => status !== 'deleted')

/** The seeds' words for a status with a wish (design section 4). */
const seedWords: Record<string, StatusFilter> = {
  active: { statuses: ['approved'], desired: 'running' },
  paused: { statuses: ['approved'], desired: 'stopped' },
  pending: { statuses: ['new'] },
  /** What the panel shows as problems: it should run and waits for a person or for its next try. */
  trouble: { statuses: ['approved'], desired: 'running', states: ['backoff', ...restingStates] },
}

/** Instances, newest first; deleted ones only when asked for. An agent sees its own tenant. */
export async function listInstances(database: Queryable, actor: Actor, input: ListInstances): Promise<InstanceView[]> {
  const tenant = actor.role === 'agent' ? actor.tenant : (input.tenant ?? null)
  assertMay(actor, 'instance.read', tenant ?? undefined)
  const filter = statusFilterOf(input.status)
  const { rows } = await database.query<InstanceRow>(
    `${instanceViewSql}
     where i.status = any($1) and ($2::text is null or i.desired = $2) and ($3::text[] is null or i.state = any($3))
       and ($4::text is null or i.server_name = $4) and ($5::text is null or i.tenant_id = $5)
       and ($6::double precision is null
         or (i.status = 'approved' and i.expires_at <= subscription_clock() + $6 * interval '1 millisecond'))
       and ($7::text is null or i.platform = $7)
       and ($8::text is null or position(lower($8) in lower(concat_ws(' ', i.id, i.name, i.owner_id, i.phone_number,
         '@' || i.platform_username))) > 0)
       and ($9::text is null or (i.created_at, i.id) < (
         select created_at, id from instance where id = $9 and ($5::text is null or tenant_id = $5)))
     order by i.created_at desc, i.id desc limit $10`,
    [
      filter.statuses,
      filter.desired ?? null,
      filter.states ?? null,
      input.server ?? null,
      tenant,
      input.expiringWithinMs ?? null,
      input.platform ?? null,
      input.text ?? null,
      input.after ?? null,
      input.limit ?? null,
    ],
  )
  return rows.map(instanceViewOf)
}

function statusFilterOf(word: string | undefined): StatusFilter {
  if (word === undefined) return { statuses: notDeleted }
  const seed = seedWords[word]
  if (seed !== undefined) return seed
  const status = statuses.find((known) => known === word)
  if (status !== undefined) return { statuses: [status] }
  const state = states.find((known) => known === word)
  if (state !== undefined) return { statuses: notDeleted, states: [state] }
  const words = [...statuses, ...Object.keys(seedWords), ...states].join(', ')
  throw new Failure('usage', `no such status: '${word}'; one of ${words}`)
}
