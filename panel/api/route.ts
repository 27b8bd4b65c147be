/** What a route is: an endpoint of `domain/api/` with what answers it. */
import type { Request, Response } from 'express'
import type { Database } from '../../db/database.ts'
import type { Tx } from '../../db/transaction.ts'
import type { AnswerOf, BodyOf, Endpoint, ParamsOf, QueryOf } from '../../domain/api/endpoint.ts'
import type { Keyring } from '../../domain/keyring.ts'
import type { Settings } from '../../domain/settings.ts'
import type { Session } from '../../services/find-session.ts'
import type { PasswordHasher } from '../../services/password-hasher.ts'
import type { EventStreams } from './event-streams.ts'
import type { OriginRules } from './origin.ts'

export interface RouteContext {
  readonly database: Database
  readonly settings: Settings
  readonly serverName: string
  readonly version: string
  readonly origins: OriginRules
  /** Asked anew each time: a key rotation adds keys while we run. */
  readonly keyring: () => Keyring
  readonly hasher?: PasswordHasher
  readonly events: EventStreams
  /** The folder of the logs of all servers of this home. */
  readonly logFolder: string
  /** Where one chats with the bots of the demo; unset on every other server. */
  readonly sandboxUrl?: string | undefined
}

/** A request that was checked against its endpoint. */
export interface OpenCall<E extends Endpoint> {
  readonly request: Request
  readonly response: Response
  readonly params: ParamsOf<E>
  readonly query: QueryOf<E>
  readonly body: BodyOf<E>
}

/** The same, of somebody known. */
export interface Call<E extends Endpoint> extends OpenCall<E> {
  readonly session: Session
  readonly actor: Session['actor']
  /** The secret that the caller presented. */
  readonly token: string
}

/** How a route answers; the express side of it is panel-app.ts. */
export type PanelRoute = { readonly endpoint: Endpoint } & (
  | { readonly kind: 'open'; readonly answer: (call: OpenCall<Endpoint>) => Promise<unknown> }
  | { readonly kind: 'read'; readonly answer: (call: Call<Endpoint>) => Promise<unknown> }
  | {
      readonly kind: 'change'
      readonly answer: (tx: Tx, call: Call<Endpoint>, prepared: unknown) => Promise<unknown>
      readonly prepare?: (call: Call<Endpoint>) => Promise<unknown>
      readonly revision?: (tx: Tx, call: Call<Endpoint>) => Promise<unknown>
    }
  | { readonly kind: 'stream'; readonly answer: (call: Call<Endpoint>) => Promise<void> }
)

/** A route that anybody may ask. */
export function open<E extends Endpoint>(endpoint: E, answer: (call: OpenCall<E>) => Promise<AnswerOf<E>>): PanelRoute {
  return { kind: 'open', endpoint, answer }
}

/** A route that changes nothing, or whose service opens transactions of its own. */
export function read<E extends Endpoint>(endpoint: E, answer: (call: Call<E>) => Promise<AnswerOf<E>>): PanelRoute {
  return { kind: 'read', endpoint, answer: answer as unknown as (call: Call<Endpoint>) => Promise<unknown> }
}

export interface ChangeOptions<E extends Endpoint, Prepared = undefined> {
  /**
   * What of the thing a change may be stale against, read under the lock that the change takes: `If-Match` is held
   * against it, 412 when it differs. The same value is given to `tagged` where the thing is read.
   */
  readonly revision?: (tx: Tx, call: Call<E>) => Promise<unknown>
  /** What takes its time and needs no database, such as asking Telegram: done once, before the transaction begins. */
  readonly prepare?: (call: Call<E>) => Promise<Prepared>
}

/**
 * A route that changes something: one transaction for the effect, its audit and the kept reply. `answer` may run again
 * after a deadlock, so it must have no effects but on the database.
 */
export function change<E extends Endpoint, Prepared = undefined>(
  endpoint: E,
  answer: (tx: Tx, call: Call<E>, prepared: Prepared) => Promise<AnswerOf<E>>,
  options: ChangeOptions<NoInfer<E>, Prepared> = {},
): PanelRoute {
  return { kind: 'change', endpoint, answer, ...options } as unknown as PanelRoute
}

/** A route that writes its answer itself: a stream of events, a file. */
export function stream<E extends Endpoint>(endpoint: E, answer: (call: Call<E>) => Promise<void>): PanelRoute {
  return { kind: 'stream', endpoint, answer }
}
