import type { Queryable } from '../db/transaction.ts'
import { type Actor, assertMay } from '../domain/actor.ts'
import type { ExpiryPause } from '../domain/expiry-pause.ts'

/** A row of `expiry_pause`, as far as it is shown. */
export interface ExpiryPauseRow {
  noticed_at: Date
  noticed_by: string
  kind: 'jump' | 'difference'
  jump_ms: number
  stands_at: Date
}

export const expiryPauseColumns = 'noticed_at, noticed_by, kind, jump_ms, stands_at'

export function expiryPauseOf(row: ExpiryPauseRow): ExpiryPause {
  return { ...row, noticed_at: row.noticed_at.toISOString(), stands_at: row.stands_at.toISOString() }
}

/** The open pause with the database's clock as it is now; null while expiry goes on. */
export async function readExpiryPause(
  database: Queryable,
  actor: Actor,
  _input: Record<string, never> = {},
): Promise<{ pause: ExpiryPause | null; clockMs: number }> {
  assertMay(actor, 'server.read')
  const { rows } = await database.query<
    { clock_ms: number } & { [C in keyof ExpiryPauseRow]: ExpiryPauseRow[C] | null }
  >(
    `select (extract(epoch from clock_timestamp()) * 1000)::double precision as clock_ms, ${expiryPauseColumns}
     from (select 1) as one left join expiry_pause on confirmed_at is null`,
  )
  const row = rows[0]
  if (row === undefined) throw new Error('a select without a where had no row')
  const { clock_ms: clockMs, ...pause } = row
  return { pause: pause.noticed_at === null ? null : expiryPauseOf(pause as ExpiryPauseRow), clockMs }
}
