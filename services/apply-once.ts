import type { Tx } from '../db/transaction.ts'

export interface OnceInput<Outcome> {
  readonly instanceId: string
  /** The channel's own key of the update, for example `tg:123`. */
  readonly updateKey: string
  /** A second key for what may come again under another update key; null when there is none. */
  readonly nonce: string | null
  /** Where the channel stands before this attempt to answer; null when it cannot say. */
  readonly answerMark: string | null
  readonly effect: () => Promise<Outcome>
}

export interface OnceOutcome<Outcome> {
  readonly outcome: Outcome
  /** The effect had been applied before; `outcome` is what it came to then. */
  readonly repeated: boolean
  /** The answer to this update had gone out before. */
  readonly answered: boolean
  /** Marks of earlier attempts to answer, oldest first, the last few. */
  readonly earlierMarks: readonly string[]
}

const marksMax = 5

interface HandledRow {
  outcome: unknown
  answered: boolean
  earlier_marks: string[]
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
      `insert into handled_update (instance_id, key, outcome, answer_marks)
       values ($1, $2, 'null', array_remove(array[$3::text], null)) on conflict do nothing`,
      [input.instanceId, key, key === input.updateKey ? input.answerMark : null],
    )
    if (claimed.rowCount === 0) return earlierOutcome(tx, input, key)
  }
  const outcome = await input.effect()
  await storeOutcome(tx, input.instanceId, keys, outcome)
  return { outcome, repeated: false, answered: false, earlierMarks: [] }
}

async function earlierOutcome<Outcome>(tx: Tx, input: OnceInput<Outcome>, key: string): Promise<OnceOutcome<Outcome>> {
  const { rows } = await tx.query<HandledRow>(
    `select outcome, answered_at is not null as answered, answer_marks as earlier_marks
     from handled_update where instance_id = $1 and key = $2`,
    [input.instanceId, key],
  )
  const row = rows[0]
  if (row === undefined) throw new Error('a handled update vanished while its key was held')
  const outcome = row.outcome as Outcome
  if (key === input.updateKey) {
    if (!row.answered) await addMark(tx, input)
    return { outcome, repeated: true, answered: row.answered, earlierMarks: row.earlier_marks }
  }
  // The same press under a new update id: remember the new id with the old outcome; it deserves an answer of its own.
  await storeOutcome(tx, input.instanceId, [input.updateKey], outcome)
  return { outcome, repeated: true, answered: false, earlierMarks: [] }
}

/** This attempt may send, too, and be the one that a later attempt has to look for. */
async function addMark(tx: Tx, input: { instanceId: string; updateKey: string; answerMark: string | null }) {
  if (input.answerMark === null) return
  await tx.query(
    `update handled_update set answer_marks = (answer_marks || $3::text)[greatest(1, cardinality(answer_marks) + 2 - $4):]
     where instance_id = $1 and key = $2`,
    [input.instanceId, input.updateKey, input.answerMark, marksMax],
  )
}

async function storeOutcome(tx: Tx, instanceId: string, keys: string[], outcome: unknown): Promise<void> {
  await tx.query(`update handled_update set outcome = $3 where instance_id = $1 and key = any($2)`, [
    instanceId,
    keys,
    JSON.stringify(outcome),
  ])
}
