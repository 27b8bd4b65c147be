import type { Tx } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import { auditMessages } from './audit-messages.ts'

/**
 * Gives messages up that are dead or wait. Needs `outbox.redrive`; what was sent or is being sent is left alone.
 * @returns the ids of those that were dropped.
 */
export async function dropMessages(
  tx: Tx,
  actor: Actor,
  input: { readonly ids: readonly number[] },
): Promise<number[]> {
  assertMay(actor, 'outbox.redrive')
  const { rows } = await tx.query<{ id: number; tenant_id: string }>(
    `update outbox_message set state = 'dropped', ended_at = clock_timestamp()
     where id = any($1) and state in ('dead', 'queued') returning id, tenant_id`,
    [input.ids],
  )
  await auditMessages(tx, actor, 'outbox.drop', rows)
  return rows.map(({ id }) => id)
}
