import type { Tx } from '../../db/transaction.ts'
import { type Actor, may } from '../../domain/actor.ts'
import type { ApiTokenView } from '../../domain/api-token.ts'
import { Failure } from '../../domain/failure.ts'
import { appendAudit } from '../append-audit.ts'
import { readApiTokens } from './list-api-tokens.ts'

/**
 * Ends an API token for good: one's own, or with `user.manage` anybody's; a token may end itself.
 * Throws `not_found` for one that is unknown or not one's own, `conflict` for one that was revoked before.
 */
export async function revokeApiToken(tx: Tx, actor: Actor, input: { readonly id: string }): Promise<ApiTokenView> {
  const anybodys = may(actor, 'user.manage')
  const { rows } = await tx.query<{ tenant_id: string | null; revoked: boolean }>(
    `select u.tenant_id, t.revoked_at is not null as revoked from api_token t join app_user u on u.id = t.user_id
     where t.id = $1 and ($2 or (t.user_id = $3 and coalesce($4, t.id) = t.id)) for update of t`,
    [input.id, anybodys, actor.userId, actor.token ?? null],
  )
  const found = rows[0]
  if (found === undefined) throw new Failure('not_found', `there is no token ${JSON.stringify(input.id)}`)
  if (found.revoked) throw new Failure('conflict', `the token ${input.id} was revoked before`)
  await tx.query('update api_token set revoked_at = clock_timestamp() where id = $1', [input.id])
  const [token] = await readApiTokens(tx, { id: input.id })
  if (token === undefined) throw new Error('a locked token vanished')
  await appendAudit(tx, actor, {
    action: 'token.revoke',
    targetKind: 'token',
    targetId: input.id,
    tenantId: found.tenant_id,
    details: { username: token.username, name: token.name },
  })
  return token
}
