import type { Tx } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import { auditMessages } from './audit-messages.ts'

/** Dead letters: some by id, or all of a tenant or a kind. */
export interface DeadLetters {
  readonly ids?: readonly number[] | undefined
  readonly tenant?: string | undefined
  readonly kind?: string | undefined
}

/**
 * Lets dead letters be delivered once more, as if they had just been written. Needs `outbox.redrive`; what is no dead
 * letter is left alone.
 * @returns the ids of those that are queued again.
 */
export async function redriveMessages(tx: Tx, actor: Actor, input: DeadLetters): Promise<number[]> {
  assertMay(actor, 'outbox.redrive', input.tenant)
  const { rows } = await tx.query<{ id: number; tenant_id: string }>(
    `update outbox_message set state = 'queued', attempts = 0, not_before = clock_timestamp(), ended_at = null,
       answer_marks = '{}', instance_id = null, epoch = null
     where state = 'dead' and ($1::bigint[] is null or id = any($1)) and ($2::text is null or tenant_id = $2)
       and ($3::text is null or kind = $3)
     returning id, tenant_id`,
    [input.ids ?? null, input.tenant ?? null, input.kind ?? null],
  )
  await auditMessages(tx, actor, 'outbox.redrive', rows)
  for (const tenant of new Set(rows.map(({ tenant_id: id }) => id))) {
    await tx.query(`select pg_notify('botfleet_outbox', $1)`, [tenant])
  }
  return rows.map(({ id }) => id)
}
