import { type LineTrouble, troubleWords } from '../domain/stock-lines.ts'
import type { AddedStock, ProductStock, StockUnitView } from '../domain/stock-unit.ts'
import { formatLocalStamp } from './format.ts'
import type { Output } from './output.ts'
import { renderTable } from './table.ts'

/** Lines of one kind that are named; the JSON document has them all. */
const namedMax = 10
const width = 80
const indent = '  '

/** Says what was added and names the lines that were not, by what is wrong with them. */
export function renderAdded(added: AddedStock): string {
  const { product, import: number, skipped } = added
  const first = `Added ${unitsText(added.added)} to ${product} (import ${number}); ${added.available} can be bought now.`
  if (skipped.length === 0) return first
  return [
    first,
    `Skipped ${skipped.length} ${skipped.length === 1 ? 'line' : 'lines'}:`,
    ...skippedLines(skipped),
  ].join('\n')
}

function skippedLines(skipped: AddedStock['skipped']): string[] {
  const troubles = Object.keys(troubleWords) as LineTrouble[]
  return troubles.flatMap((trouble) => {
    const lines = skipped.filter((line) => line.trouble === trouble)
    if (lines.length === 0) return []
    const named = lines
      .slice(0, namedMax)
      .map((line) => (line.same_as === undefined ? String(line.line) : `${line.line} (as ${line.same_as})`))
    if (lines.length > namedMax) named.push(`and ${lines.length - namedMax} more`)
    return fill(`${indent}${troubleWords[trouble]}: `, named)
  })
}

/** Joins parts with commas, and begins a new line where one would be too long. */
function fill(head: string, parts: readonly string[]): string[] {
  const lines: string[] = []
  let line = head
  for (const [at, part] of parts.entries()) {
    const text = at === parts.length - 1 ? part : `${part}, `
    if (line.length + text.trimEnd().length > width) {
      lines.push(line.trimEnd())
      line = indent.repeat(2)
    }
    line += text
  }
  return [...lines, line]
}

/** Renders the units of a product, without their goods, as a table. */
export function renderUnits(output: Output, units: readonly StockUnitView[]): string {
  if (units.length === 0) return 'No such units.'
  return renderTable(
    [
      { title: 'UNIT', align: 'right', text: ({ id }) => String(id) },
      { title: 'STATE', text: ({ state }) => state },
      { title: 'ORDER', align: 'right', text: ({ order }) => (order === null ? '-' : String(order)) },
      { title: 'ADDED', text: (unit) => formatLocalStamp(unit.added_at) },
      {
        title: 'IMPORT',
        align: 'right',
        text: (unit) => (unit.import === null ? '-' : String(unit.import)),
        dropOrder: 1,
      },
      { title: 'FROM', text: (unit) => unit.file_name ?? unit.source ?? '-', shrinkTo: 8, dropOrder: 2 },
      {
        title: 'SOLD',
        text: (unit) => (unit.sold_at === null ? '-' : formatLocalStamp(unit.sold_at)),
        dropOrder: 3,
      },
    ],
    units,
    { width: output.width, styleTitle: (text) => output.style('dim', text) },
  )
}

/** Renders the counts of products as a table. */
export function renderCounts(output: Output, counts: readonly ProductStock[]): string {
  if (counts.length === 0) return 'No products yet: ./botfleet product add NAME --price 12.5'
  return renderTable(
    [
      { title: 'PRODUCT', text: ({ product }) => product },
      { title: 'NAME', text: ({ name }) => name, shrinkTo: 8, dropOrder: 2 },
      {
        title: 'AVAILABLE',
        align: 'right',
        text: ({ available }) => String(available),
        style: (product, cell) => (product.low_stock ? output.style('yellow', cell) : cell),
      },
      { title: 'RESERVED', align: 'right', text: ({ reserved }) => String(reserved) },
      { title: 'SOLD', align: 'right', text: ({ sold }) => String(sold) },
      { title: 'SPOILT', align: 'right', text: ({ spoilt }) => String(spoilt) },
      {
        title: 'LOW AT',
        align: 'right',
        text: (product) => (product.low_stock_threshold === null ? '-' : String(product.low_stock_threshold)),
        dropOrder: 1,
      },
      { title: 'WAITING', align: 'right', text: ({ wishes }) => String(wishes), dropOrder: 1 },
    ],
    counts,
    { width: output.width, styleTitle: (text) => output.style('dim', text) },
  )
}

/** `1 unit`, `2 units`. */
export function unitsText(units: number): string {
  return `${units} ${units === 1 ? 'unit' : 'units'}`
}
