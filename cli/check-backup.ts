import { resolve } from 'node:path'
import { refuseForeignSchema } from '../db/load-snapshot.ts'
import type { BackupHeader } from '../domain/backup-format.ts'
import { Failure } from '../domain/failure.ts'
import type { Keyring } from '../domain/keyring.ts'
import { damaged } from '../domain/sealed-stream.ts'
import { openBackupFile } from '../runtime/backup-file.ts'
import { type Config, loadConfig } from '../runtime/config.ts'
import { loadKeyring } from '../runtime/keys.ts'
import { publicHeader } from './backup.ts'
import { type BackupCount, countRecords, rowsText } from './backup-progress.ts'
import type { Cli } from './command.ts'
import { formatBytes } from './format.ts'

/** Reads a backup from its first to its last byte and says what is in it; needs its keys, and no database. */
export async function checkBackup(cli: Cli, file: string): Promise<void> {
  const backup = await openBackupFile(resolve(cli.cwd, file))
  const { header, path, bytes } = backup
  const keyring = keyringOf(loadConfig(cli.environment, cli.cwd), header, path)
  const count: BackupCount = { tables: 0, rows: 0 }
  await backup
    .read(keyring, cli.signal, async (records) => {
      let ended = false
      for await (const record of countRecords(cli.output, records, count)) {
        ended = record.kind === 'end' && record.rows === count.rows && record.tables === count.tables
      }
      if (!ended) throw damaged(path, 'what it says about itself and what it holds differ')
    })
    .catch((error: unknown) => {
      cli.signal.throwIfAborted()
      throw error
    })
  const refusal = schemaRefusal(header)
  const result = { file: path, bytes, ...count, restorable: refusal === null, ...publicHeader(header) }
  cli.output.result(result, () =>
    [
      `${path}: whole and authentic`,
      `made     ${header.created_at} on ${header.server} (${header.host})`,
      `by       botfleet ${header.program}, Postgres ${header.postgres}`,
      `holds    ${rowsText(count.rows)} in ${count.tables} tables, ${formatBytes(bytes)} sealed`,
      `schema   ${header.schema.at(-1) ?? '-'}${refusal === null ? '' : ' (not restorable by this program)'}`,
      `keys     ${neededKeys(header).join(', ')} (not in it)`,
    ].join('\n'),
  )
  if (refusal !== null) cli.output.note(refusal)
}

/** Ids of the keys without which a backup cannot be opened, or what it holds not be used. */
function neededKeys(header: BackupHeader): string[] {
  return [...new Set([header.key_id, ...header.fingerprints])]
}

/** The keys of a backup; throws `unavailable` naming the one that is missing. No key is ever made for it. */
export function keyringOf(config: Config, header: BackupHeader, path: string): Keyring {
  return loadKeyring({
    settings: config.settings,
    keyFolder: config.paths.keys,
    fingerprints: neededKeys(header),
    subject: path,
  })
}

function schemaRefusal(header: BackupHeader): string | null {
  try {
    refuseForeignSchema(header.schema)
    return null
  } catch (error) {
    if (error instanceof Failure) return error.message
    throw error
  }
}
