import type { Tx } from '../../db/transaction.ts'
import type { Asked, Person } from '../../domain/worker-contract.ts'
import type { FencedInstance } from '../fence.ts'

/** What this person was asked for in this bot's chat, and whether this update was answered already. */
export async function recallAsked(
  tx: Tx,
  instance: FencedInstance,
  input: { updateKey: string; person: Person },
): Promise<{ state: Asked | null; answered: boolean }> {
  const { rows } = await tx.query<{ state: Asked | null; answered: boolean }>(
    `select (select s.state from conversation_state s join customer c on c.id = s.customer_id
         where s.instance_id = $1 and c.tenant_id = $2 and c.platform = $3 and c.platform_user_id = known_as($2, $3, $4)) as state,
       exists (select from handled_update where instance_id = $1 and key = $5 and answered_at is not null) as answered`,
    [instance.instanceId, instance.tenant, instance.platform, input.person.platformUserId, input.updateKey],
  )
  const row = rows[0]
  if (row === undefined) throw new Error('a select without a table has one row')
  return row
}
