import type { Tx } from '../../db/transaction.ts'
import type { Asked } from '../../domain/worker-contract.ts'
import type { FencedInstance } from '../fence.ts'

/** Keeps what a person is asked for from now on in this bot's chat; null is nothing. */
export async function rememberAsked(
  tx: Tx,
  instance: FencedInstance,
  input: { platformUserId: string; state: Asked | null },
): Promise<void> {
  const customer = `select id from customer where tenant_id = $2 and platform = $3 and platform_user_id = $4`
  const who = [instance.instanceId, instance.tenant, instance.platform, input.platformUserId]
  if (input.state === null) {
    await tx.query(`delete from conversation_state where instance_id = $1 and customer_id = (${customer})`, who)
    return
  }
  await tx.query(
    `insert into conversation_state (instance_id, customer_id, state) select $1, id, $5 from (${customer}) as person
     on conflict (instance_id, customer_id) do update set state = excluded.state, updated_at = now()`,
    [...who, JSON.stringify(input.state)],
  )
}
