/** Tables for spreadsheets (RFC 4180), in which nothing is taken for a formula. */

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
