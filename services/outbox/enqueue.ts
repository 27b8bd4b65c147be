import type { Queryable } from '../../db/transaction.ts'
import type { Platform } from '../../domain/instance.ts'
import type { NoticeKind, Notices } from '../../domain/notices.ts'

interface Notice<K extends NoticeKind> {
  readonly kind: K
  readonly payload: Notices[K]
  /** The fact that it tells, for example the withdrawal's id: told once to each recipient. */
  readonly reference: string
}

type Recipient =
  /** A customer of the tenant; `instanceId`: the bot to prefer where the tenant has several. */
  | { readonly customerId: string; readonly instanceId?: string | null }
  /** A chat of the tenant's bot: a person's own, or one that the tenant named. */
  | { readonly chatId: string; readonly platform?: Platform }

/**
 * Queues a message in the transaction of the fact that it tells; it is delivered after the commit, in the recipient's
 * language and order. The same kind and reference is queued once for each recipient, however often it is asked.
 */
export async function enqueue<K extends NoticeKind>(
  tx: Queryable,
  message: Notice<K> & { readonly tenant: string } & Recipient,
): Promise<void> {
  const { tenant, kind, payload, reference } = message
  const told = [tenant, kind, JSON.stringify(payload), reference]
  if ('customerId' in message) {
    await tx.query('select tell_customer($1, $2, $3, $4, $5, $6)', [
      ...told,
      message.customerId,
      message.instanceId ?? null,
    ])
  } else {
    await tx.query('select tell_chat($1, $2, $3, $4, $5, $6)', [
      ...told,
      message.platform ?? 'telegram',
      message.chatId,
    ])
  }
}

/**
 * Queues a message to everybody who owns the tenant's shop and to the chat that it named for notices; of the master to
 * its admins. An owner who did it in a chat (`by`, an actor's name) has been answered there, and is not told besides.
 */
export async function enqueueToOwners<K extends NoticeKind>(
  tx: Queryable,
  message: Notice<K> & { readonly tenant: string; readonly by?: string },
): Promise<void> {
  const { tenant, kind, payload, reference, by = '' } = message
  await tx.query('select tell_owners($1, $2, $3, $4, $5)', [tenant, kind, JSON.stringify(payload), reference, by])
}

/** Queues a message to every owner, admin and operator whose chat is linked (`user link`), through the master's bot. */
export async function enqueueToAdmins<K extends NoticeKind>(tx: Queryable, message: Notice<K>): Promise<void> {
  const { kind, payload, reference } = message
  await tx.query('select tell_admins($1, $2, $3)', [kind, JSON.stringify(payload), reference])
}
