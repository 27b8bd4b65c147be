import type { Queryable } from '../../db/transaction.ts'
import { parseApiToken } from '../../domain/api-token.ts'
import { findSession, type Session } from '../find-session.ts'
import { findApiToken } from './find-api-token.ts'

/** Who speaks: an open session by its token, or an API token. Undefined for neither. */
export function findCaller(
  tx: Queryable,
  input: { readonly token: string; readonly source: string },
): Promise<Session | undefined> {
  return parseApiToken(input.token) === undefined ? findSession(tx, input) : findApiToken(tx, input)
}
