import type { Queryable } from '../../../db/transaction.ts'
import { Failure } from '../../../domain/failure.ts'
import type { BroadcastState } from '../../../domain/outbox.ts'

export interface BroadcastView {
  readonly id: number
  readonly tenant: string
  readonly html: string
  readonly state: BroadcastState
  /** Whether everybody who is to get it is counted below. */
  readonly counted: boolean
  readonly recipients: number
  readonly waiting: number
  readonly sent: number
  /** Dead letters: blocked the bot, no such chat. */
  readonly failed: number
  /** Opted out meanwhile, or cancelled. */
  readonly dropped: number
  readonly created_at: string
  readonly created_by: string
  readonly ended_at: string | null
}

interface Row extends Omit<BroadcastView, 'created_at' | 'ended_at'> {
  created_at: Date
  ended_at: Date | null
}

/** Broadcasts as faces show them, newest first; of a tenant, or one. */
export async function readBroadcasts(
  tx: Queryable,
  input: {
    readonly tenant?: string | undefined
    readonly id?: number
    /** Only those before this one. */
    readonly before?: number | undefined
    readonly limit?: number
  },
): Promise<BroadcastView[]> {
  const { rows } = await tx.query<Row>(
    `select b.id, b.tenant_id as tenant, b.html, b.state, b.filled_at is not null as counted,
       count(m.id)::integer as recipients,
       (count(*) filter (where m.state in ('queued', 'claimed')))::integer as waiting,
       (count(*) filter (where m.state = 'sent'))::integer as sent,
       (count(*) filter (where m.state = 'dead'))::integer as failed,
       (count(*) filter (where m.state = 'dropped'))::integer as dropped,
       b.created_at, b.created_by, b.ended_at
     from (
       select * from broadcast where ($1::text is null or tenant_id = $1) and ($2::bigint is null or id = $2)
         and ($4::bigint is null or id < $4)
       order by id desc limit $3
     ) as b left join outbox_message m on m.broadcast_id = b.id
     group by b.id, b.tenant_id, b.html, b.state, b.filled_at, b.created_at, b.created_by, b.ended_at
     order by b.id desc`,
    [input.tenant ?? null, input.id ?? null, input.limit ?? 1, input.before ?? null],
  )
  return rows.map((row) => ({
    ...row,
    created_at: row.created_at.toISOString(),
    ended_at: row.ended_at?.toISOString() ?? null,
  }))
}

/** One broadcast; throws `not_found`. */
export async function readBroadcast(tx: Queryable, id: number): Promise<BroadcastView> {
  const [view] = await readBroadcasts(tx, { id })
  if (view === undefined) throw new Failure('not_found', `no broadcast ${id}: ./botfleet broadcast list shows them`)
  return view
}
