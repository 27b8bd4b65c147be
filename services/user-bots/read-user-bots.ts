import type { Queryable } from '../../db/transaction.ts'
import { restingStates } from '../../domain/instance.ts'
import type { UserBotStatus, UserBotView } from '../../domain/user-bot.ts'

interface Row extends Omit<UserBotView, 'bot_id' | 'created_at' | 'last_used_at'> {
  bot_id: string | null
  created_at: Date
  last_used_at: Date | null
}

export interface UserBotFilter {
  readonly user?: string
  readonly tenant?: string
  readonly status?: UserBotStatus | undefined
}

/** Bots that belong to somebody, by the words of seed 002. */
const userBotsSql = `
  select i.id as instance, i.owner_id as user_id, i.platform_username as bot_username, i.platform_bot_id as bot_id,
    case i.status when 'new' then 'pending' when 'approved' then
      case when i.desired <> 'running' then 'paused' when i.state = any($1) then 'error' else 'active' end
    else i.status end as status,
    i.verified_at is not null as is_verified, i.created_at, s.at as last_used_at, i.rate_limit_rps,
    i.max_concurrent_requests
  from instance i left join lateral (
    select at from instance_sample where instance_id = i.id order by at desc limit 1
  ) s on true
  where i.status <> 'deleted' and i.owner_id is not null
    and ($2::text is null or i.owner_id = $2) and ($3::text is null or i.tenant_id = $3)`

/** Bots of users, newest first. Asks for no right. */
export async function readUserBots(
  tx: Queryable,
  filter: UserBotFilter,
  page: { readonly limit: number; readonly offset: number },
): Promise<UserBotView[]> {
  const { rows } = await tx.query<Row>(
    `select * from (${userBotsSql}) as bot where $4::text is null or status = $4
     order by created_at desc, instance desc limit $5 offset $6`,
    [...valuesOf(filter), page.limit, page.offset],
  )
  return rows.map((row) => ({
    ...row,
    bot_id: row.bot_id === null ? null : Number(row.bot_id),
    created_at: row.created_at.toISOString(),
    last_used_at: row.last_used_at?.toISOString() ?? null,
  }))
}

/** How many there are. */
export async function countUserBots(tx: Queryable, filter: UserBotFilter): Promise<number> {
  const { rows } = await tx.query<{ count: number }>(
    `select count(*) as count from (${userBotsSql}) as bot where $4::text is null or status = $4`,
    valuesOf(filter),
  )
  return rows[0]?.count ?? 0
}

function valuesOf({ user, tenant, status }: UserBotFilter): unknown[] {
  return [restingStates, user ?? null, tenant ?? null, status ?? null]
}
