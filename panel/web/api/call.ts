/** Every request of the panel goes through `call`: it knows whether the server answers and whether the session lives. */
import type { Operations } from './api-types.ts'
import { Problem } from './problem.ts'
import { createStore } from './store.ts'

/** Who answers: `server_away` nobody, `database_away` a server that cannot reach its database. */
export type Reach = 'fine' | 'server_away' | 'database_away'
export const reach = createStore<Reach>('fine')

/** Whether a session that was open has ended: the page stays, and asks to sign in again above it. */
export const sessionEnded = createStore(false)

/** Whether the person must set up a second factor before anything else is open to them. */
export const factorNeeded = createStore(false)

export type OperationName = keyof Operations
export type AnswerOf<N extends OperationName> = Operations[N]['answer']
export type QueryOf<N extends OperationName> = Operations[N]['query']

type Part<Name extends string, Value> = undefined extends Value
  ? { readonly [Key in Name]?: Value | undefined }
  : object extends Value
    ? { readonly [Key in Name]?: Value | undefined }
    : { readonly [Key in Name]: Value }

/** What an operation is called with, as the document of the API says it. */
export type RequestOf<N extends OperationName> = Part<'params', Operations[N]['params']> &
  Part<'query', Operations[N]['query']> &
  Part<'body', Operations[N]['body']> & {
    /** The same for every attempt of one intention, so that the server carries it out once. */
    readonly idempotencyKey?: string
    /** The revision that the change was decided upon. */
    readonly ifMatch?: string | undefined
    readonly signal?: AbortSignal
  }

interface AnyRequest {
  readonly params?: object | undefined
  readonly query?: object | undefined
  readonly body?: unknown
  readonly idempotencyKey?: string
  readonly ifMatch?: string | undefined
  readonly signal?: AbortSignal
}

/** Calls the API (`'POST /api/instances/{id}/approve'`) and returns its answer. Throws `Problem`. */
export async function call<N extends OperationName>(name: N, request: RequestOf<N>): Promise<AnswerOf<N>> {
  const response = await send(name, request)
  if (response.ok) {
    reach.set('fine')
    keepRevision(name, request, response)
    return (await response.json()) as AnswerOf<N>
  }
  const problem = new Problem(response.status, await readProblem(response), {
    retryAfter: response.headers.get('retry-after'),
  })
  reach.set(problem.code === 'unavailable' ? 'database_away' : 'fine')
  if (problem.status === 403 && problem.needed === 'second_factor') factorNeeded.set(true)
  if (problem.status === 401 && name !== 'POST /api/login' && name !== 'GET /api/me') sessionEnded.set(true)
  throw problem
}

const revisions = new Map<string, string>()

/** The revision in which something was read last, for `ifMatch`; undefined where its answers carry none. */
export function revisionOf<N extends OperationName>(name: N, params: Operations[N]['params']): string | undefined {
  return revisions.get(addressOf(name, params))
}

function keepRevision(name: string, { params }: AnyRequest, response: Response): void {
  const tag = response.headers.get('etag')
  if (tag !== null && name.startsWith('GET ')) revisions.set(addressOf(name, params), tag)
}

function addressOf(name: string, params: object | undefined): string {
  return fillPath(name.split(' ')[1] ?? '', params)
}

async function send(name: string, request: AnyRequest): Promise<Response> {
  const { body, signal } = request
  const [method = 'GET'] = name.split(' ')
  try {
    return await fetch(addressOf(name, request.params) + queryText(request.query), {
      method,
      headers: {
        accept: 'application/json',
        // Asked for of every request that changes something, with a body or without.
        ...(method === 'GET' ? {} : { 'content-type': 'application/json' }),
        ...(request.idempotencyKey === undefined ? {} : { 'idempotency-key': request.idempotencyKey }),
        ...(request.ifMatch === undefined ? {} : { 'if-match': request.ifMatch }),
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

function fillPath(path: string, params: object = {}): string {
  const values = new Map(Object.entries(params))
  return path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => encodeURIComponent(String(values.get(name))))
}

function queryText(query: object = {}): string {
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
