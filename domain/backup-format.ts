/**
 * What a backup file is (docs/OPERATING.md, Backup): a readable header, and behind it, compressed and sealed
 * (domain/sealed-stream.ts), one record after another.
 *
 *     "BOTFLEET-BACKUP\n" | length of the header, 4 bytes | header, JSON | SHA-256 of all that | sealed records
 *
 * The data key is derived from the key that the header names, from a salt and from the header's own hash: one key a file,
 * and a header that was changed opens nothing. The keys themselves are never in it.
 */
import { createHash, hkdfSync } from 'node:crypto'
import { z } from 'zod'
import { Failure } from './failure.ts'
import { type Keyring, keyBytes } from './keyring.ts'
import { damaged } from './sealed-stream.ts'

const magic = Buffer.from('BOTFLEET-BACKUP\n')
const digestBytes = 32
const headerBytesMax = 1024 * 1024
const recordBytesMax = 64 * 1024 * 1024
/** The format that this program writes and reads. */
export const backupFormat = 1

const headerSchema = z.object({
  format: z.literal(backupFormat),
  /** When the snapshot was taken, by the database's clock. */
  created_at: z.iso.datetime(),
  /** Version of the program that wrote it. */
  program: z.string(),
  /** SERVERNAME and host of whoever wrote it. */
  server: z.string(),
  host: z.string(),
  postgres: z.string(),
  /** Migrations applied to the database, oldest first. */
  schema: z.array(z.string()).min(1),
  /** Id of the key that the data key is derived from. */
  key_id: z.string().regex(/^[0-9a-f]{16}$/),
  /** Ids of the keys that sealed what is in the database: what is restored is of no use without them. */
  fingerprints: z.array(z.string()),
  /** Time to live of a lease where it was written: a worker of that fleet may run on for so long. */
  lease_ttl_seconds: z.number().positive(),
  salt: z.base64(),
  compression: z.literal('gzip'),
})

export type BackupHeader = z.infer<typeof headerSchema>

/** One step of a backup's content. Rows are Postgres' own text form of COPY, cut anywhere. */
export type BackupRecord =
  | { readonly kind: 'table'; readonly name: string; readonly columns: readonly string[] }
  | { readonly kind: 'rows'; readonly data: Buffer }
  | { readonly kind: 'table_end'; readonly rows: number }
  | { readonly kind: 'sequences'; readonly sequences: readonly BackupSequence[] }
  | { readonly kind: 'end'; readonly tables: number; readonly rows: number }

const sequenceSchema = z.object({ name: z.string(), last_value: z.string().regex(/^-?\d+$/), is_called: z.boolean() })
export type BackupSequence = z.infer<typeof sequenceSchema>

const codes = { table: 'T', rows: 'D', table_end: 'E', sequences: 'S', end: 'Z' } as const
const bodySchemas = {
  T: z.object({ kind: z.literal('table'), name: z.string(), columns: z.array(z.string()) }),
  E: z.object({ kind: z.literal('table_end'), rows: z.number().int() }),
  S: z.object({ kind: z.literal('sequences'), sequences: z.array(sequenceSchema) }),
  Z: z.object({ kind: z.literal('end'), tables: z.number().int(), rows: z.number().int() }),
}

/** The bytes in front of the sealed records. */
export function encodeHeader(header: BackupHeader): Buffer {
  const text = Buffer.from(`${JSON.stringify(header)}\n`)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(text.length)
  const front = Buffer.concat([magic, length, text])
  return Buffer.concat([front, digestOf(front)])
}

/** Bytes to read to know how long the header is. */
export const preambleBytes = magic.length + 4

/**
 * How many bytes there are in front of the sealed records, from the first `preambleBytes` of a file. Throws `usage`
 * when the file is no backup.
 */
export function frontLength(preamble: Buffer, subject: string): number {
  if (preamble.length < preambleBytes || !preamble.subarray(0, magic.length).equals(magic)) {
    throw new Failure('usage', `${subject} is not a backup that botfleet made`)
  }
  const length = preamble.readUInt32BE(magic.length)
  if (length > headerBytesMax) throw damaged(subject, 'its header has an impossible length')
  return preambleBytes + length + digestBytes
}

/** Reads the header; throws `conflict` when it was changed or is of a format that this program does not know. */
export function decodeHeader(front: Buffer, subject: string): BackupHeader {
  const end = front.length - digestBytes
  if (end < preambleBytes) throw damaged(subject, 'it ends within its header')
  if (!digestOf(front.subarray(0, end)).equals(front.subarray(end))) throw damaged(subject, 'its header was changed')
  const document = JSON.parse(front.toString('utf8', preambleBytes, end)) as { format?: unknown }
  if (document.format !== backupFormat) {
    throw new Failure(
      'conflict',
      `${subject} is of backup format ${String(document.format)}, this program knows ${backupFormat}: upgrade botfleet`,
    )
  }
  return headerSchema.parse(document)
}

/** The data key of one file, from the key that its header names and from the bytes of its front. */
export function deriveDataKey(keyring: Keyring, header: BackupHeader, front: Buffer): Buffer {
  const key = keyring.keys.get(header.key_id)
  if (key === undefined) throw new Error('the keyring was not checked for the key of this backup')
  const info = Buffer.concat([Buffer.from('botfleet backup 1\0'), digestOf(front)])
  return Buffer.from(hkdfSync('sha256', key, Buffer.from(header.salt, 'base64'), info, keyBytes))
}

/** Writes records one after another, each with its code and length in front. */
export async function* encodeRecords(records: AsyncIterable<BackupRecord>): AsyncGenerator<Buffer> {
  for await (const record of records) {
    const body = record.kind === 'rows' ? record.data : Buffer.from(JSON.stringify(record))
    const front = Buffer.alloc(5)
    front.write(codes[record.kind], 0, 'latin1')
    front.writeUInt32BE(body.length, 1)
    yield front
    yield body
  }
}

/** Reads what `encodeRecords` wrote; throws `conflict`, naming `subject`, when it does not end with a whole record. */
export async function* decodeRecords(source: AsyncIterable<Buffer>, subject: string): AsyncGenerator<BackupRecord> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const piece of source) {
    rest = rest.length === 0 ? piece : Buffer.concat([rest, piece])
    let from = 0
    while (rest.length - from >= 5) {
      const length = rest.readUInt32BE(from + 1)
      if (length > recordBytesMax) throw damaged(subject, 'a record has an impossible length')
      if (rest.length - from - 5 < length) break
      yield decodeRecord(rest.toString('latin1', from, from + 1), rest.subarray(from + 5, from + 5 + length), subject)
      from += 5 + length
    }
    rest = rest.subarray(from)
  }
  if (rest.length > 0) throw damaged(subject, 'it ends within a record')
}

function decodeRecord(code: string, body: Buffer, subject: string): BackupRecord {
  if (code === codes.rows) return { kind: 'rows', data: body }
  if (!(code in bodySchemas)) throw damaged(subject, 'a record is of an unknown kind')
  return bodySchemas[code as keyof typeof bodySchemas].parse(JSON.parse(body.toString('utf8')))
}

function digestOf(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest()
}
