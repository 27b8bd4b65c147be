import type { Tx } from '../../db/transaction.ts'
import type { Actor } from '../../domain/actor.ts'
import type { Notices } from '../../domain/notices.ts'
import type { WithdrawalView } from '../../domain/withdrawal.ts'
import { enqueueToOwners } from '../outbox/enqueue.ts'

/** What every notice of a withdrawal says. */
type Core = Notices['withdrawal_approved']
type Kind = {
  [K in keyof Notices]: Notices[K] extends Core ? K : never
}[keyof Notices]

/** Queues a notice of a withdrawal to the owners of its shop, once; whoever did it in a chat is answered there. */
export async function tellOwners<K extends Kind>(
  tx: Tx,
  actor: Actor,
  { id, tenant, amount, fee, currency }: WithdrawalView,
  { kind, more }: { readonly kind: K; readonly more: Omit<Notices[K], keyof Core> },
): Promise<void> {
  const payload = { withdrawal: id, amount, fee, currency, ...more } as unknown as Notices[K]
  await enqueueToOwners(tx, { tenant, kind, payload, reference: id, by: actor.name })
}
