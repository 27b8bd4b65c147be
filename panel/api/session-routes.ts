/** Signing in and out over HTTP. */
import { permissionsOf } from '../../domain/actor.ts'
import * as api from '../../domain/api/session.ts'
import { Failure } from '../../domain/failure.ts'
import { readUserView } from '../../services/list-users.ts'
import { logIn } from '../../services/log-in.ts'
import { logOut } from '../../services/log-out.ts'
import { countedAddress } from './client-address.ts'
import { change, open, type PanelRoute, type RouteContext, read } from './route.ts'
import { clearSessionCookie, presentedToken, setSessionCookie } from './session-token.ts'

/** Passwords being verified at once; each takes 19 MiB and a thread for 25 ms. */
const loginsAtOnceMax = 16
/** Of them, those of one address: who tries many there leaves room for others. */
const loginsOfAddressMax = 4

export function sessionRoutes(context: RouteContext): PanelRoute[] {
  const { database, settings, sandboxUrl, origins } = context
  return [
    logInRoute(context),
    change(api.logOut, async (tx, { actor, token, request, response }) => {
      await logOut(tx, actor, { token })
      clearSessionCookie(request, response, origins)
      return { success: true as const }
    }),
    read(api.whoAmI, async ({ actor, session }) => {
      const user = await readUserView(database, actor.userId)
      if (user === undefined) throw new Failure('not_authenticated', 'log in first: POST /api/login')
      return {
        user,
        expires_at: session.expiresAt,
        permissions: permissionsOf(actor),
        days_per_month: settings.DAYS_PER_MONTH,
        sandbox_url: sandboxUrl ?? null,
      }
    }),
  ]
}

function logInRoute({ database, origins, hasher, keyring }: RouteContext): PanelRoute {
  /** The addresses of the logins that are being judged. */
  const underway: string[] = []
  return open(api.logIn, async ({ request, response, body }) => {
    const address = countedAddress(request.ip)
    const ofAddress = underway.filter((each) => each === address)
    if (underway.length >= loginsAtOnceMax || ofAddress.length >= loginsOfAddressMax) {
      throw new Failure('too_many_attempts', 'too many people are logging in at this moment: try again in 1 s', {
        details: { retryAfterSeconds: 1 },
      })
    }
    underway.push(address)
    try {
      const replaces = presentedToken(request, origins)?.token
      const userAgent = request.headers['user-agent']
      const loggedIn = await logIn(database, { ...body, address, replaces, userAgent, keyring }, hasher)
      return {
        success: true as const,
        message: 'Login successful',
        token: loggedIn.token,
        user: loggedIn.user,
        expires_at: loggedIn.expiresAt,
        cookie: setSessionCookie(request, response, origins, loggedIn.token),
      }
    } finally {
      underway.splice(underway.indexOf(address), 1)
    }
  })
}
