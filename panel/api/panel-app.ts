/**
 * The express app: every request gets an id, its headers, its Host check, then its route's questions in this order:
 * does the route exist, who asks, is it forged, may they, is the body JSON.
 */
import { randomUUID } from 'node:crypto'
import express, { type Express, type Request, type RequestHandler, type Response } from 'express'
import helmet from 'helmet'
import { assertMay } from '../../domain/actor.ts'
import { Failure } from '../../domain/failure.ts'
import { requestBytesMax } from '../../domain/panel-contract.ts'
import type { Log } from '../../runtime/log.ts'
import { findSession } from '../../services/find-session.ts'
import { countedAddress } from './client-address.ts'
import { assertHostKnown, assertOwnOrigin } from './origin.ts'
import { HttpProblem, httpProblems, problemHandler, requestIdOf } from './problem.ts'
import type { PanelRoute, RouteContext, SessionCall } from './route.ts'
import { panelRoutes } from './routes.ts'
import { type PresentedToken, presentedToken } from './session-token.ts'

export interface PanelAppOptions extends RouteContext {
  readonly log: Log
  /** Addresses or networks of proxies whose X-Forwarded-For is believed; none by default. */
  readonly trustedProxies?: readonly string[]
}

export function createPanelApp(options: PanelAppOptions): Express {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.set('query parser', 'simple')
  app.set('trust proxy', options.trustedProxies?.length ? options.trustedProxies : false)
  app.use(introduce(options.log))
  app.use(securityHeaders())
  app.use((request, _response, next) => {
    assertHostKnown(options.origins, request.headers.host)
    next()
  })
  const routes = panelRoutes(options)
  for (const route of routes) {
    const readBody = express.json({ limit: requestBytesMax, inflate: false })
    const guards = [admit(options, route), requireJson(route), readBody, serve(route)]
    if (route.method === 'get') app.get(route.path, guards)
    else app.post(route.path, guards)
  }
  for (const path of new Set(routes.map((route) => route.path))) app.all(path, refuseMethod(routes, path))
  app.use((request: Request) => {
    throw new HttpProblem(httpProblems.noSuchRoute, `there is nothing at ${request.path}`)
  })
  app.use(problemHandler(options.log))
  return app
}

function introduce(log: Log): RequestHandler {
  return (request, response, next) => {
    const started = performance.now()
    response.locals['requestId'] = randomUUID()
    response.set('X-Request-Id', requestIdOf(response))
    response.on('finish', () => {
      const level = request.method === 'GET' ? 'debug' : 'info'
      log[level](
        {
          requestId: requestIdOf(response),
          method: request.method,
          path: request.path.slice(0, 200),
          status: response.statusCode,
          ms: Math.round(performance.now() - started),
        },
        'request',
      )
    })
    next()
  }
}

/** The API serves data only: nothing may be loaded, framed or cached from its answers. */
function securityHeaders(): RequestHandler {
  const protect = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"], baseUri: ["'none'"], formAction: ["'none'"] },
    },
    strictTransportSecurity: { maxAge: 31_536_000, includeSubDomains: false },
    xFrameOptions: { action: 'deny' },
  })
  return (request, response, next) => {
    response.set('Cache-Control', 'no-store')
    protect(request, response, next)
  }
}

/** Asks who and whether they may; what the route needs stands in its `access`. */
function admit(options: PanelAppOptions, route: PanelRoute): RequestHandler {
  return async (request, response, next) => {
    if (route.access === 'public') {
      if (route.method !== 'get') assertOwnOrigin(options.origins, request.headers, { senderMayBeSilent: true })
    } else {
      const presented = presentedToken(request)
      if (presented === undefined) throw notAuthenticated()
      if (presented.by === 'cookie' && route.method !== 'get') assertNotForged(options, request)
      await openCall(options, request, response, presented)
      if (route.access !== 'session') assertMay(callOf(response).session.actor, route.access)
    }
    next()
  }
}

function assertNotForged(options: PanelAppOptions, request: Request): void {
  assertOwnOrigin(options.origins, request.headers, { senderMayBeSilent: false })
  if (!isJson(request)) throw new HttpProblem(httpProblems.wrongMediaType, 'send Content-Type: application/json')
}

async function openCall(
  options: PanelAppOptions,
  request: Request,
  response: Response,
  presented: PresentedToken,
): Promise<void> {
  const source = `api:${countedAddress(request.ip)}`
  const session = await findSession(options.database, { token: presented.token, source })
  if (session === undefined) throw notAuthenticated()
  response.locals['call'] = { request, response, session, token: presented.token } satisfies SessionCall
}

function notAuthenticated(): Failure {
  return new Failure('not_authenticated', 'log in first: POST /api/login')
}

/** The call that `admit` opened; a session route is never served without it. */
function callOf(response: Response): SessionCall {
  const call = response.locals['call'] as SessionCall | undefined
  if (call === undefined) throw new Error('a route that needs a session was reached without one')
  return call
}

/** A body must say that it is JSON; a request without one (`POST /api/logout` by curl) needs not. */
function requireJson(route: PanelRoute): RequestHandler {
  return (request, _response, next) => {
    const bodyless = request.headers['transfer-encoding'] === undefined && !Number(request.headers['content-length'])
    if (route.method === 'get' || bodyless || isJson(request)) return next()
    throw new HttpProblem(httpProblems.wrongMediaType, 'send Content-Type: application/json')
  }
}

function isJson(request: Request): boolean {
  return /^application\/json *(;|$)/i.test(request.headers['content-type'] ?? '')
}

function serve(route: PanelRoute): RequestHandler {
  return async (request, response) => {
    const answer =
      route.access === 'public' ? await route.answer({ request, response }) : await route.answer(callOf(response))
    response.json(answer)
  }
}

function refuseMethod(routes: readonly PanelRoute[], path: string): RequestHandler {
  const allowed = routes.filter((route) => route.path === path).map((route) => route.method.toUpperCase())
  const allow = allowed.includes('GET') ? [...allowed, 'HEAD'] : allowed
  return (request) => {
    throw new HttpProblem(httpProblems.wrongMethod, `${request.method} is not possible here: ${allow.join(', ')}`, {
      allow: allow.join(', '),
    })
  }
}
