import type { Tx } from '../../../db/transaction.ts'
import { type Actor, assertMay } from '../../../domain/actor.ts'
import { Failure } from '../../../domain/failure.ts'
import type { BroadcastState } from '../../../domain/outbox.ts'
import { appendAudit } from '../../append-audit.ts'
import { type BroadcastView, readBroadcast } from './broadcast-view.ts'

/** A broadcast that the actor may change; throws `not_found` and `not_allowed`. */
export async function lockBroadcast(
  tx: Tx,
  actor: Actor,
  input: { readonly id: number },
): Promise<{ tenant: string; state: BroadcastState }> {
  const { rows } = await tx.query<{ tenant: string; state: BroadcastState }>(
    `select tenant_id as tenant, state from broadcast where id = $1 for update`,
    [input.id],
  )
  const found = rows[0]
  // Who may not send for anybody does not learn what there is.
  if (found === undefined && actor.role !== 'agent') {
    throw new Failure('not_found', `no broadcast ${input.id}: ./botfleet broadcast list shows them`)
  }
  assertMay(actor, 'broadcast.send', found?.tenant)
  if (found === undefined) throw new Error('an agent passed without a tenant')
  return found
}

/** Moves a broadcast along; throws `conflict` where it does not go there from where it is. */
export async function moveBroadcast(
  tx: Tx,
  actor: Actor,
  input: {
    readonly id: number
    readonly from: readonly BroadcastState[]
    readonly to: BroadcastState
    readonly verb: string
  },
): Promise<BroadcastView> {
  const { id, from, to, verb } = input
  const { tenant, state } = await lockBroadcast(tx, actor, { id })
  if (!from.includes(state)) throw new Failure('conflict', `broadcast ${id} is ${state}: it cannot be ${verb}`)
  await tx.query(
    `update broadcast set state = $2, ended_at = case when $2 = 'cancelled' then clock_timestamp() end where id = $1`,
    [id, to],
  )
  await appendAudit(tx, actor, {
    action: `broadcast.${to}`,
    targetKind: 'broadcast',
    targetId: String(id),
    tenantId: tenant,
    details: { from: state },
  })
  await tx.query(`select pg_notify('botfleet_outbox', $1)`, [tenant])
  return readBroadcast(tx, id)
}
