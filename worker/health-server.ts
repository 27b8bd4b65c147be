import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'

export interface HealthOptions {
  readonly port: number
  readonly token: string
  /** What `/status` shows; `/health` shows only its phase. */
  readonly status: () => { readonly phase: string } & Record<string, unknown>
  readonly onDrain: () => void
}

/**
 * The worker's own port on 127.0.0.1: `GET /health` for everybody and without secrets; `GET /status` and `POST /drain`
 * need the worker token. Rejects when the port is taken.
 */
export async function startHealthServer(options: HealthOptions): Promise<Server> {
  const server = createServer({ requestTimeout: 10_000 }, (request, response) => answer(options, request, response))
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? new Error(`port ${options.port} is taken`) : error),
    )
    server.listen({ port: options.port, host: '127.0.0.1', exclusive: true }, resolve)
  })
  return server
}

function answer(options: HealthOptions, request: IncomingMessage, response: ServerResponse): void {
  const route = `${request.method ?? ''} ${request.url ?? ''}`
  if (route === 'GET /health') return send(response, 200, { status: 'ok', phase: options.status().phase })
  if (route !== 'GET /status' && route !== 'POST /drain') return send(response, 404, { error: 'not found' })
  if (!isAuthorised(request, options.token)) return send(response, 401, { error: 'the worker token is needed' })
  if (route === 'POST /drain') options.onDrain()
  send(response, 200, options.status())
}

function isAuthorised(request: IncomingMessage, token: string): boolean {
  // Loaded when first asked for: most workers are never asked, and cryptography is a megabyte of each.
  const { timingSafeEqual } = process.getBuiltinModule('node:crypto')
  const given = Buffer.from(request.headers.authorization ?? '')
  const expected = Buffer.from(`Bearer ${token}`)
  return given.length === expected.length && timingSafeEqual(given, expected)
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}
