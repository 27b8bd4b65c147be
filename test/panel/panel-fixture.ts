import { request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Database } from '../../db/database.ts'
import { makeKeyring } from '../../domain/keyring.ts'
import { parseSettings } from '../../domain/settings.ts'
import { type Panel, type PanelOptions, startPanel } from '../../panel/api/start-panel.ts'
import { createLog, type Log } from '../../runtime/log.ts'
import { Metrics } from '../../runtime/metrics.ts'
import { goodPassword } from '../services/people/people-fixture.ts'

export interface RunningPanel extends Panel {
  /** Everything that was logged so far. */
  logged(): string
}

/** What sealed things of panel tests are sealed with. */
export const panelKeyring = makeKeyring([Buffer.alloc(32, 7)])

export async function runPanel(database: Database, options: Partial<PanelOptions> = {}): Promise<RunningPanel> {
  const lines: string[] = []
  const log: Log = createLog({
    level: 'debug',
    name: 'panel test',
    write: (line: string) => lines.push(line),
  })
  const panel = await startPanel({
    database,
    databaseUrl: 'postgres://nobody@127.0.0.1:1/none',
    logFolder: join(tmpdir(), 'botfleet-no-logs'),
    settings: parseSettings({}),
    checkAnswers: true,
    serverName: 'server1',
    keyring: () => panelKeyring,
    version: '9.8.7',
    metrics: new Metrics({ server: 'server1', version: '9.8.7' }),
    vitals: () => ({ holdsLease: true }),
    log,
    host: '127.0.0.1',
    port: 0,
    ...options,
  })
  return { ...panel, logged: () => lines.join('') }
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly json: Record<string, unknown>
}

export interface Ask {
  readonly method?: string
  readonly headers?: Record<string, string>
  /** A string is sent as it is, anything else as JSON with its content type. */
  readonly body?: unknown
}

/** One request with exactly these headers: node:http sets Host and Origin as told, which fetch refuses to. */
export function ask(panel: Panel, path: string, options: Ask = {}): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const body =
    options.body === undefined || typeof options.body === 'string' ? options.body : JSON.stringify(options.body)
  const type =
    options.body === undefined || typeof options.body === 'string' ? {} : { 'content-type': 'application/json' }
  const request = httpRequest(
    {
      host: '127.0.0.1',
      port: panel.port,
      path,
      method: options.method ?? (body === undefined ? 'GET' : 'POST'),
      headers: {
        ...type,
        ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
        ...options.headers,
      },
    },
    (response) => {
      const headers = new Headers()
      for (let n = 0; n < response.rawHeaders.length; n += 2) {
        headers.append(response.rawHeaders[n] ?? '', response.rawHeaders[n + 1] ?? '')
      }
      if (headers.get('content-type')?.startsWith('text/event-stream')) {
        // It has no end: that it began is the answer.
        resolve({ status: response.statusCode ?? 0, headers, text: '', json: {} })
        request.destroy()
        return
      }
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        const json = /\bjson\b/.test(headers.get('content-type') ?? '') && text !== '' ? JSON.parse(text) : {}
        resolve({ status: response.statusCode ?? 0, headers, text, json })
      })
    },
  )
  request.on('error', reject)
  request.end(body)
  return promise
}

/** Logs in and returns the token; the cookie has the same value. */
export async function tokenOf(panel: Panel, username: string): Promise<string> {
  const answer = await ask(panel, '/api/login', { body: { username, password: goodPassword } })
  if (answer.status !== 200) throw new Error(`login of ${username} answered ${answer.status}: ${answer.text}`)
  return String(answer.json['token'])
}

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
export const cookie = (token: string) => ({ cookie: `__Host-sid=${token}` })
