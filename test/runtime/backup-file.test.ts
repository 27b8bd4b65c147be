import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { BackupHeader, BackupRecord } from '../../domain/backup-format.ts'
import { makeKeyring } from '../../domain/keyring.ts'
import { openBackupFile, writeBackupFile } from '../../runtime/backup-file.ts'
import { fileFailure, writeWholeFile } from '../../runtime/whole-file.ts'
import { backupKeyring, makeTestHeader, never } from '../support/backup.ts'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'botfleet-file-'))
  path = join(folder, 'one.backup')
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

const content: BackupRecord[] = [
  { kind: 'table', name: 't', columns: ['a'] },
  ...Array.from({ length: 40 }, (): BackupRecord => ({ kind: 'rows', data: randomBytes(10_000) })),
  { kind: 'table_end', rows: 40 },
  { kind: 'sequences', sequences: [{ name: 's', last_value: '9223372036854775807', is_called: true }] },
  { kind: 'end', tables: 1, rows: 40 },
]

async function* given(records: readonly BackupRecord[]): AsyncGenerator<BackupRecord> {
  yield* records
}

async function write(header: Partial<BackupHeader> = {}, overwrite = false): Promise<number> {
  return writeBackupFile({
    path,
    overwrite,
    header: makeTestHeader(header),
    keyring: backupKeyring,
    records: given(content),
    signal: never,
  })
}

async function read(keyring = backupKeyring): Promise<BackupRecord[]> {
  const file = await openBackupFile(path)
  return file.read(keyring, never, async (records) => {
    const all: BackupRecord[] = []
    for await (const record of records)
      all.push(record.kind === 'rows' ? { ...record, data: Buffer.from(record.data) } : record)
    return all
  })
}

test('what was written comes back, and only its writer may read the file', async () => {
  const bytes = await write()
  expect(await read()).toEqual(content)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(statSync(path).size).toBe(bytes)
  expect(readdirSync(folder)).toEqual(['one.backup'])
})

test('a header that was changed is refused, though its key opens the file', async () => {
  await write({ host: 'here' })
  const bytes = readFileSync(path)
  bytes.write('h3re', bytes.indexOf('"host":"here"') + 8)
  writeFileSync(path, bytes)
  await expect(openBackupFile(path)).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('header'),
  })
})

test('the sealed part of one file does not open behind the header of another', async () => {
  const salt = randomBytes(32).toString('base64')
  await write({ salt, host: 'here' })
  const one = readFileSync(path)
  rmSync(path)
  await write({ salt, host: 'else' })
  const two = readFileSync(path)
  const front = (bytes: Buffer) => 20 + bytes.readUInt32BE(16) + 32
  writeFileSync(path, Buffer.concat([two.subarray(0, front(two)), one.subarray(front(one))]))
  await expect(read()).rejects.toMatchObject({ code: 'conflict' })
})

test('another key with the right name opens nothing', async () => {
  await write()
  const other = { activeKeyId: 'x', keys: new Map([[backupKeyring.activeKeyId, randomBytes(32)]]) }
  await expect(read(other)).rejects.toMatchObject({ code: 'conflict' })
  expect([...makeKeyring([randomBytes(32)]).keys]).toHaveLength(1)
})

test.each(['an empty file', 'a text', 'a file cut within its header', 'a file with a header that is too long'])(
  '%s is refused as no backup or a damaged one',
  async (kind) => {
    await write()
    const whole = readFileSync(path)
    const contents: Record<string, Buffer> = {
      'an empty file': Buffer.alloc(0),
      'a text': Buffer.from('BOTFLEET is a fine program, and this is no backup of it'),
      'a file cut within its header': whole.subarray(0, 100),
      'a file with a header that is too long': Buffer.concat([whole.subarray(0, 16), Buffer.alloc(200, 0xff)]),
    }
    writeFileSync(path, contents[kind] ?? '')
    await expect(openBackupFile(path)).rejects.toMatchObject({ code: expect.stringMatching(/^(usage|conflict)$/) })
  },
)

test('a format of the future is refused by its number', async () => {
  await write({ format: 2 as 1 })
  await expect(openBackupFile(path)).rejects.toMatchObject({ message: expect.stringContaining('backup format 2') })
})

test('a file that is there is replaced only when that is wished, and then at once', async () => {
  writeFileSync(path, 'precious')
  await expect(write()).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining('--force') })
  expect(readFileSync(path, 'utf8')).toBe('precious')
  await write({}, true)
  expect(await read()).toEqual(content)
})

test('of two writers of one file the second is refused', async () => {
  let later: Promise<number> | undefined
  async function* slow(): AsyncGenerator<Buffer> {
    yield Buffer.from('first')
    later = writeWholeFile({ path, overwrite: false, source: (async function* () {})() })
    await later
  }
  await expect(writeWholeFile({ path, overwrite: false, source: slow() })).rejects.toMatchObject({ code: 'conflict' })
  expect(readFileSync(path, 'utf8')).toBe('')
  expect(readdirSync(folder)).toEqual(['one.backup'])
})

test('a writer that fails in the middle leaves what was there, and nothing else', async () => {
  writeFileSync(path, 'precious')
  const failing = (async function* (): AsyncGenerator<BackupRecord> {
    yield* content.slice(0, 30)
    throw new Error('the database went away')
  })()
  const header = makeTestHeader()
  await expect(
    writeBackupFile({ path, overwrite: true, header, keyring: backupKeyring, records: failing, signal: never }),
  ).rejects.toThrow('the database went away')
  expect(readFileSync(path, 'utf8')).toBe('precious')
  expect(readdirSync(folder)).toEqual(['one.backup'])
})

test('an abort in the middle leaves nothing', async () => {
  const controller = new AbortController()
  const endless = (async function* (): AsyncGenerator<BackupRecord> {
    for (let step = 0; ; step += 1) {
      yield { kind: 'rows', data: randomBytes(50_000) }
      if (step === 20) controller.abort()
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
  })()
  const header = makeTestHeader()
  const { signal } = controller
  await expect(
    writeBackupFile({ path, overwrite: false, header, keyring: backupKeyring, records: endless, signal }),
  ).rejects.toThrow()
  await expect.poll(() => readdirSync(folder)).toEqual([])
})

test('places where no file can be are refused before anything is read', async () => {
  mkdirSync(join(folder, 'a-folder'))
  writeFileSync(join(folder, 'plain'), '')
  symlinkSync('/nowhere', join(folder, 'link'))
  const unread = (async function* (): AsyncGenerator<Buffer> {
    yield Buffer.from('x')
    throw new Error('it was read')
  })()
  const cases: [string, string][] = [
    ['a-folder', 'usage'],
    ['link', 'usage'],
    ['no-folder/x', 'not_found'],
    ['plain/x', 'usage'],
    ['x'.repeat(300), 'usage'],
  ]
  for (const [name, code] of cases) {
    const refused = writeWholeFile({ path: join(folder, name), overwrite: true, source: unread })
    await expect(refused, name).rejects.toMatchObject({ code, message: expect.stringContaining(name) })
  }
})

test.each([
  ['ENOSPC', 'unavailable', 'is full'],
  ['EDQUOT', 'unavailable', 'is full'],
  ['EACCES', 'not_allowed', 'no permission'],
  ['EROFS', 'unavailable', 'takes no writes'],
])('%s is said in words', (code, failure, words) => {
  const error = Object.assign(new Error('x'), { code })
  expect(fileFailure('/a/b', error)).toMatchObject({ code: failure, message: expect.stringContaining(words) })
})

/** A file system of 64 kB; undefined where none may be mounted. */
function mountTiny(at: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', at], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

test('a full disk is said, and leaves nothing on it', async ({ skip }) => {
  const tiny = join(folder, 'tiny')
  mkdirSync(tiny)
  if (!mountTiny(tiny)) skip()
  path = join(tiny, 'one.backup')
  try {
    await expect(write()).rejects.toMatchObject({ code: 'unavailable', message: expect.stringContaining('is full') })
    expect(readdirSync(tiny)).toEqual([])
  } finally {
    execFileSync('umount', [tiny])
  }
})

test.skipIf(process.geteuid?.() === 0)('a folder that takes no files is said', async () => {
  chmodSync(folder, 0o500)
  await expect(write()).rejects.toMatchObject({ code: 'not_allowed' })
  expect(existsSync(path)).toBe(false)
  chmodSync(folder, 0o700)
})
