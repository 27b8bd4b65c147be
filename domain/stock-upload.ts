/** Goods as other programs have them, cut into lines of one unit each (domain/stock-lines.ts). */
import { parseCsv } from './csv.ts'
import { Failure } from './failure.ts'

/**
 * Bytes of one upload over HTTP, enough for the largest file that is a unit, in base64. More lines come in pieces, or by
 * the command line: a piece is read in one go, in the process that also keeps the bots.
 */
export const uploadBytesMax = 7 * 1024 * 1024

export const uploadFormats = ['lines', 'csv', 'jsonl'] as const
export type UploadFormat = (typeof uploadFormats)[number]

/** The column of a table, and the field of a JSON object, that holds the goods. */
const goodsField = 'content'

/**
 * The units of a text, one a line: as they stand (`lines`), the cells of the column `content` of a table (`csv`), or one
 * JSON document a line, a text or an object with `content` (`jsonl`). A unit's line is then its number among the records;
 * the titles of a table are none. Throws `usage` for what is no such table or document, and for a unit of two lines.
 */
export function unitsOf(format: UploadFormat, text: string): Buffer {
  if (format === 'lines') return Buffer.from(text)
  const plain = text.replace(/^\uFEFF/, '')
  const units = format === 'csv' ? cellsOf(plain) : documentsOf(plain)
  const broken = units.findIndex((unit) => /[\r\n]/.test(unit))
  if (broken === -1) return Buffer.from(units.map((unit) => `${unit}\n`).join(''))
  throw new Failure('usage', `record ${broken + 1} has several lines: such goods are a file; nothing was added`)
}

function cellsOf(text: string): string[] {
  const [titles = [], ...records] = parseCsv(text)
  const column = titles.findIndex((title) => title.trim().toLowerCase() === goodsField)
  if (column === -1) {
    throw new Failure('usage', `the first line of the table names its columns, one of them ${goodsField}`)
  }
  return records.map((record) => record[column] ?? '')
}

function documentsOf(text: string): string[] {
  const lines = text.split(/\r?\n/)
  if (lines.at(-1) === '') lines.pop()
  return lines.map((line, index) => (line.trim() === '' ? '' : goodsOf(line, index + 1)))
}

function goodsOf(line: string, number: number): string {
  const value = parsed(line)
  const goods = typeof value === 'object' && value !== null && goodsField in value ? value[goodsField] : value
  if (typeof goods === 'string') return goods
  throw new Failure('usage', `line ${number} is neither a JSON text nor an object with the text ${goodsField}`)
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
