import type { Queryable } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import { Failure } from '../../domain/failure.ts'
import type { Keyring } from '../../domain/keyring.ts'
import { openStockUnit } from './open-stock-unit.ts'

export interface CheckedSeals {
  readonly checked: number
  /** Units under an older key than the active one. */
  readonly old: number
  /** Units whose key is missing. */
  readonly locked: number
  /** Units that were altered or moved, by id. */
  readonly broken: readonly number[]
  /** Where the next call goes on; undefined at the end. */
  readonly next: number | undefined
}

/** Opens a batch of the goods that are not sold yet, and says which do not open; shows none. Needs `stock.read`. */
export async function checkSeals(
  tx: Queryable,
  actor: Actor,
  input: { readonly keyring: Keyring; readonly after: number; readonly batchSize: number },
): Promise<CheckedSeals> {
  assertMay(actor, 'stock.read')
  const { keyring } = input
  const { rows } = await tx.query<{ id: number; product_id: string; key_id: string; sealed: string }>(
    `select id, product_id, key_id, sealed from stock_unit where id > $1 and state in ('available', 'reserved')
     order by id limit $2`,
    [input.after, input.batchSize],
  )
  const verdicts = rows.map((row) => ({ row, verdict: judge(keyring, row) }))
  return {
    checked: rows.length,
    old: rows.filter((row) => row.key_id !== keyring.activeKeyId).length,
    locked: verdicts.filter(({ verdict }) => verdict === 'locked').length,
    broken: verdicts.filter(({ verdict }) => verdict === 'broken').map(({ row }) => row.id),
    next: rows.length < input.batchSize ? undefined : rows.at(-1)?.id,
  }
}

function judge(keyring: Keyring, row: { product_id: string; sealed: string }): 'opens' | 'locked' | 'broken' {
  try {
    openStockUnit(keyring, row)
    return 'opens'
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return error.code === 'unavailable' ? 'locked' : 'broken'
  }
}
