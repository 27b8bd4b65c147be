import type { Tx } from '../db/transaction.ts'
import { leaseHasLapsed } from './lease-has-lapsed.ts'

/**
 * Assigns floating bots of a server to other live servers that have room, the emptiest first: all of them while it
 * drains, else only those that do not fit (`ids`). Their workers end here before they start there.
 * @returns the ids that were assigned elsewhere.
 */
export async function moveFloatingAway(
  tx: Tx,
  input: { server: string; serverEpoch: number; ids: readonly string[] | 'all' },
): Promise<string[]> {
  const { rows: targets } = await tx.query<{ name: string; room: number }>(
    `select s.name, s.capacity - count(i.id) filter (where i.status = 'approved' and i.desired = 'running')::int as room
     from server s left join instance i on i.server_name = s.name
     where s.name <> $1 and not s.draining and s.holder is not null and not ${leaseHasLapsed}
     group by s.name`,
    [input.server],
  )
  const seats = seatsOf(targets)
  if (seats.length === 0) return []
  const { rows } = await tx.query<{ id: string }>(
    `update instance i set server_name = pick.target
     from (
       select c.id, ($3::text[])[row_number() over (order by c.id)] as target
       from (
         select id from instance
         where server_name = $1 and placement = 'floating' and status = 'approved' and desired = 'running'
           and ($4::text[] is null or id = any($4))
         order by id limit cardinality($3::text[]) for update skip locked
       ) c
     ) pick
     where i.id = pick.id
       and exists (select 1 from server s
         where s.name = $1 and s.server_epoch = $2 and s.lease_until > clock_timestamp())
     returning i.id`,
    [input.server, input.serverEpoch, seats, input.ids === 'all' ? null : input.ids],
  )
  return rows.map(({ id }) => id)
}

const seatsMax = 1000

/** The names of the servers in the order in which their free seats are given away. */
function seatsOf(targets: readonly { name: string; room: number }[]): string[] {
  const left = targets.map((target) => ({ ...target }))
  const seats: string[] = []
  while (seats.length < seatsMax) {
    const emptiest = left.sort((a, b) => b.room - a.room || a.name.localeCompare(b.name))[0]
    if (emptiest === undefined || emptiest.room <= 0) break
    emptiest.room -= 1
    seats.push(emptiest.name)
  }
  return seats
}
