import type { Tx } from '../db/transaction.ts'

/** Takes a piece of work on for this transaction; false while another server is at it. */
export async function takeTurn(tx: Tx, input: { readonly work: string }): Promise<boolean> {
  const { rows } = await tx.query<{ taken: boolean }>(
    `select pg_try_advisory_xact_lock(hashtextextended('botfleet ' || $1, 0)) as taken`,
    [input.work],
  )
  return rows[0]?.taken ?? false
}
