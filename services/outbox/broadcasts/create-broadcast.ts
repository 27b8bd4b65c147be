import type { Tx } from '../../../db/transaction.ts'
import { type Actor, assertMay } from '../../../domain/actor.ts'
import { Failure } from '../../../domain/failure.ts'
import { tenantNotFound } from '../../agents/tenant-not-found.ts'
import { appendAudit } from '../../append-audit.ts'
import { type BroadcastView, readBroadcast } from './broadcast-view.ts'

/** Room for the button and for what Telegram counts otherwise. */
const htmlMax = 3500

/**
 * Writes a broadcast to the customers of a tenant, as a draft that goes to nobody yet. Throws `usage` for a text that is
 * empty or longer than 3,500 characters, `not_found` for a tenant that does not exist.
 */
export async function createBroadcast(
  tx: Tx,
  actor: Actor,
  input: { readonly tenant: string; readonly html: string },
): Promise<BroadcastView> {
  assertMay(actor, 'broadcast.send', input.tenant)
  const html = input.html.trim()
  if (html === '' || html.length > htmlMax) {
    throw new Failure('usage', `a broadcast has 1 to ${htmlMax} characters, this one has ${html.length}`, {
      details: { trouble: 'bad_text' },
    })
  }
  const { rows } = await tx.query<{ id: number }>(
    `insert into broadcast (tenant_id, html, created_by) select id, $2, $3 from tenant where id = $1 returning id`,
    [input.tenant, html, actor.name],
  )
  const id = rows[0]?.id
  if (id === undefined) throw tenantNotFound(input.tenant)
  await appendAudit(tx, actor, {
    action: 'broadcast.create',
    targetKind: 'broadcast',
    targetId: String(id),
    tenantId: input.tenant,
    details: { html },
  })
  return readBroadcast(tx, id)
}
