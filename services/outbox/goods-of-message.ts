import type { Queryable } from '../../db/transaction.ts'
import type { Keyring } from '../../domain/keyring.ts'
import type { Fence } from '../fence.ts'
import { readGoods } from '../stock/read-goods.ts'

export interface DeliveredGoods {
  /** The product's name in the customer's language, where it has one. */
  readonly product: string
  readonly lines: string[]
  readonly files: { readonly name: string; readonly content: Buffer }[]
}

/**
 * Opens the goods that a message hands over, for the worker that has that message in hand; without what was refunded
 * meanwhile. Throws `unavailable` or `internal` when they do not open.
 * @returns undefined when the message is not in that worker's hands.
 */
export async function goodsOfMessage(
  tx: Queryable,
  claim: Fence,
  keyring: Keyring,
  input: { readonly id: number },
): Promise<DeliveredGoods | undefined> {
  const { rows } = await tx.query<{ order_id: number; product: string }>(
    `select o.id as order_id,
       coalesce(p.translations -> coalesce(c.language, split_part(c.language_hint, '-', 1)) ->> 'name', p.name) as product
     from outbox_message m
     join customer_order o on o.id = (m.payload ->> 'order')::bigint
       and o.customer_id = m.customer_id and o.tenant_id = m.tenant_id
     join product p on p.id = o.product_id join customer c on c.id = o.customer_id
     where m.id = $3 and m.kind = 'goods' and m.state = 'claimed' and m.instance_id = $1 and m.epoch = $2`,
    [claim.instanceId, claim.epoch, input.id],
  )
  const row = rows[0]
  if (row === undefined) return undefined
  const goods = await readGoods(tx, keyring, { orderId: row.order_id })
  return {
    product: row.product,
    lines: goods.flatMap(({ kind, content }) => (kind === 'line' ? [content.toString('utf8')] : [])),
    files: goods.flatMap(({ kind, fileName, content }) =>
      kind === 'file' ? [{ name: fileName ?? 'file', content }] : [],
    ),
  }
}
