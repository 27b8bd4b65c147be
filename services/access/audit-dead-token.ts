import { timingSafeEqual } from 'node:crypto'
import type { Queryable } from '../../db/transaction.ts'
import { parseApiToken } from '../../domain/api-token.ts'
import { hashSecretToken } from '../secret-token.ts'
import { insertRefusal } from './audit-refusal.ts'

interface TokenRow {
  secret_hash: Buffer
  user_id: string
  username: string
  tenant_id: string | null
  reason: string
}

/**
 * Writes down that a token was refused which was good once: its person is known, and somebody still has it. A token that
 * never was leaves nothing.
 */
export async function auditDeadToken(
  database: Queryable,
  input: { readonly token: string; readonly source: string },
): Promise<void> {
  const parts = parseApiToken(input.token)
  if (parts === undefined) return
  const { rows } = await database.query<TokenRow>(
    `select t.secret_hash, u.id as user_id, u.username, u.tenant_id,
       case when u.disabled_at is not null then 'disabled' when t.revoked_at is not null then 'revoked' else 'expired' end
         as reason
     from api_token t join app_user u on u.id = t.user_id where t.id = $1`,
    [parts.id],
  )
  const row = rows[0]
  if (row === undefined || !timingSafeEqual(row.secret_hash, hashSecretToken(parts.secret))) return
  await insertRefusal(
    database,
    { name: `user:${row.username}`, userId: row.user_id, tenant: row.tenant_id, source: input.source },
    {
      action: 'token.use',
      targetKind: 'token',
      targetId: parts.id,
      code: 'not_authenticated',
      isCheap: true,
      details: { reason: row.reason },
    },
  )
}
