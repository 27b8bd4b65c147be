/** One's own account over HTTP: password, second factor, sessions. */
import { renderSVG } from 'uqr'
import * as api from '../../domain/api/access.ts'
import { beginSecondFactor } from '../../services/access/begin-second-factor.ts'
import { changeOwnPassword } from '../../services/access/change-own-password.ts'
import { confirmSecondFactor } from '../../services/access/confirm-second-factor.ts'
import { endSecondFactor } from '../../services/access/end-second-factor.ts'
import { listSessions } from '../../services/access/list-sessions.ts'
import { renewRecoveryCodes } from '../../services/access/renew-recovery-codes.ts'
import { revokeOtherSessions } from '../../services/access/revoke-other-sessions.ts'
import { revokeSession } from '../../services/access/revoke-session.ts'
import { showSecondFactor } from '../../services/access/show-second-factor.ts'
import { countedAddress } from './client-address.ts'
import { change, type PanelRoute, type RouteContext, read } from './route.ts'

const success = { success: true } as const

export function accountRoutes(context: RouteContext): PanelRoute[] {
  const { database, hasher } = context
  return [
    // What asks for a password opens transactions of its own: none waits for the slow hash.
    read(api.changePassword, async ({ actor, body, request, token }) => {
      const { sessionsRevoked } = await changeOwnPassword(
        database,
        actor,
        {
          password: body.password,
          newPassword: body.new_password,
          address: countedAddress(request.ip),
          keep: token,
        },
        hasher,
      )
      return { sessions_ended: sessionsRevoked }
    }),
    ...secondFactorRoutes(context),
    read(api.listMySessions, async ({ actor, token }) => ({
      items: await listSessions(database, actor, { current: token }),
    })),
    change(api.endOtherSessions, async (tx, { actor, token }) => {
      const { sessionsRevoked } = await revokeOtherSessions(tx, actor, { keep: token })
      return { sessions_ended: sessionsRevoked }
    }),
    change(api.endSession, async (tx, { actor, params }) => {
      await revokeSession(tx, actor, params)
      return success
    }),
  ]
}

function secondFactorRoutes({ database, keyring, hasher }: RouteContext): PanelRoute[] {
  return [
    read(api.showSecondFactor, ({ actor }) => showSecondFactor(database, actor)),
    read(api.beginSecondFactor, async ({ actor, body, request }) => {
      const own = { ...body, address: countedAddress(request.ip), keyring }
      const { secret, uri } = await beginSecondFactor(database, actor, own, hasher)
      return { secret, uri, qr_svg: renderSVG(uri) }
    }),
    read(api.confirmSecondFactor, async ({ actor, body, token }) => {
      const confirmed = await confirmSecondFactor(database, actor, { ...body, keyring, keep: token })
      return { recovery_codes: confirmed.recoveryCodes, sessions_ended: confirmed.sessionsRevoked }
    }),
    read(api.renewRecoveryCodes, async ({ actor, body, request }) => {
      const own = { ...body, address: countedAddress(request.ip) }
      const { recoveryCodes } = await renewRecoveryCodes(database, actor, own, hasher)
      return { recovery_codes: recoveryCodes }
    }),
    read(api.endSecondFactor, async ({ actor, body, request }) => {
      await endSecondFactor(database, actor, { ...body, address: countedAddress(request.ip), keyring }, hasher)
      return success
    }),
  ]
}
