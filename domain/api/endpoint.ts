/**
 * What an endpoint of the HTTP API is, as data: who may ask, what a request must look like and what the answer looks
 * like. Requests are checked strictly: a field that is not named is an error, never passed on. The same schemas make the
 * OpenAPI document, so the two cannot differ.
 */
import { z } from 'zod'
import type { Permission } from '../actor.ts'

/** The rooms of the API, as the document groups them. */
export const tags = [
  'server',
  'access',
  'bots',
  'pairing',
  'agents',
  'catalogue',
  'stock',
  'customers',
  'orders',
  'top-ups',
  'withdrawals',
  'ledger',
  'messages',
  'events',
  'audit',
] as const
export type Tag = (typeof tags)[number]

/**
 * `public` needs nothing; `session` any person or token; a permission that right. An agent passes the door where the
 * permission is opened to agents, and the service asks whether the target is its own.
 */
export type Access = 'public' | 'session' | Permission

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete'

/** What an endpoint takes when it takes nothing. */
export const nothing = z.strictObject({})
type Nothing = typeof nothing

interface EndpointShape {
  readonly method: Method
  /** As express writes it: `/api/instances/:id`. */
  readonly path: string
  readonly access: Access
  readonly tag: Tag
  /** One sentence for the document. */
  readonly summary: string
  /** The commands of the CLI that do the same, such as `withdrawal approve`. */
  readonly command?: string | readonly string[]
  /**
   * An `Idempotency-Key` header makes a change happen once: `optional` where a seed's bare request must work,
   * `required` where a repeated request would pay or sell twice.
   */
  readonly key?: 'optional' | 'required'
  /** The answer holds a secret that is shown once: a repeated request is refused instead of answered again. */
  readonly secretAnswer?: boolean
  /** Open also to who must have a second factor and has none yet. */
  readonly beforeSecondFactor?: boolean
  /** Bytes of a body; `requestBytesMax` when left out. */
  readonly bodyBytesMax?: number
  /** What the answer is when it is no JSON, for example `text/csv`. */
  readonly mediaType?: string
}

export interface Endpoint<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Answer extends z.ZodType = z.ZodType,
> extends EndpointShape {
  readonly params: Params
  readonly query: Query
  readonly body: Body
  readonly status: 200 | 201 | 202
  readonly answer: Answer
}

/** Declares an endpoint; what it does not name it does not take. */
export function endpoint<
  Answer extends z.ZodType,
  Params extends z.ZodType = Nothing,
  Query extends z.ZodType = Nothing,
  Body extends z.ZodType = Nothing,
>(
  spec: EndpointShape & {
    readonly params?: Params
    readonly query?: Query
    readonly body?: Body
    readonly status?: 200 | 201 | 202
    readonly answer: Answer
  },
): Endpoint<Params, Query, Body, Answer> {
  return {
    ...spec,
    params: spec.params ?? (nothing as unknown as Params),
    query: spec.query ?? (nothing as unknown as Query),
    body: spec.body ?? (nothing as unknown as Body),
    status: spec.status ?? 200,
  }
}

/** What a handler of the endpoint is given. */
export type ParamsOf<E extends Endpoint> = z.output<E['params']>
export type QueryOf<E extends Endpoint> = z.output<E['query']>
export type BodyOf<E extends Endpoint> = z.output<E['body']>
/** What a handler must answer. */
export type AnswerOf<E extends Endpoint> = z.input<E['answer']>
