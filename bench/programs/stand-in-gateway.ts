/** A gateway that grants everything and has no database: all that a bare loop has to offer to a worker. */
import { createServer, type Server } from 'node:http'

const grantMs = 30_000
const limits = { rateLimitRps: 1, maxConcurrentRequests: 3 }

const answers: Readonly<Record<string, string>> = {
  '/v1/heartbeat': JSON.stringify({ grantMs, limits, drain: false }),
  '/v1/arrive': JSON.stringify({
    outcome: { customerId: 'c', language: null },
    repeated: false,
    answered: false,
  }),
}

/** Listens on a unix socket. */
export function listenAsGateway(socket: string): Promise<Server> {
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    request.resume()
    request.on('end', () => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(answers[request.url ?? ''] ?? '{}')
    })
  })
  return new Promise((resolve) => server.listen(socket, () => resolve(server)))
}
