/**
 * Whether the audit is what it was. Each link is computed anew from its row and from the link that stands before it, so
 * that a change is named where it was made and hides nothing behind it.
 *
 * What this cannot find: somebody who may write every table can compute a new chain from a changed row on. An anchor, a
 * head that was noted where they do not write, tells.
 */
import type { Queryable } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import {
  type AuditAnchor,
  type AuditFinding,
  type AuditHead,
  type AuditVerdict,
  auditFindingsMax,
} from '../../domain/audit.ts'
import { chainAudit } from './chain-audit.ts'

/** Links, and rows, of one statement. */
const batchSize = 5_000

export interface VerifyAudit {
  /** A head noted earlier. */
  readonly anchor?: AuditAnchor | undefined
  /** Called now and then with how many links were checked. */
  readonly onProgress?: ((checked: number) => void) | undefined
}

/** Chains what waits and checks every link and every row. Needs `audit.read`. */
export async function verifyAudit(database: Queryable, actor: Actor, input: VerifyAudit = {}): Promise<AuditVerdict> {
  assertMay(actor, 'audit.read')
  await chainAudit(database)
  const findings: AuditFinding[] = []
  const checked = await checkLinks(database, findings, input)
  await findInserted(database, findings)
  findings.push(...(await findLostBeforeChaining(database)))
  if (input.anchor !== undefined) findings.push(...(await checkAnchor(database, input.anchor)))
  return {
    ok: findings.length === 0,
    checked,
    head: await readAuditHead(database),
    findings: findings.slice(0, auditFindingsMax),
    more: findings.length > auditFindingsMax,
  }
}

/** Where the chain ends; null while nothing is chained. Asks for no right: it tells nothing of what is in it. */
export async function readAuditHead(database: Queryable): Promise<AuditHead | null> {
  const { rows } = await database.query<{ position: number; hash: string; chained_at: Date }>(
    `select position, encode(hash, 'hex') as hash, chained_at from audit_chain order by position desc limit 1`,
  )
  const head = rows[0]
  return head === undefined ? null : { ...head, chained_at: head.chained_at.toISOString() }
}

interface LinkRow {
  position: number
  audit_id: number
  hash: Buffer
  /** How far this link stands behind the one before: 1, unless links are missing. */
  step: number
  gone: boolean
  wrong: boolean
  is_last: boolean
}

/** Goes through the chain batch by batch; each answer has what does not fit, and the last link. */
async function checkLinks(database: Queryable, findings: AuditFinding[], input: VerifyAudit): Promise<number> {
  let last: { position: number; hash: Buffer } | undefined = { position: 0, hash: Buffer.alloc(0) }
  let checked = 0
  while (last !== undefined && findings.length <= auditFindingsMax) {
    const { rows }: { rows: (LinkRow & { count: number })[] } = await database.query(
      `with batch as materialized (
         select position, audit_id, hash from audit_chain where position > $1 order by position limit $3
       ), checked as materialized (
         select b.position, b.audit_id, b.hash, b.position - lag(b.position, 1, $1::bigint) over place as step,
           a.id is null as gone,
           coalesce(b.hash <> audit_link(lag(b.hash, 1, $2::bytea) over place, b.position, a), false) as wrong,
           b.position = max(b.position) over () as is_last, (count(*) over ())::integer as count
         from batch b left join audit_log a on a.id = b.audit_id
         window place as (order by b.position)
       )
       select * from checked where step <> 1 or gone or wrong or is_last order by position`,
      [last.position, last.hash, batchSize],
    )
    for (const row of rows) findings.push(...findingsOf(row))
    last = rows.find((row) => row.is_last)
    checked += rows[0]?.count ?? 0
    input.onProgress?.(checked)
  }
  return checked
}

function findingsOf({ position, audit_id: id, step, gone, wrong }: LinkRow): AuditFinding[] {
  const found: AuditFinding[] = []
  if (step !== 1) found.push({ kind: 'missing', position: position - 1, id: null })
  if (gone) found.push({ kind: 'missing', position, id })
  // Behind a gap every link is wrong: the row itself need not be.
  else if (wrong && step === 1) found.push({ kind: 'changed', position, id })
  return found
}

/** Rows that came in past the trigger: neither chained nor waiting for it. */
async function findInserted(database: Queryable, findings: AuditFinding[]): Promise<void> {
  let after: number | null = 0
  while (after !== null && findings.length <= auditFindingsMax) {
    const { rows }: { rows: { ids: number[]; last: number | null }[] } = await database.query(
      `with batch as materialized (select id from audit_log where id > $1 order by id limit $2)
       select (select max(id) from batch) as last, array(
         select b.id::double precision from batch b where not exists (select from audit_chain c where c.audit_id = b.id)
           and not exists (select from audit_unchained u where u.audit_id = b.id) order by b.id) as ids`,
      [after, batchSize],
    )
    for (const id of rows[0]?.ids ?? []) findings.push({ kind: 'inserted', position: null, id })
    after = rows[0]?.last ?? null
  }
}

/** Rows that were taken out while they waited. */
async function findLostBeforeChaining(database: Queryable): Promise<AuditFinding[]> {
  const { rows } = await database.query<{ audit_id: number }>(
    `select u.audit_id from audit_unchained u where not exists (select from audit_log a where a.id = u.audit_id)
     order by u.audit_id limit $1`,
    [auditFindingsMax + 1],
  )
  return rows.map(({ audit_id: id }) => ({ kind: 'missing', position: null, id }))
}

async function checkAnchor(database: Queryable, anchor: AuditAnchor): Promise<AuditFinding[]> {
  const { rowCount } = await database.query(
    `select from audit_chain where position = $1 and hash = decode($2, 'hex')`,
    [anchor.position, anchor.hash],
  )
  return rowCount === 1 ? [] : [{ kind: 'rewritten', position: anchor.position, id: null }]
}
