/** Every request of the panel goes through `call`: it knows whether the server answers and whether the session lives. */
import { Problem } from './problem.ts'
import { createStore } from './store.ts'

/** Who answers: `server_away` nobody, `database_away` a server that cannot reach its database. */
export type Reach = 'fine' | 'server_away' | 'database_away'
export const reach = createStore<Reach>('fine')

/** Whether a session that was open has ended: the page stays, and asks to sign in again above it. */
export const sessionEnded = createStore(false)

export interface CallOptions {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>
  readonly body?: unknown
  /** The same for every attempt of one intention, so that the server carries it out once. */
  readonly idempotencyKey?: string
  /** The revision that the change was decided upon. */
  readonly ifMatch?: string
  readonly signal?: AbortSignal
}

/** Calls the API and returns its answer's JSON. Throws `Problem`. */
export async function call<T>(path: string, options: CallOptions = {}): Promise<T> {
  const response = await send(path, options)
  if (response.ok) {
    reach.set('fine')
    return (response.status === 204 ? undefined : await response.json()) as T
  }
  const problem = new Problem(response.status, await readProblem(response), {
    retryAfter: response.headers.get('retry-after'),
  })
  reach.set(problem.status === 503 ? 'database_away' : 'fine')
  if (problem.status === 401 && path !== '/api/login' && path !== '/api/me') sessionEnded.set(true)
  throw problem
}

async function send(path: string, options: CallOptions): Promise<Response> {
  const { method = options.body === undefined ? 'GET' : 'POST', body, signal } = options
  try {
    return await fetch(path + queryText(options.query), {
      method,
      headers: {
        accept: 'application/json',
        ...(body === undefined && method === 'GET' ? {} : { 'content-type': 'application/json' }),
        ...(options.idempotencyKey === undefined ? {} : { 'idempotency-key': options.idempotencyKey }),
        ...(options.ifMatch === undefined ? {} : { 'if-match': options.ifMatch }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    })
  } catch (error) {
    if (signal?.aborted === true) throw error
    reach.set('server_away')
    throw new Problem(0, { title: 'no answer' }, { cause: error })
  }
}

function queryText(query: CallOptions['query'] = {}): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [[name, String(value)]],
  )
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`
}

async function readProblem(response: Response): Promise<ConstructorParameters<typeof Problem>[1]> {
  try {
    return (await response.json()) as ConstructorParameters<typeof Problem>[1]
  } catch {
    return {}
  }
}

/** A key that nobody guesses; not `randomUUID`, which browsers keep from pages on plain http. */
export function newIdempotencyKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
