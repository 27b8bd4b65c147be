import type { Queryable } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import { Failure } from '../../domain/failure.ts'
import { type OutboxView, readMessages } from './message-view.ts'

/** One message. Needs `outbox.read`; throws `not_found`. */
export async function showMessage(tx: Queryable, actor: Actor, input: { readonly id: number }): Promise<OutboxView> {
  assertMay(actor, 'outbox.read')
  const [view] = await readMessages(tx, { ids: [input.id], limit: 1 })
  if (view === undefined) throw new Failure('not_found', `no message ${input.id}: ./botfleet outbox list shows them`)
  return view
}
