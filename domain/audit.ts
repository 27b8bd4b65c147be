/** The audit as faces show it: rows, the head of their chain, and what a check of it found. */

/** One row: who did what to what, when and from where. */
export interface AuditView {
  id: number
  at: string
  actor: string
  source: string
  action: string
  target_kind: string
  target_id: string | null
  /** What people call the target now: the name of a user, bot, product or customer; null where there is none. */
  target_name: string | null
  tenant: string | null
  details: Record<string, unknown> | null
}

/** Where the chain ends; kept elsewhere, it proves later that nothing before it was rewritten. */
export interface AuditHead {
  /** Rows chained so far. */
  position: number
  /** SHA-256 over everything up to there, in hexadecimal digits. */
  hash: string
  chained_at: string
}

/**
 * What does not fit. `changed`: the row, or the link before it, is not what was chained. `missing`: the row, or where
 * there is no id its link, is gone. `inserted`: the row came in past the chain. `rewritten`: the chain is whole, but not
 * the one that an anchor was noted of.
 */
export interface AuditFinding {
  kind: 'changed' | 'missing' | 'inserted' | 'rewritten'
  /** In the chain; null for a row that is not in it. */
  position: number | null
  /** Of the audit row; null where only its place in the chain is known. */
  id: number | null
}

/** What a check of the whole audit came to. */
export interface AuditVerdict {
  ok: boolean
  /** Links that were checked. */
  checked: number
  /** Null while nothing was ever audited. */
  head: AuditHead | null
  findings: AuditFinding[]
  /** Whether there is more than `findings` names. */
  more: boolean
}

/** Findings that a check names; who finds so many needs no more. */
export const auditFindingsMax = 100

/** An anchor: a head noted earlier, as `<position>:<hash>`. */
export interface AuditAnchor {
  readonly position: number
  readonly hash: string
}

/** Reads an anchor; undefined for a text that is none. */
export function parseAnchor(text: string): AuditAnchor | undefined {
  const [, position, hash] = /^([1-9]\d{0,14}):([0-9a-f]{64})$/.exec(text.trim().toLowerCase()) ?? []
  return position === undefined || hash === undefined ? undefined : { position: Number(position), hash }
}

/** A head as it is noted. */
export function anchorText(head: AuditHead): string {
  return `${head.position}:${head.hash}`
}
