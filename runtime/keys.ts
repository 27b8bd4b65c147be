/**
 * Where keys come from (design section 8): AGENT_TOKEN_AES_KEY, or files of mode 0600 in BOTFLEET_HOME/keys. A key is
 * made only while the database holds no fingerprint; a wrong or missing key is refused and never overwritten.
 */

import { randomBytes } from 'node:crypto'
import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '../domain/failure.ts'
import { decodeKey, type Keyring, keyBytes, keyIdOf, makeKeyring } from '../domain/keyring.ts'
import type { Settings } from '../domain/settings.ts'

const firstKeyFile = '0001.key'

export interface KeySource {
  readonly settings: Pick<Settings, 'AGENT_TOKEN_AES_KEY' | 'AGENT_TOKEN_AES_KEY_PREVIOUS'>
  readonly keyFolder: string
  /** Ids of the keys that sealed something in this database. */
  readonly fingerprints: readonly string[]
}

/**
 * Loads the keyring; the newest file, or AGENT_TOKEN_AES_KEY, is the active key.
 * Throws `unavailable` naming the variable when a key that the database needs is missing.
 */
export function loadKeyring(source: KeySource): Keyring {
  const keys =
    source.settings.AGENT_TOKEN_AES_KEY === undefined ? keysOfFolder(source) : keysOfSettings(source.settings)
  const keyring = makeKeyring(keys)
  const missing = source.fingerprints.filter((fingerprint) => !keyring.keys.has(fingerprint))
  if (missing.length > 0) throw missingKey(source, missing)
  return keyring
}

/** Writes a new active key file; used by `key rotate`. Refused while the key comes from the environment. */
export function addKeyFile(source: Pick<KeySource, 'settings' | 'keyFolder'>): string {
  if (source.settings.AGENT_TOKEN_AES_KEY !== undefined) {
    throw new Failure(
      'usage',
      'the key comes from AGENT_TOKEN_AES_KEY: put the new key there, the old one into AGENT_TOKEN_AES_KEY_PREVIOUS, and run key rotate again',
    )
  }
  const next = keyFiles(source.keyFolder).length + 1
  return writeKey(source.keyFolder, `${String(next).padStart(4, '0')}.key`)
}

function keysOfSettings(settings: KeySource['settings']): Buffer[] {
  const previous = settings.AGENT_TOKEN_AES_KEY_PREVIOUS?.split(',').filter((text) => text.trim() !== '') ?? []
  return [
    decodeKey(settings.AGENT_TOKEN_AES_KEY ?? '', 'AGENT_TOKEN_AES_KEY'),
    ...previous.map((text) => decodeKey(text, 'AGENT_TOKEN_AES_KEY_PREVIOUS')),
  ]
}

function keysOfFolder(source: KeySource): Buffer[] {
  let files = keyFiles(source.keyFolder)
  if (files.length === 0) {
    if (source.fingerprints.length > 0) throw missingKey(source, source.fingerprints)
    writeKey(source.keyFolder, firstKeyFile)
    files = keyFiles(source.keyFolder)
  }
  return files
    .reverse()
    .map((file) => decodeKey(readFileSync(join(source.keyFolder, file), 'utf8'), join(source.keyFolder, file)))
}

function keyFiles(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => /^\d{4}\.key$/.test(name))
      .sort()
  } catch {
    return []
  }
}

/** Writes a random key under a temporary name and links it into place: of several writers one wins, all read its key. */
function writeKey(folder: string, name: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const key = randomBytes(keyBytes)
  const temporary = join(folder, `.${name}.${process.pid}.${Date.now()}`)
  writeFileSync(temporary, `${key.toString('base64')}\n`, { mode: 0o600, flag: 'wx' })
  try {
    linkSync(temporary, join(folder, name))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(temporary, { force: true })
  }
  return keyIdOf(key)
}

function missingKey(source: KeySource, missing: readonly string[]): Failure {
  const from =
    source.settings.AGENT_TOKEN_AES_KEY === undefined
      ? `${source.keyFolder} holds no such key`
      : 'the one given is another'
  return new Failure(
    'unavailable',
    `this database was sealed with key ${missing.join(', ')}, and ${from}: set AGENT_TOKEN_AES_KEY (or AGENT_TOKEN_AES_KEY_PREVIOUS) to that key; nothing was changed`,
  )
}
