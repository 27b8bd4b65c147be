import { csvLine } from '../../domain/csv.ts'
import type { SoldUnit } from '../../domain/stock-unit.ts'

const columns = [
  'order',
  'unit',
  'product',
  'tenant',
  'customer',
  'sold_at',
  'refunded_at',
  'kind',
  'file_name',
  'encoding',
  'content',
] as const satisfies readonly (keyof SoldUnit)[]

/** What was sold as a table for spreadsheets, page by page, in which nothing is taken for a formula. */
export async function* soldCsv(source: AsyncIterable<readonly SoldUnit[]>): AsyncGenerator<string> {
  let isFirst = true
  for await (const page of source) {
    // Behind the first page: an unknown product leaves not even the titles.
    if (isFirst) yield csvLine(columns)
    isFirst = false
    if (page.length > 0) yield page.map((unit) => csvLine(columns.map((column) => unit[column]))).join('')
  }
}
