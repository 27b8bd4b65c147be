import type { Tx } from '../db/transaction.ts'
import type { Actor } from '../domain/actor.ts'
import { parseTenant } from '../domain/tenant.ts'
import { appendAudit } from './append-audit.ts'

/** Makes a missing tenant; its name is its agent id until somebody gives it one. */
export async function ensureTenant(tx: Tx, actor: Actor, input: { tenant: string; name?: string }): Promise<string> {
  const tenant = parseTenant(input.tenant)
  const made = await tx.query('insert into tenant (id, name) values ($1, $2) on conflict (id) do nothing', [
    tenant,
    input.name ?? tenant.replace(/^agent:/, ''),
  ])
  if (made.rowCount === 1) {
    await appendAudit(tx, actor, { action: 'tenant.create', targetKind: 'tenant', targetId: tenant, tenantId: tenant })
  }
  return tenant
}
