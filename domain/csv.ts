/** Tables for spreadsheets (RFC 4180), in which nothing is taken for a formula. */
import { Failure } from './failure.ts'

/** What spreadsheets begin a formula with, also behind what they skip. */
const formula = /^[\s\p{Cc}]*[=+\-@\uff0b\uff0d\uff1d\uff20]/u

/** One line with its end. A cell that a spreadsheet would calculate gets an apostrophe in front. */
export function csvLine(cells: readonly (string | number | null)[]): string {
  return `${cells.map(cellText).join(',')}\r\n`
}

function cellText(cell: string | number | null): string {
  if (cell === null) return ''
  if (typeof cell === 'number') return String(cell)
  const safe = formula.test(cell) ? `'${cell}` : cell
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** The records of a table, each with its cells; lines without anything are none. Throws `usage` for an open quote. */
export function parseCsv(text: string): string[][] {
  const records: string[][] = []
  let record: string[] = []
  // A cell with what ends it; a quoted one may hold anything, its quotes doubled.
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|\r|$)/gy
  while (cell.lastIndex < text.length) {
    const found = cell.exec(text)
    if (found === null) throw new Failure('usage', `record ${records.length + 1} of the table has a stray quote`)
    const [, quoted, bare = '', end] = found
    record.push(quoted === undefined ? bare : quoted.replaceAll('""', '"'))
    if (end === ',') {
      if (cell.lastIndex === text.length) record.push('')
      else continue
    }
    if (record.length > 1 || record[0] !== '' || quoted !== undefined) records.push(record)
    record = []
  }
  if (record.length > 0) records.push(record)
  return records
}
