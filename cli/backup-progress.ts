import type { BackupRecord } from '../domain/backup-format.ts'
import { formatBytes } from './format.ts'
import type { Output } from './output.ts'

export interface BackupCount {
  tables: number
  rows: number
}

const sayEveryMs = 2000

/** Passes a backup's records on, counts them, and says on stderr how far they are. */
export async function* countRecords(
  output: Output,
  records: AsyncIterable<BackupRecord>,
  count: BackupCount,
): AsyncGenerator<BackupRecord> {
  let table = ''
  let bytes = 0
  let saidAtMs = performance.now()
  for await (const record of records) {
    if (record.kind === 'table') {
      table = record.name
      bytes = 0
    } else if (record.kind === 'rows') {
      bytes += record.data.length
      if (performance.now() - saidAtMs > sayEveryMs) {
        output.note(`  ${table}: ${formatBytes(bytes)} so far`)
        saidAtMs = performance.now()
      }
    } else if (record.kind === 'table_end') {
      count.tables += 1
      count.rows += record.rows
      if (record.rows > 0) output.note(`  ${table}: ${rowsText(record.rows)}, ${formatBytes(bytes)}`)
    }
    yield record
  }
}

/** `1 row`, `2 rows`. */
export function rowsText(rows: number): string {
  return `${rows} ${rows === 1 ? 'row' : 'rows'}`
}
