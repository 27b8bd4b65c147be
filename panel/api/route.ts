/** What a route is: who may ask, and what answers. */
import type { Request, Response } from 'express'
import type { Database } from '../../db/database.ts'
import type { Permission } from '../../domain/actor.ts'
import type { Keyring } from '../../domain/keyring.ts'
import type { Session } from '../../services/find-session.ts'
import type { PasswordHasher } from '../../services/password-hasher.ts'
import type { OriginRules } from './origin.ts'

export interface RouteContext {
  readonly database: Database
  readonly serverName: string
  readonly version: string
  readonly origins: OriginRules
  /** Asked anew each time: a key rotation adds keys while we run. */
  readonly keyring: () => Keyring
  readonly hasher?: PasswordHasher
}

export interface PublicCall {
  readonly request: Request
  readonly response: Response
}

export interface SessionCall extends PublicCall {
  readonly session: Session
  readonly token: string
}

interface RouteShape {
  readonly method: 'get' | 'post'
  readonly path: string
}

/**
 * `access`: `public` needs nothing, `session` any open session (its service asks for rights on the target's tenant),
 * a permission that right on the whole server.
 */
export type PanelRoute =
  | (RouteShape & { readonly access: 'public'; readonly answer: (call: PublicCall) => Promise<unknown> })
  | (RouteShape & { readonly access: 'session' | Permission; readonly answer: (call: SessionCall) => Promise<unknown> })
