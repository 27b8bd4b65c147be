import type { Database } from '../../db/database.ts'
import type { Queryable } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import type { AuditView } from '../../domain/audit.ts'
import { csvLine } from '../../domain/csv.ts'
import { appendAudit } from '../append-audit.ts'
import { type AuditFilter, listAudit } from './list-audit.ts'

export type AuditFormat = 'csv' | 'jsonl'

const pageSize = 1_000
const columns = [
  'id',
  'at',
  'actor',
  'source',
  'action',
  'target_kind',
  'target_id',
  'target_name',
  'tenant',
] as const satisfies readonly (keyof AuditView)[]

/**
 * The audit that matches as a text in pieces, newest first: a CSV table in which no cell is a formula, or a JSON document
 * a line. That it was asked for is audited first, and rows of later are not in it. Needs `audit.read`.
 */
export async function* exportAudit(
  database: Pick<Database, 'transaction'> & Queryable,
  actor: Actor,
  input: { readonly filter: AuditFilter; readonly format: AuditFormat },
): AsyncGenerator<string> {
  assertMay(actor, 'audit.read')
  await database.transaction((tx) =>
    appendAudit(tx, actor, {
      action: 'audit.export',
      targetKind: 'audit',
      targetId: null,
      tenantId: null,
      details: { format: input.format, ...input.filter },
    }),
  )
  const lineOf = input.format === 'csv' ? csvOf : (row: AuditView) => `${JSON.stringify(row)}\n`
  if (input.format === 'csv') yield csvLine([...columns, 'details'])
  for (let before: number | undefined, isWhole = true; isWhole; ) {
    const page: AuditView[] = await listAudit(database, actor, { ...input.filter, before, limit: pageSize })
    if (page.length > 0) yield page.map(lineOf).join('')
    before = page.at(-1)?.id
    isWhole = page.length === pageSize
  }
}

function csvOf(row: AuditView): string {
  return csvLine([...columns.map((column) => row[column]), row.details === null ? null : JSON.stringify(row.details)])
}
