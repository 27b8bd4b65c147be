import type { Tx } from '../../db/transaction.ts'
import type { Keyring } from '../../domain/keyring.ts'
import { openRow, type SealedTable, sealRow } from './sealing.ts'

interface SealedColumns {
  /** The row's key within its instance, as it is authenticated. */
  readonly row: string
  readonly box: string
}

const tables: Readonly<Record<SealedTable, SealedColumns>> = {
  whatsapp_session: { row: `''`, box: 'sealed' },
  whatsapp_key: { row: `encode(id, 'hex')`, box: 'sealed' },
  whatsapp_message: { row: `encode(id, 'hex')`, box: 'sealed' },
  handled_update: { row: 'key', box: 'body' },
  pairing: { row: 'id::text', box: 'sealed' },
}

/**
 * Seals a batch of what WhatsApp bots keep anew under the active key. Rows that a bot is writing at this moment are left
 * for another round: it writes them under a key of its own choice.
 * @returns how many.
 */
export async function resealRows(
  tx: Tx,
  { keyring, batchSize }: { readonly keyring: Keyring; readonly batchSize: number },
): Promise<number> {
  for (const [table, columns] of Object.entries(tables) as [SealedTable, SealedColumns][]) {
    const { rows } = await tx.query<{ place: string; instance_id: string; row: string; box: string }>(
      `select ctid::text as place, instance_id, ${columns.row} as row, ${columns.box} as box from ${table}
       where key_id <> $1 and ${columns.box} is not null limit $2 for update skip locked`,
      [keyring.activeKeyId, batchSize],
    )
    if (rows.length === 0) continue
    await tx.query(
      `update ${table} t set ${columns.box} = anew.box, key_id = $3
       from unnest($1::tid[], $2::text[]) as anew (place, box) where t.ctid = anew.place`,
      [
        rows.map(({ place }) => place),
        rows.map(({ instance_id: instanceId, row, box }) => {
          const at = { table, instanceId, row }
          return sealRow(keyring, at, openRow(keyring, at, box))
        }),
        keyring.activeKeyId,
      ],
    )
    return rows.length
  }
  return 0
}
