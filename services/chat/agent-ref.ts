import { createHash } from 'node:crypto'
import type { Queryable } from '../../db/transaction.ts'
import { Failure } from '../../domain/failure.ts'
import { parseAgent } from '../../domain/tenant.ts'

const refPattern = /^\.[0-9a-f]{12}$/

/** A short form of an agent's id that fits into a button; no id has a point in it. */
export function agentRef(tenant: string): string {
  return `.${createHash('sha256').update(tenant).digest('hex').slice(0, 12)}`
}

/** The tenant of an agent by its id, its tenant or its short form. Throws `not_found`. */
export async function agentByRef(tx: Queryable, text: string): Promise<string> {
  if (!refPattern.test(text)) return parseKnown(text)
  const { rows } = await tx.query<{ id: string }>(
    `select id from tenant where id <> 'master' and encode(sha256(convert_to(id, 'UTF8')), 'hex') like $1 || '%'`,
    [text.slice(1)],
  )
  const [found, another] = rows
  if (found === undefined || another !== undefined) throw notThere()
  return found.id
}

function parseKnown(text: string): string {
  try {
    return parseAgent(text)
  } catch (error) {
    if (error instanceof Failure) throw notThere()
    throw error
  }
}

function notThere(): Failure {
  return new Failure('not_found', 'there is no such agent', { details: { trouble: 'unknown_agent' } })
}
