/**
 * Goods made ready for the shelf outside of any transaction, so that a slow file holds up nobody: each unit is sealed
 * and gets its fingerprint, by which the same goods are known again without being read.
 */
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { basename } from 'node:path'
import { parseLine } from '../../domain/catalogue.ts'
import { Failure } from '../../domain/failure.ts'
import { type Keyring, seal } from '../../domain/keyring.ts'
import { LineReader, type LineTrouble } from '../../domain/stock-lines.ts'
import { stockAad } from './open-stock-unit.ts'

/** What sealing needs; `openIntake` gives it. */
export interface Intake {
  readonly product: string
  readonly keyring: Keyring
  readonly fingerprintKey: KeyObject
}

export interface SealedUnit {
  /** Where in the file it stands; 1 for a unit that is the whole file. */
  readonly line: number
  readonly sealed: string
  /** Base64 of 32 bytes. */
  readonly fingerprint: string
}

export interface SkippedLine {
  readonly line: number
  readonly trouble: LineTrouble
  /** The line of the same file that has the same goods, for `repeated`. */
  readonly same_as?: number
}

/** Goods that are ready to be stored. */
export interface SealedStock {
  readonly product: string
  readonly keyId: string
  /** The name of a file that is one unit; null for lines. */
  readonly fileName: string | null
  readonly units: readonly SealedUnit[]
  readonly skipped: readonly SkippedLine[]
}

/** Lines of one import: beyond that its transaction would be too long, and its goods too many for the memory. */
export const linesMax = 500_000
export const fileBytesMax = 5 * 1024 * 1024

export function makeIntake(product: string, keyring: Keyring, fingerprintKey: Buffer): Intake {
  return { product, keyring, fingerprintKey: createSecretKey(fingerprintKey) }
}

/**
 * Seals a file of one unit a line. `onProgress` is told how many lines were read; what it throws ends the work.
 * Throws `usage` when the file has no line that is a unit, or too many.
 */
export async function sealLines(
  intake: Intake,
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  onProgress: (lines: number) => void = () => {},
): Promise<SealedStock> {
  const reader = new LineReader()
  const units: SealedUnit[] = []
  const skipped: SkippedLine[] = []
  const seen = new Map<string, number>()
  const take = (lines: ReturnType<LineReader['read']>) => {
    for (const line of lines) {
      if ('trouble' in line) skipped.push({ line: line.number, trouble: line.trouble })
      else {
        const fingerprint = fingerprintOf(intake, line.bytes)
        const first = seen.get(fingerprint)
        if (first === undefined) {
          seen.set(fingerprint, line.number)
          units.push({ line: line.number, sealed: sealGoods(intake, line.bytes), fingerprint })
        } else skipped.push({ line: line.number, trouble: 'repeated', same_as: first })
      }
    }
    if (units.length + skipped.length > linesMax) {
      throw new Failure('usage', `more than ${linesMax} lines: split the file; nothing was added`)
    }
    onProgress(units.length + skipped.length)
  }
  for await (const piece of pieces) take(reader.read(piece))
  take(reader.end())
  if (units.length === 0) throw nothingToAdd(skipped)
  return { product: intake.product, keyId: intake.keyring.activeKeyId, fileName: null, units, skipped }
}

/** Seals a file that is one unit; its name is kept for the buyer. Throws `usage`: empty, too large, a name that is none. */
export function sealFile(intake: Intake, file: { readonly name: string; readonly bytes: Buffer }): SealedStock {
  if (file.bytes.length === 0) throw new Failure('usage', 'the file is empty: nothing was added')
  if (file.bytes.length > fileBytesMax) {
    throw new Failure('usage', `a unit that is a file has at most ${fileBytesMax / 1024 / 1024} MB`)
  }
  const unit = { line: 1, sealed: sealGoods(intake, file.bytes), fingerprint: fingerprintOf(intake, file.bytes) }
  const fileName = parseLine(basename(file.name), "a file's name", 255)
  return { product: intake.product, keyId: intake.keyring.activeKeyId, fileName, units: [unit], skipped: [] }
}

/** Seals the goods of one unit. */
export function sealGoods(intake: Intake, bytes: Buffer): string {
  return seal(intake.keyring, stockAad(intake.product), bytes)
}

/** By which the goods are known again; base64. Of the product too: equal goods of two products do not look alike. */
export function fingerprintOf(intake: Intake, bytes: Buffer): string {
  return createHmac('sha256', intake.fingerprintKey).update(`${intake.product}\0`).update(bytes).digest('base64')
}

function nothingToAdd(skipped: readonly SkippedLine[]): Failure {
  const first = skipped.find(({ trouble }) => trouble !== 'blank')
  const reason = first === undefined ? 'it is empty' : `line ${first.line}: ${troubleWords[first.trouble]}`
  return new Failure('usage', `no line of it is a unit (${reason}): nothing was added`, { details: { skipped } })
}

/** What is wrong with a line, for people. */
export const troubleWords: Readonly<Record<LineTrouble, string>> = {
  blank: 'blank',
  too_long: 'too long',
  not_utf8: 'not UTF-8',
  control_characters: 'control characters',
  repeated: 'there twice',
  in_stock: 'in stock already',
}
