/** Backup files on disk: written whole or not at all, read without taking more of them into memory than a chunk. */
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import {
  type BackupHeader,
  type BackupRecord,
  decodeHeader,
  decodeRecords,
  deriveDataKey,
  encodeHeader,
  encodeRecords,
  frontLength,
  preambleBytes,
} from '../domain/backup-format.ts'
import type { Keyring } from '../domain/keyring.ts'
import { damaged, openStream, sealStream } from '../domain/sealed-stream.ts'
import { fileFailure, writeWholeFile } from './whole-file.ts'

export interface WriteBackup {
  readonly path: string
  readonly overwrite: boolean
  readonly header: BackupHeader
  readonly keyring: Keyring
  readonly records: AsyncIterable<BackupRecord>
  readonly signal: AbortSignal
}

/** Writes a backup; gives the file's length in bytes. On any failure nothing of it is left. */
export async function writeBackupFile(input: WriteBackup): Promise<number> {
  const front = encodeHeader(input.header)
  const key = deriveDataKey(input.keyring, input.header, front)
  async function* bytes(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    yield front
    yield* sealStream(key, source)
  }
  let length = 0
  await pipeline(
    encodeRecords(input.records),
    createGzip(),
    bytes,
    async (source: AsyncIterable<Buffer>) => {
      length = await writeWholeFile({ path: input.path, overwrite: input.overwrite, source })
    },
    { signal: input.signal },
  )
  return length
}

/** A backup file whose header has been read. */
export interface BackupFile {
  readonly path: string
  readonly header: BackupHeader
  readonly bytes: number
  /**
   * Reads the rest and gives its records to `consume`; each is proven before it is given, and that the last one is the
   * last is proven when the records end. Throws `conflict` when the file is not what was written.
   */
  read<T>(
    keyring: Keyring,
    signal: AbortSignal,
    consume: (records: AsyncIterable<BackupRecord>) => Promise<T>,
  ): Promise<T>
}

/** Opens a backup and reads its header; throws `usage` when it is none, `conflict` when the header is damaged. */
export async function openBackupFile(path: string): Promise<BackupFile> {
  const { front, bytes } = await readFront(path).catch((error: unknown) => {
    throw fileFailure(path, error)
  })
  const header = decodeHeader(front, path)
  return {
    path,
    header,
    bytes,
    read: async (keyring, signal, consume) => {
      const key = deriveDataKey(keyring, header, front)
      const file = createReadStream(path, { start: front.length, highWaterMark: 256 * 1024 })
      return readRecords({ file, key, path, signal, consume })
    },
  }
}

async function readFront(path: string): Promise<{ front: Buffer; bytes: number }> {
  const handle = await open(path, 'r')
  try {
    const preamble = Buffer.alloc(preambleBytes)
    const { bytesRead } = await handle.read(preamble, 0, preambleBytes, 0)
    const front = Buffer.alloc(frontLength(preamble.subarray(0, bytesRead), path))
    const whole = await handle.read(front, 0, front.length, 0)
    if (whole.bytesRead < front.length) throw damaged(path, 'it ends within its header')
    return { front, bytes: (await handle.stat()).size }
  } finally {
    await handle.close()
  }
}

async function readRecords<T>(input: {
  file: Readable
  key: Buffer
  path: string
  signal: AbortSignal
  consume: (records: AsyncIterable<BackupRecord>) => Promise<T>
}): Promise<T> {
  const { file, key, path, signal, consume } = input
  let result: { value: T } | undefined
  await pipeline(
    file,
    (source: AsyncIterable<Buffer>) => openStream(key, source, path),
    createGunzip(),
    async (source: AsyncIterable<Buffer>) => {
      result = { value: await consume(decodeRecords(source, path)) }
    },
    { signal },
  )
  if (result === undefined) throw new Error('the backup was read without a result')
  return result.value
}
