/** The routes as data: what may be asked, who may ask it, and what answers. A route that is not here does not exist. */
import { Failure } from '../../domain/failure.ts'
import {
  decodeLogin,
  type HealthAnswer,
  type LoginAnswer,
  type MeAnswer,
  type ServerInfoAnswer,
} from '../../domain/panel-contract.ts'
import { countInstances } from '../../services/count-instances.ts'
import { readUserView } from '../../services/list-users.ts'
import { logIn } from '../../services/log-in.ts'
import { logOut } from '../../services/log-out.ts'
import { countedAddress } from './client-address.ts'
import { DatabaseProbe } from './database-probe.ts'
import { keepsSecureCookie } from './origin.ts'
import { pairingRoutes } from './pairing-routes.ts'
import type { PanelRoute, PublicCall, RouteContext, SessionCall } from './route.ts'
import { clearSessionCookie, presentedToken, setSessionCookie } from './session-token.ts'

/** Passwords being verified at once; each takes 19 MiB and a thread for 25 ms. */
const loginsAtOnceMax = 16

export function panelRoutes(context: RouteContext): PanelRoute[] {
  return [
    { method: 'get', path: '/api/health', access: 'public', answer: healthAnswer(context) },
    { method: 'get', path: '/api/server-info', access: 'server.read', answer: serverInfoAnswer(context) },
    { method: 'post', path: '/api/login', access: 'public', answer: loginAnswer(context) },
    { method: 'post', path: '/api/logout', access: 'session', answer: logoutAnswer(context) },
    { method: 'get', path: '/api/me', access: 'session', answer: meAnswer(context) },
    ...pairingRoutes(context),
  ]
}

function healthAnswer(context: RouteContext): (call: PublicCall) => Promise<HealthAnswer> {
  const probe = new DatabaseProbe(context.database)
  return async ({ response }) => {
    const healthy = await probe.answers()
    response.status(healthy ? 200 : 503)
    return {
      status: healthy ? 'healthy' : 'degraded',
      service: 'Botfleet',
      version: context.version,
      server: context.serverName,
      timestamp: new Date().toISOString(),
    }
  }
}

function serverInfoAnswer(context: RouteContext): (call: SessionCall) => Promise<ServerInfoAnswer> {
  return async () => {
    const counts = await countInstances(context.database, { server: context.serverName })
    return {
      server_name: context.serverName,
      total_bots: counts.total,
      new_bots: counts.new,
      approved_bots: counts.approved,
      expired_bots: counts.expired,
    }
  }
}

function loginAnswer(context: RouteContext): (call: PublicCall) => Promise<LoginAnswer> {
  let underway = 0
  return async ({ request, response }) => {
    const { username, password } = decodeLogin(request.body)
    if (underway >= loginsAtOnceMax) {
      throw new Failure('too_many_attempts', 'too many people are logging in at this moment: try again in 1 s', {
        details: { retryAfterSeconds: 1 },
      })
    }
    underway += 1
    try {
      const address = countedAddress(request.ip)
      const replaces = presentedToken(request)?.token
      const loggedIn = await logIn(context.database, { username, password, address, replaces }, context.hasher)
      const cookie = keepsSecureCookie(context.origins, request.headers.host)
      if (cookie) setSessionCookie(response, loggedIn.token)
      return {
        success: true,
        message: 'Login successful',
        token: loggedIn.token,
        user: loggedIn.user,
        expires_at: loggedIn.expiresAt,
        cookie,
      }
    } finally {
      underway -= 1
    }
  }
}

function logoutAnswer(context: RouteContext): (call: SessionCall) => Promise<{ success: true }> {
  return async ({ session, token, response }) => {
    await context.database.transaction((tx) => logOut(tx, session.actor, { token }))
    clearSessionCookie(response)
    return { success: true }
  }
}

function meAnswer(context: RouteContext): (call: SessionCall) => Promise<MeAnswer> {
  return async ({ session }) => {
    const user = await readUserView(context.database, session.actor.userId)
    if (user === undefined) throw new Failure('not_authenticated', 'log in first: POST /api/login')
    return { user, expires_at: session.expiresAt }
  }
}
