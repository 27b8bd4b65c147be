/** People and API tokens over HTTP. */
import * as api from '../../domain/api/access.ts'
import { parseDuration } from '../../domain/duration.ts'
import { Failure } from '../../domain/failure.ts'
import { createApiToken } from '../../services/access/create-api-token.ts'
import { endSessions } from '../../services/access/end-sessions.ts'
import { listApiTokens } from '../../services/access/list-api-tokens.ts'
import { listSessions } from '../../services/access/list-sessions.ts'
import { resetSecondFactor } from '../../services/access/reset-second-factor.ts'
import { revokeApiToken } from '../../services/access/revoke-api-token.ts'
import { unlockUser } from '../../services/access/unlock-user.ts'
import { createLinkCode } from '../../services/create-link-code.ts'
import { createUser } from '../../services/create-user.ts'
import { disableUser } from '../../services/disable-user.ts'
import { enableUser } from '../../services/enable-user.ts'
import { listUsers } from '../../services/list-users.ts'
import { setPassword } from '../../services/set-password.ts'
import { setRole } from '../../services/set-role.ts'
import { change, type PanelRoute, type RouteContext, read } from './route.ts'

export function accessRoutes(context: RouteContext): PanelRoute[] {
  return [...userRoutes(context), ...tokenRoutes(context)]
}

function userRoutes({ database }: RouteContext): PanelRoute[] {
  return [
    read(api.listUsers, async ({ actor }) => ({ items: await listUsers(database, actor) })),
    change(api.createUser, (tx, { actor, body }) => createUser(tx, actor, { ...body, tenant: body.tenant ?? null })),
    change(api.setPassword, async (tx, { actor, params, body }) =>
      ended(await setPassword(tx, actor, { ...params, ...body })),
    ),
    change(api.setRole, (tx, { actor, params, body }) =>
      setRole(tx, actor, { ...params, ...body, tenant: body.tenant ?? null }),
    ),
    change(api.disableUser, (tx, { actor, params }) => disableUser(tx, actor, params)),
    change(api.enableUser, (tx, { actor, params }) => enableUser(tx, actor, params)),
    change(api.unlockUser, async (tx, { actor, params }) => {
      const { failuresForgotten } = await unlockUser(tx, actor, params)
      return { failures_forgotten: failuresForgotten }
    }),
    change(api.resetSecondFactor, async (tx, { actor, params }) => ended(await resetSecondFactor(tx, actor, params))),
    change(api.linkChat, async (tx, { actor, params: { username } }) => {
      const { code, expiresAt } = await createLinkCode(tx, actor, { username })
      return { username, code, message: `/start link-${code}`, expires_at: expiresAt }
    }),
    read(api.listSessions, async ({ actor, params, token }) => ({
      items: await listSessions(database, actor, { ...params, current: token }),
    })),
    change(api.endSessions, async (tx, { actor, params }) => ended(await endSessions(tx, actor, params))),
  ]
}

function ended({ sessionsRevoked }: { readonly sessionsRevoked: number }) {
  return { sessions_ended: sessionsRevoked }
}

function tokenRoutes({ database }: RouteContext): PanelRoute[] {
  return [
    read(api.listTokens, async ({ actor, query }) => ({
      items: await listApiTokens(database, actor, { username: query.user }),
    })),
    change(api.createToken, async (tx, { actor, body }) => {
      const { text, token } = await createApiToken(tx, actor, {
        name: body.name,
        username: body.user,
        scopes: body.scopes ?? null,
        ttlMs: body.expires_in === undefined ? null : durationOf(body.expires_in),
      })
      return { ...token, token: text }
    }),
    change(api.revokeToken, (tx, { actor, params }) => revokeApiToken(tx, actor, params)),
  ]
}

function durationOf(text: string): number {
  const value = parseDuration(text)
  if (value === undefined || value === 0) throw new Failure('usage', 'expires_in is a duration such as 12h, 90d or 52w')
  return value
}
