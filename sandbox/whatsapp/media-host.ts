/** The hosts that keep files, on the port of the fake server: POST under /mms/ stores one, GET gives it back. */
import type { IncomingMessage, ServerResponse } from 'node:http'

const bytesMax = 64 * 1024 * 1024

export class MediaHost {
  readonly #files = new Map<string, Buffer>()
  readonly auth = 'fake-media-auth'
  /** `127.0.0.1:<port>`, once the server listens. */
  host = ''
  uploads = 0
  /** Answers the next so many uploads with 503. */
  refusals = 0

  store(path: string, sealed: Buffer): string {
    this.#files.set(path, sealed)
    return path
  }

  /** Throws when there is no such file. */
  read(path: string): Buffer {
    const found = this.#files.get(path)
    if (found === undefined) throw new Error(`no file at ${path}`)
    return found
  }

  url(path: string): string {
    return `http://${this.host}${path}`
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', `http://${this.host}`)
    if (request.method === 'GET') this.#give(url.pathname, response)
    else if (request.method === 'POST' && url.pathname.startsWith('/mms/')) await this.#take(url, request, response)
    else response.writeHead(404).end()
  }

  #give(path: string, response: ServerResponse): void {
    const found = this.#files.get(path)
    if (found === undefined) response.writeHead(404).end()
    else response.writeHead(200, { 'content-length': found.length }).end(found)
  }

  async #take(url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    let length = 0
    for await (const chunk of request as AsyncIterable<Buffer>) {
      length += chunk.length
      if (length <= bytesMax) chunks.push(chunk)
    }
    this.uploads += 1
    const refused = this.refusals > 0
    if (refused) this.refusals -= 1
    if (refused || length > bytesMax || url.searchParams.get('auth') !== this.auth) {
      response.writeHead(refused ? 503 : length > bytesMax ? 413 : 401).end()
      return
    }
    const path = this.store(url.pathname, Buffer.concat(chunks))
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ url: this.url(path), direct_path: path }))
  }
}
