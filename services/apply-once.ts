import type { Tx } from '../db/transaction.ts'

export interface OnceInput<Outcome> {
  readonly instanceId: string
  /** The channel's own key of the update, for example `tg:123`. */
  readonly updateKey: string
  /** A second key for what may come again under another update key; null when there is none. */
  readonly nonce: string | null
  readonly effect: () => Promise<Outcome>
}

export interface OnceOutcome<Outcome> {
  readonly outcome: Outcome
  /** The effect had been applied before; `outcome` is what it came to then. */
  readonly repeated: boolean
  /** The answer to this update had gone out before. */
  readonly answered: boolean
}

interface HandledRow {
  outcome: unknown
  answered: boolean
}

/**
 * Applies an effect once for an update key and, where given, once for a business nonce; both are stored in the same
 * transaction as the effect (design section 6; facts/telegram.md 3.2). A second caller waits for the first one's
 * transaction and then reads its outcome.
 */
export async function applyOnce<Outcome>(tx: Tx, input: OnceInput<Outcome>): Promise<OnceOutcome<Outcome>> {
  const keys = input.nonce === null ? [input.updateKey] : [input.updateKey, `nonce:${input.nonce}`]
  for (const key of keys) {
    const claimed = await tx.query(
      `insert into handled_update (instance_id, key, outcome) values ($1, $2, 'null') on conflict do nothing`,
      [input.instanceId, key],
    )
    if (claimed.rowCount === 0) return earlierOutcome(tx, input, key)
  }
  const outcome = await input.effect()
  await storeOutcome(tx, input.instanceId, keys, outcome)
  return { outcome, repeated: false, answered: false }
}

async function earlierOutcome<Outcome>(tx: Tx, input: OnceInput<Outcome>, key: string): Promise<OnceOutcome<Outcome>> {
  const { rows } = await tx.query<HandledRow>(
    `select outcome, answered_at is not null as answered from handled_update where instance_id = $1 and key = $2`,
    [input.instanceId, key],
  )
  const row = rows[0]
  if (row === undefined) throw new Error('a handled update vanished while its key was held')
  const outcome = row.outcome as Outcome
  if (key === input.updateKey) return { outcome, repeated: true, answered: row.answered }
  // The same press under a new update id: remember the new id with the old outcome; it deserves an answer of its own.
  await storeOutcome(tx, input.instanceId, [input.updateKey], outcome)
  return { outcome, repeated: true, answered: false }
}

async function storeOutcome(tx: Tx, instanceId: string, keys: string[], outcome: unknown): Promise<void> {
  await tx.query(`update handled_update set outcome = $3 where instance_id = $1 and key = any($2)`, [
    instanceId,
    keys,
    JSON.stringify(outcome),
  ])
}
