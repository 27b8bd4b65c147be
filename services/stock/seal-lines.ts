import { setImmediate as breathe } from 'node:timers/promises'
import { LineReader } from '../../domain/stock-lines.ts'
import type { SkippedLine } from '../../domain/stock-unit.ts'
import type { SealedUnit, Sealer } from './seal-stock.ts'

export interface SealedLine extends SealedUnit {
  readonly line: number
}

/** Sealing takes the processor: others get their turn after so many bytes. */
const pieceBytes = 16 * 1024

/**
 * Seals the units of a file, one a line, and gives them in batches; the lines that are none go into `skipped`. Between
 * pieces everything else in the process has its turn, the writing of the batch before it too.
 */
export async function* sealLines(
  sealer: Sealer,
  file: Buffer,
  options: { batchSize: number; skipped: SkippedLine[] },
): AsyncGenerator<SealedLine[]> {
  const reader = new LineReader()
  const seen = new Map<string, number>()
  let batch: SealedLine[] = []
  for (let from = 0; from <= file.length; from += pieceBytes) {
    const isLast = from + pieceBytes > file.length
    for (const line of [...reader.read(file.subarray(from, from + pieceBytes)), ...(isLast ? reader.end() : [])]) {
      if ('trouble' in line) {
        options.skipped.push({ line: line.number, trouble: line.trouble })
        continue
      }
      const fingerprint = sealer.fingerprint(line.bytes)
      const first = seen.get(fingerprint)
      if (first !== undefined) {
        options.skipped.push({ line: line.number, trouble: 'repeated', same_as: first })
        continue
      }
      seen.set(fingerprint, line.number)
      batch.push({ line: line.number, sealed: sealer.seal(line.bytes), fingerprint })
    }
    if (batch.length >= options.batchSize || (isLast && batch.length > 0)) {
      yield batch
      batch = []
    }
    await breathe()
  }
}
