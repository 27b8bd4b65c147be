import { statSync } from 'node:fs'
import type { Database } from '../db/database.ts'
import type { Keyring } from '../domain/keyring.ts'
import type { Config } from '../runtime/config.ts'
import { loadKeyring } from '../runtime/keys.ts'
import { listKeyFingerprints } from '../services/list-key-fingerprints.ts'
import { registerFirstKey } from '../services/register-first-key.ts'

/**
 * The keyring of a server: refused when it is not the database's, registered when the database has none, and read anew
 * when `key rotate` has added a file.
 */
export async function openServerKeyring(config: Config, database: Database): Promise<() => Keyring> {
  const source = { settings: config.settings, keyFolder: config.paths.keys }
  const first = loadKeyring({ ...source, fingerprints: await listKeyFingerprints(database) })
  const fingerprints = await database.transaction((tx) => registerFirstKey(tx, { keyId: first.activeKeyId }))
  let keyring = loadKeyring({ ...source, fingerprints })
  let changedAtMs = folderTime(config.paths.keys)
  return () => {
    const nowMs = folderTime(config.paths.keys)
    if (nowMs !== changedAtMs) {
      keyring = loadKeyring({ ...source, fingerprints: [] })
      changedAtMs = nowMs
    }
    return keyring
  }
}

function folderTime(folder: string): number {
  return statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? 0
}
