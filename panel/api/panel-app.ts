/**
 * The express app: every request gets an id, its headers, its Host check, then its route's questions in this order:
 * does the route exist, who asks, is it forged, may they, is the body JSON.
 */
import { randomUUID } from 'node:crypto'
import express, { type Express, type Request, type RequestHandler, type Response } from 'express'
import helmet from 'helmet'
import type { Tx } from '../../db/transaction.ts'
import { assertMay } from '../../domain/actor.ts'
import { decodePart } from '../../domain/api/decode.ts'
import type { Endpoint } from '../../domain/api/endpoint.ts'
import { streamEvents } from '../../domain/api/events.ts'
import { requestBytesMax } from '../../domain/api/parts.ts'
import { logIn } from '../../domain/api/session.ts'
import { Failure } from '../../domain/failure.ts'
import { peerLogPath } from '../../runtime/instance-log.ts'
import type { Log } from '../../runtime/log.ts'
import type { Metrics } from '../../runtime/metrics.ts'
import { auditDeadToken } from '../../services/access/audit-dead-token.ts'
import { findCaller } from '../../services/access/find-caller.ts'
import type { Session } from '../../services/find-session.ts'
import { CallerLoad } from './caller-load.ts'
import { countedAddress } from './client-address.ts'
import { type MachineDoor, mayScrapeHere } from './machine-door.ts'
import { answerOnce, keyOf } from './once.ts'
import { assertHostKnown, assertOwnOrigin } from './origin.ts'
import { answerPeerLog } from './peer-door.ts'
import { HttpProblem, httpProblems, problemHandler, requestIdOf } from './problem.ts'
import { auditRefusals } from './refusals.ts'
import { assertCurrent } from './revision.ts'
import type { Call, PanelRoute, RouteContext } from './route.ts'
import { panelRoutes } from './routes.ts'
import { type PresentedToken, presentedToken } from './session-token.ts'
import { webPages } from './web-pages.ts'

export interface PanelAppOptions extends RouteContext {
  readonly log: Log
  readonly metrics: Metrics
  readonly machines: MachineDoor
  /** Addresses or networks of proxies whose X-Forwarded-For is believed; none by default. */
  readonly trustedProxies?: readonly string[]
  /** Holds every answer against its schema: for tests. */
  readonly checkAnswers?: boolean
}

export function createPanelApp(options: PanelAppOptions): Express {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.set('query parser', 'simple')
  app.set('trust proxy', options.trustedProxies?.length ? options.trustedProxies : false)
  app.use(introduce(options))
  app.use(securityHeaders())
  // Proven by their own means, whatever name they call this server by.
  app.get(peerLogPath(':id'), answerPeerLog(options))
  app.use((request, _response, next) => {
    if (request.headers.host === undefined && request.httpVersion !== '1.0') {
      throw new HttpProblem(httpProblems.badRequest, 'a request has a Host header')
    }
    assertHostKnown(options.origins, request.headers.host)
    next()
  })
  app.get(['/healthz', '/readyz', '/metrics'], answerMachine(options))
  const routes = panelRoutes(options)
  const load = new CallerLoad()
  for (const route of routes) {
    const { endpoint } = route
    const readBody = express.json({ limit: endpoint.bodyBytesMax ?? requestBytesMax, inflate: false })
    app[endpoint.method](endpoint.path, [
      admit(options, route, load),
      requireJson(endpoint),
      readBody,
      refuseUnread(endpoint),
      serve(options, route),
    ])
  }
  for (const path of new Set(routes.map(({ endpoint }) => endpoint.path))) app.all(path, refuseMethod(routes, path))
  app.use(webPages(options.log))
  app.use((request: Request) => {
    throw new HttpProblem(httpProblems.noSuchRoute, `there is nothing at ${request.path}`)
  })
  app.use(auditRefusals(options))
  app.use(problemHandler(options.log))
  return app
}

function introduce({ log, metrics }: PanelAppOptions): RequestHandler {
  return (request, response, next) => {
    const started = performance.now()
    response.locals['requestId'] = randomUUID()
    response.set('X-Request-Id', requestIdOf(response))
    response.on('finish', () => {
      const ms = performance.now() - started
      measure(metrics, request, { status: response.statusCode, ms })
      const level = request.method === 'GET' ? 'debug' : 'info'
      log[level](
        {
          requestId: requestIdOf(response),
          method: request.method,
          path: request.path.slice(0, 200),
          status: response.statusCode,
          ms: Math.round(ms),
        },
        'request',
      )
    })
    next()
  }
}

/** A stream's time says how long somebody watched, and is none of an answer. */
function measure(metrics: Metrics, request: Request, { status, ms }: { status: number; ms: number }): void {
  const matched: unknown = (request.route as { path?: unknown } | undefined)?.path
  const route = typeof matched === 'string' ? matched : 'none'
  if (route !== streamEvents.path || status >= 400) metrics.request({ method: request.method, route, status, ms })
  const signsIn = route === logIn.path
  if (status === 401) metrics.authFailed(signsIn ? 'sign_in' : 'session')
  else if (status === 403) metrics.authFailed('permission')
  else if (status === 429 && signsIn) metrics.authFailed('throttled')
}

/** Whether it lives and is ready is said to anybody, its metrics only to this machine. */
function answerMachine({ machines, origins, trustedProxies, settings }: PanelAppOptions): RequestHandler {
  return async (request, response, next) => {
    const panel = { ...origins, proxies: trustedProxies ?? [] }
    const isHidden = settings.METRICS_PORT !== undefined || !mayScrapeHere(request, panel)
    const answer = request.path === '/metrics' && isHidden ? undefined : await machines.answer(request.path)
    if (answer === undefined) return next()
    response.status(answer.status).set('Content-Type', answer.type).end(answer.body)
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

/** Asks who and whether they may; what the route needs stands in its endpoint's `access`. */
function admit(options: PanelAppOptions, { endpoint }: PanelRoute, load: CallerLoad): RequestHandler {
  const { access, method } = endpoint
  return async (request, response, next) => {
    if (access === 'public') {
      if (method !== 'get') assertOwnOrigin(options.origins, request.headers, { senderMayBeSilent: true })
    } else {
      const presented = presentedToken(request, options.origins)
      if (presented === undefined) throw notAuthenticated()
      // Streams go on for long, and have limits of their own.
      if (endpoint !== streamEvents) load.enter(presented.token, response)
      if (presented.by === 'cookie' && method !== 'get') assertNotForged(options, request)
      const session = await recogniseCaller(options, request, response, presented)
      const { actor } = session
      assertSecondFactor(options, endpoint, session)
      if (access !== 'session') assertMay(actor, access, actor.tenant ?? undefined)
    }
    next()
  }
}

function assertNotForged(options: PanelAppOptions, request: Request): void {
  assertOwnOrigin(options.origins, request.headers, { senderMayBeSilent: false })
  if (!isJson(request)) throw new HttpProblem(httpProblems.wrongMediaType, 'send Content-Type: application/json')
}

/** Who asks, kept beside the response for the route. */
interface Caller {
  readonly session: Session
  readonly token: string
}

async function recogniseCaller(
  options: PanelAppOptions,
  request: Request,
  response: Response,
  { token }: PresentedToken,
): Promise<Session> {
  const source = `api:${countedAddress(request.ip)}`
  const session = await findCaller(options.database, { token, source })
  if (session === undefined) {
    await auditDeadToken(options.database, { token, source })
    throw notAuthenticated()
  }
  response.locals['caller'] = { session, token } satisfies Caller
  return session
}

/** Who must have a second factor and has none may only get one (REQUIRE_SECOND_FACTOR). */
function assertSecondFactor({ settings }: PanelAppOptions, { beforeSecondFactor }: Endpoint, session: Session): void {
  if (beforeSecondFactor === true || session.secondFactor) return
  if (!settings.REQUIRE_SECOND_FACTOR.includes(session.actor.role)) return
  throw new Failure('not_allowed', 'the role needs a second factor here: set an authenticator up first', {
    details: { needed: 'second_factor' },
  })
}

function notAuthenticated(): Failure {
  return new Failure('not_authenticated', 'log in first: POST /api/login')
}

/** Whom `admit` recognised; a route that is not public is never served without. */
function callerOf(response: Response): Caller {
  const caller = response.locals['caller'] as Caller | undefined
  if (caller === undefined) throw new Error('a route that needs a session was reached without one')
  return caller
}

/** A body must say that it is JSON; a request without one (`POST /api/logout` by curl) needs not. */
function requireJson({ method }: Endpoint): RequestHandler {
  return (request, _response, next) => {
    if (method === 'get' || !hasBody(request) || isJson(request)) return next()
    throw new HttpProblem(httpProblems.wrongMediaType, 'send Content-Type: application/json')
  }
}

/**
 * Express passes over the body of a client that has left meanwhile, and what was asked for with it would be done without
 * it: half of a refund would be all of it.
 */
function refuseUnread({ method }: Endpoint): RequestHandler {
  return (request, _response, next) => {
    if (method === 'get' || !hasBody(request) || request.body !== undefined) return next()
    throw new Failure('usage', 'the request broke off before its body was read')
  }
}

function hasBody({ headers }: Request): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

function isJson(request: Request): boolean {
  return /^application\/json *(;|$)/i.test(request.headers['content-type'] ?? '')
}

function serve(options: PanelAppOptions, route: PanelRoute): RequestHandler {
  const { endpoint } = route
  return async (request, response) => {
    const asked = {
      request,
      response,
      params: decodePart(endpoint.params, { ...request.params }, 'the path'),
      query: decodePart(endpoint.query, { ...request.query }, 'the query'),
      body: decodePart(endpoint.body, request.body ?? {}, 'the body'),
    }
    response.status(endpoint.status)
    if (route.kind === 'open') {
      send(options, endpoint, response, await route.answer(asked))
      return
    }
    const { session, token } = callerOf(response)
    const call = { ...asked, session, token, actor: session.actor }
    if (route.kind === 'stream') await route.answer(call)
    else if (route.kind === 'read') send(options, endpoint, response, await route.answer(call))
    else send(options, endpoint, response, await answerChange(options, route, call))
  }
}

function send(options: PanelAppOptions, endpoint: Endpoint, response: Response, answer: unknown): void {
  const { mediaType } = endpoint
  const body = checked(options, endpoint, answer)
  if (mediaType === undefined) response.json(body)
  else response.type(mediaType).send(body)
}

async function answerChange(
  { database, keyring }: PanelAppOptions,
  route: PanelRoute & { kind: 'change' },
  call: Call<Endpoint>,
): Promise<unknown> {
  const keyed = keyOf(route.endpoint, call.request, keyring)
  const prepared = await route.prepare?.(call)
  const work = async (tx: Tx) => {
    if (route.revision !== undefined) assertCurrent(call.request, await route.revision(tx, call))
    return route.answer(tx, call, prepared)
  }
  if (keyed === undefined) return database.transaction(work)
  const reply = await database.transaction((tx) =>
    answerOnce(tx, call, { endpoint: route.endpoint, keyed, work: () => work(tx) }),
  )
  call.response.status(reply.status)
  if (reply.isReplayed) call.response.set('Idempotent-Replayed', 'true')
  return reply.answer
}

/** Where answers are checked (in tests), one that its schema does not describe is an error of ours. */
function checked(options: PanelAppOptions, { answer: schema, method, path }: Endpoint, answer: unknown): unknown {
  if (options.checkAnswers !== true) return answer
  const result = schema.safeParse(JSON.parse(JSON.stringify(answer)))
  if (result.success) return answer
  throw new Error(`${method} ${path} answers what its schema does not describe: ${result.error.message}`)
}

function refuseMethod(routes: readonly PanelRoute[], path: string): RequestHandler {
  const allowed = routes
    .filter(({ endpoint }) => endpoint.path === path)
    .map(({ endpoint }) => endpoint.method.toUpperCase())
  const allow = allowed.includes('GET') ? [...allowed, 'HEAD'] : allowed
  return (request) => {
    throw new HttpProblem(httpProblems.wrongMethod, `${request.method} is not possible here: ${allow.join(', ')}`, {
      allow: allow.join(', '),
    })
  }
}
