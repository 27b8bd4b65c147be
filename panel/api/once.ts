/** `Idempotency-Key`: a change that is asked for again, with the same key, happens once (IETF httpapi draft 07). */
import { createHash, createHmac } from 'node:crypto'
import type { Request } from 'express'
import type { Tx } from '../../db/transaction.ts'
import type { Endpoint } from '../../domain/api/endpoint.ts'
import { Failure } from '../../domain/failure.ts'
import { type Keyring, keyringFor } from '../../domain/keyring.ts'
import { callerOf, claimReply, type KeyedRequest, keepReply } from '../../services/api-replies.ts'
import { HttpProblem, httpProblems } from './problem.ts'
import type { Call } from './route.ts'

/**
 * The key of a request, and what was asked as it is kept: under a key of ours, since a bare hash of a body with a password
 * is a hash to guess it by. Throws `usage` for one that is needed and missing, or cannot be a key.
 */
export function keyOf(endpoint: Endpoint, request: Request, keyring: () => Keyring): KeyedRequest | undefined {
  if (endpoint.key === undefined) return undefined
  const key = request.headers['idempotency-key']
  if (key === undefined) {
    if (endpoint.key === 'optional') return undefined
    throw new Failure('usage', 'send an Idempotency-Key header, such as a UUID: a repeated request then happens once')
  }
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,200}$/.test(key)) {
    throw new Failure('usage', 'an Idempotency-Key has 1 to 200 printable characters without spaces')
  }
  const asked = JSON.stringify([request.method, request.path, request.query, request.body ?? null])
  const { activeKeyId, keys } = keyringFor(keyring(), 'kept replies')
  const fingerprints = new Map(
    [...keys].map(([id, secret]) => [id, createHmac('sha256', secret).update(asked).digest()]),
  )
  const fingerprint = fingerprints.get(activeKeyId)
  if (fingerprint === undefined) throw new Error('a keyring without its active key')
  return { key, fingerprint, known: [...fingerprints.values()] }
}

/**
 * The key of a request as the ledger keeps it, for ever: replies are forgotten after a while, and a payment is never made
 * twice. One for each caller, route and key of a caller; only of an endpoint that requires a key.
 */
export function lastingKey({ request, actor }: Pick<Call<Endpoint>, 'request' | 'actor'>): string {
  const key = request.headers['idempotency-key']
  if (typeof key !== 'string') throw new Error('an endpoint that moves money requires a key')
  const asked = JSON.stringify([callerOf(actor), request.method, request.path, key])
  return `api:${createHash('sha256').update(asked).digest('base64url')}`
}

export interface Reply {
  readonly answer: unknown
  readonly status: number
  readonly isReplayed: boolean
}

/** Does the work of a change once for its key. */
export async function answerOnce(
  tx: Tx,
  call: Call<Endpoint>,
  options: {
    readonly endpoint: Endpoint
    readonly keyed: KeyedRequest
    readonly work: () => Promise<unknown>
  },
): Promise<Reply> {
  const { keyed, endpoint } = options
  const claim = await claimReply(tx, call.actor, keyed)
  switch (claim.kind) {
    case 'first': {
      const answer = await options.work()
      const { status } = endpoint
      await keepReply(tx, call.actor, { ...keyed, status, answer: endpoint.secretAnswer === true ? null : answer })
      return { answer, status, isReplayed: false }
    }
    case 'replay':
      return { answer: claim.answer, status: claim.status, isReplayed: true }
    case 'shown_once':
      throw new Failure('conflict', 'this was done already, and its secret is shown only once')
    case 'other_request':
      throw new HttpProblem(httpProblems.keyReused, 'this Idempotency-Key was used for another request: take a new one')
    case 'under_way':
      throw new Failure('conflict', 'the same request is under way: try again in a moment', {
        details: { retryAfterSeconds: 1 },
      })
    default:
      return claim satisfies never
  }
}
