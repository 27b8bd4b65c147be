/**
 * Stands in for node-fetch in telegraf's client, which posts JSON or a form and reads JSON. node-fetch brings
 * whatwg-url with its tables (300 kB), zlib, and a second abort controller. What it did and this does not: follow
 * redirects (the Bot API has none, and a path with a token in it belongs nowhere else) and ask for compression.
 */
import { type Agent, type IncomingMessage, request } from 'node:http'
import type { Readable } from 'node:stream'

const answerCharactersMax = 32 * 1024 * 1024

export interface FetchOptions {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Readable
  /** An agent of node:https speaks for `https:` URLs here too, so that nothing else need know of TLS. */
  readonly agent?: Agent | undefined
  readonly signal?: AbortSignal | undefined
  /** Milliseconds without a sign from the other side. */
  readonly timeout: number
}

/** The answer, read to its end: telegraf leaves the body of a 5xx unread, which would hold its connection. */
export interface FetchAnswer {
  readonly status: number
  readonly statusText: string
  json(): Promise<unknown>
}

/** Rejects with the network's own error, which has a `code`, or one whose `type` says what node-fetch's would. */
export function fetch(url: URL, options: FetchOptions): Promise<FetchAnswer> {
  const { method, headers, body, agent, signal, timeout } = options
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(signal?.aborted === true ? typed('aborted', 'the call was aborted') : error)
    const sent = request(
      url,
      {
        method,
        headers: typeof body === 'string' ? { ...headers, 'content-length': Buffer.byteLength(body) } : headers,
        timeout,
        ...(agent === undefined ? {} : { agent }),
        ...(signal === undefined ? {} : { signal }),
      },
      (response) => {
        response.on('error', fail)
        read(response, resolve)
      },
    )
    sent.on('error', fail)
    sent.on('timeout', () => sent.destroy(typed('request-timeout', 'no answer in time')))
    if (typeof body === 'string') sent.end(body)
    else body.on('error', (error: Error) => sent.destroy(error)).pipe(sent)
  })
}

function read(response: IncomingMessage, resolve: (answer: FetchAnswer) => void): void {
  let text = ''
  response.setEncoding('utf8')
  response.on('data', (chunk: string) => {
    text += chunk
    if (text.length > answerCharactersMax) response.destroy(typed('max-size', 'the answer is too long'))
  })
  response.on('end', () =>
    resolve({
      status: response.statusCode ?? 0,
      statusText: response.statusMessage ?? '',
      json: async () => {
        try {
          return JSON.parse(text) as unknown
        } catch {
          throw typed('invalid-json', 'the answer is no JSON')
        }
      },
    }),
  )
}

function typed(type: string, message: string): Error {
  return Object.assign(new Error(message), { type })
}

export { fetch as default }
