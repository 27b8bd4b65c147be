/**
 * Where keys come from (design section 8): AGENT_TOKEN_AES_KEY, or files of mode 0600 in BOTFLEET_HOME/keys. A key is
 * made only while the database holds no fingerprint; a wrong or missing key is refused and never overwritten.
 */

import { randomBytes } from 'node:crypto'
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { Failure } from '../domain/failure.ts'
import { decodeKey, type Keyring, keyBytes, keyIdOf, makeKeyring } from '../domain/keyring.ts'
import type { Settings } from '../domain/settings.ts'

const firstKeyFile = '0001.key'
const rotationAttemptsMax = 20

export interface KeySource {
  readonly settings: Pick<Settings, 'AGENT_TOKEN_AES_KEY' | 'AGENT_TOKEN_AES_KEY_PREVIOUS'>
  readonly keyFolder: string
  /** Ids of the keys that sealed something there. */
  readonly fingerprints: readonly string[]
  /** What was sealed with them, as messages name it; `this database` when not given. */
  readonly subject?: string
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

/** Writes a new active key file and gives its id; used by `key rotate`. Refused while the key comes from the environment. */
export function addKeyFile(source: Pick<KeySource, 'settings' | 'keyFolder'>): string {
  if (source.settings.AGENT_TOKEN_AES_KEY !== undefined) {
    throw new Failure(
      'usage',
      'the key comes from AGENT_TOKEN_AES_KEY: put the new key there, the old one into AGENT_TOKEN_AES_KEY_PREVIOUS, and run key rotate again',
    )
  }
  for (let attempt = 0; attempt < rotationAttemptsMax; attempt += 1) {
    const last = Number.parseInt(keyFiles(source.keyFolder).at(-1) ?? '0', 10)
    const key = randomBytes(keyBytes)
    // Another rotation may take the number at the same moment: then the next one is ours.
    if (writeKey(source.keyFolder, `${String(last + 1).padStart(4, '0')}.key`, key)) return keyIdOf(key)
  }
  throw new Failure('conflict', `other rotations keep adding keys to ${source.keyFolder}: try again`)
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
    writeKey(source.keyFolder, firstKeyFile, randomBytes(keyBytes))
    files = keyFiles(source.keyFolder)
  }
  return files
    .reverse()
    .map((file) => decodeKey(readKeyFile(join(source.keyFolder, file)), join(source.keyFolder, file)))
}

function keyFiles(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => /^\d{4}\.key$/.test(name))
      .sort()
  } catch (cause) {
    // A folder that cannot be read is not an empty one: a second key must not be made beside the first.
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw unreadable(folder, cause)
  }
}

function readKeyFile(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

function unreadable(path: string, cause: unknown): Failure {
  return new Failure(
    'unavailable',
    `${path} cannot be read: run as the user who owns it, or set AGENT_TOKEN_AES_KEY; nothing was changed`,
    { cause },
  )
}

/**
 * Writes a key under a temporary name, to the disk itself, and links it into place: of several writers one wins, and no
 * key that sealed something is lost by a power cut.
 * @returns whether this writer won.
 */
function writeKey(folder: string, name: string, key: Buffer): boolean {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const temporary = join(folder, `.${name}.${process.pid}.${randomBytes(4).toString('hex')}`)
  try {
    writeFileSync(temporary, `${key.toString('base64')}\n`, { mode: 0o600, flag: 'wx', flush: true })
    linkSync(temporary, join(folder, name))
    flushFolder(folder)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw new Failure('unavailable', `no key can be written into ${folder}: ${(error as Error).message}`, {
      cause: error,
    })
  } finally {
    rmSync(temporary, { force: true })
  }
}

function flushFolder(folder: string): void {
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function missingKey(source: KeySource, missing: readonly string[]): Failure {
  const from =
    source.settings.AGENT_TOKEN_AES_KEY === undefined
      ? `${source.keyFolder} holds no such key: put its file there, or set`
      : 'the one given is another: set'
  return new Failure(
    'unavailable',
    `${source.subject ?? 'this database'} was sealed with key ${missing.join(', ')}, and ${from} AGENT_TOKEN_AES_KEY (or AGENT_TOKEN_AES_KEY_PREVIOUS) to that key; nothing was changed`,
  )
}
