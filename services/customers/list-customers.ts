import type { Queryable } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import type { CustomerView } from '../../domain/customer.ts'
import { type CustomerRow, customerViewOf, customerViewSql } from './customer-view.ts'

export interface ListCustomers {
  readonly tenant?: string | undefined
  /** Part of a username or a displayed name, the beginning of an id, or a whole id on the platform. */
  readonly search?: string | undefined
  /** Only blocked ones, or only those that are not. */
  readonly blocked?: boolean | undefined
  /** Erased ones too; they have no names to be found by. */
  readonly erased?: boolean | undefined
  /** Only those behind this one, as it was when it was listed: customers move up while they write. */
  readonly after?: { readonly lastSeenMs: number; readonly id: string } | undefined
  readonly limit?: number | undefined
}

const limitMax = 1000
/** As the view says it. */
const seenMs = 'floor(extract(epoch from c.last_seen_at) * 1000)::bigint'

/** Customers with their balances, the one seen last first; an agent sees those of its own shop. */
export async function listCustomers(database: Queryable, actor: Actor, input: ListCustomers): Promise<CustomerView[]> {
  const tenant = actor.role === 'agent' ? actor.tenant : (input.tenant ?? null)
  assertMay(actor, 'customer.read', tenant ?? undefined)
  const search = input.search?.trim().replace(/^@/, '') ?? ''
  const { rows } = await database.query<CustomerRow>(
    `${customerViewSql}
     where c.id in (
       select c.id from customer c
       where ($1::text is null or c.tenant_id = $1)
         and ($2 = '' or c.platform_user_id = $2 or starts_with(c.id, lower($2)) or exists (
           select from unnest($7::text[]) as spelling
           where position(spelling in concat_ws(chr(10), c.username, c.display_name, lower(concat_ws(chr(10), c.username, c.display_name)))) > 0))
         and ($3::boolean is null or (c.blocked_at is not null) = $3)
         and ($4 or c.erased_at is null)
         and ($6::bigint is null or ${seenMs} < $6 or (${seenMs} = $6 and c.id > $8))
       order by ${seenMs} desc, c.id limit $5
     )
     order by ${seenMs} desc, c.id`,
    [
      tenant,
      search,
      input.blocked ?? null,
      input.erased ?? false,
      Math.min(input.limit ?? 50, limitMax),
      input.after?.lastSeenMs ?? null,
      spellingsOf(search),
      input.after?.id ?? null,
    ],
  )
  return rows.map(customerViewOf)
}

/** A database of the C locale knows the cases of ASCII letters only, so those of the others are spelled out here. */
function spellingsOf(search: string): string[] {
  const lower = search.toLowerCase()
  const capital = lower.replaceAll(/(?<!\p{L})\p{L}/gu, (letter) => letter.toUpperCase())
  return [...new Set([search, lower, capital, search.toUpperCase()])]
}
