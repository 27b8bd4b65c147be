import type { Tx } from '../db/transaction.ts'
import type { Actor } from '../domain/actor.ts'

/** A request that is to happen once, as its caller named it. */
export interface KeyedRequest {
  /** The `Idempotency-Key` header. */
  readonly key: string
  /** HMAC over what was asked, by the active key. */
  readonly fingerprint: Buffer
  /** The same by every key of ours: a request may come again after a rotation. */
  readonly known: readonly Buffer[]
}

export type Claim =
  /** Nobody has asked this before: do it, and keep the reply in the same transaction. */
  | { readonly kind: 'first' }
  | { readonly kind: 'replay'; readonly status: number; readonly answer: unknown }
  /** It was done, and the answer held a secret that is not kept. */
  | { readonly kind: 'shown_once' }
  /** The key was used for something else. */
  | { readonly kind: 'other_request' }
  /** The same request is under way in another transaction. */
  | { readonly kind: 'under_way' }

/**
 * Claims an idempotency key for this transaction. Whoever claims it first does the work; a transaction that fails gives
 * the key back. Keys are the caller's own: another's are never seen.
 */
export async function claimReply(tx: Tx, actor: Actor, request: KeyedRequest): Promise<Claim> {
  const caller = callerOf(actor)
  const locked = await tx.query<{ locked: boolean }>(
    `select pg_try_advisory_xact_lock(hashtextextended($1, 0)) as locked`,
    [`api_reply ${caller} ${request.key}`],
  )
  if (locked.rows[0]?.locked !== true) return { kind: 'under_way' }
  const inserted = await tx.query(
    'insert into api_reply (caller, key, fingerprint) values ($1, $2, $3) on conflict do nothing',
    [caller, request.key, request.fingerprint],
  )
  if (inserted.rowCount === 1) return { kind: 'first' }
  const { rows } = await tx.query<{ fingerprint: Buffer; status: number; answer: unknown }>(
    'select fingerprint, status, answer from api_reply where caller = $1 and key = $2',
    [caller, request.key],
  )
  const [row] = rows
  if (row === undefined) return { kind: 'under_way' }
  if (!request.known.some((fingerprint) => fingerprint.equals(row.fingerprint))) return { kind: 'other_request' }
  return row.answer === null ? { kind: 'shown_once' } : { kind: 'replay', status: row.status, answer: row.answer }
}

/** Keeps what was answered, for a repeated request; `answer` null where it holds a secret that is shown once. */
export async function keepReply(
  tx: Tx,
  actor: Actor,
  request: KeyedRequest & { readonly status: number; readonly answer: unknown },
): Promise<void> {
  await tx.query('update api_reply set status = $3, answer = $4 where caller = $1 and key = $2', [
    callerOf(actor),
    request.key,
    request.status,
    request.answer === null ? null : JSON.stringify(request.answer),
  ])
}

/** Whose keys they are. */
export function callerOf(actor: Actor): string {
  return actor.userId ?? actor.name
}
