import { escapeControls, padText, textWidth, truncateText } from './text-width.ts'

/** One column of a table. */
export interface Column<Row> {
  readonly title: string
  readonly align?: 'left' | 'right'
  /** The cell's plain text; control characters are escaped here. */
  readonly text: (row: Row) => string
  /** Styles the padded cell. */
  readonly style?: (row: Row, cell: string) => string
  /** The narrowest this column may become; without it, it is never cut. */
  readonly shrinkTo?: number
  /** The width below which other columns are left out before this one is cut further. */
  readonly comfortable?: number
  /** The higher, the earlier the column is left out when the line is too long; 0 (the default) always stays. */
  readonly dropOrder?: number
}

const gap = '  '

/**
 * Renders rows under a line of titles without borders. What does not fit into `width` columns shrinks in steps:
 * columns that may shrink are cut with `…`; when that is not enough, columns are left out, the least important first.
 * @returns lines without trailing spaces.
 */
export function renderTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  options: { width: number; styleTitle: (text: string) => string },
): string {
  const measured = columns.map((column) => {
    const cells = rows.map((row) => escapeControls(column.text(row)))
    return { column, cells, natural: Math.max(textWidth(column.title), ...cells.map(textWidth)) }
  })
  const visible = chooseColumns(measured, options.width)
  const widths = fitWidths(visible, options.width)

  const lines = [
    visible
      .map(({ column }, at) => options.styleTitle(cellText(column.title, widths[at] ?? 0, column.align)))
      .join(gap),
    ...rows.map((row, index) =>
      visible
        .map(({ column, cells }, at) => {
          const cell = cellText(cells[index] ?? '', widths[at] ?? 0, column.align)
          return column.style === undefined ? cell : column.style(row, cell)
        })
        .join(gap),
    ),
  ]
  return lines.map((line) => line.trimEnd()).join('\n')
}

interface Measured<Row> {
  readonly column: Column<Row>
  readonly cells: readonly string[]
  readonly natural: number
}

function cellText(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  return padText(truncateText(text, width), width, align)
}

/** Leaves out columns, highest drop order first, until the rest fits and is still comfortable. */
function chooseColumns<Row>(columns: readonly Measured<Row>[], width: number): readonly Measured<Row>[] {
  let visible = columns
  while (lineWidth(visible.map(comfortable)) > width) {
    const order = Math.max(...visible.map(({ column }) => column.dropOrder ?? 0))
    if (order === 0) return visible
    visible = visible.filter(({ column }) => (column.dropOrder ?? 0) < order)
  }
  return visible
}

/** Gives each column its natural width, then takes from the widest of those that may shrink. */
function fitWidths<Row>(columns: readonly Measured<Row>[], width: number): number[] {
  const widths = columns.map(({ natural }) => natural)
  while (lineWidth(widths) > width) {
    let widest: number | undefined
    for (const [at, column] of columns.entries()) {
      const current = widths[at] ?? 0
      if (current > narrowest(column) && (widest === undefined || current > (widths[widest] ?? 0))) widest = at
    }
    if (widest === undefined) return widths
    widths[widest] = (widths[widest] ?? 0) - 1
  }
  return widths
}

function narrowest<Row>({ column, natural }: Measured<Row>): number {
  return column.shrinkTo === undefined ? natural : Math.min(natural, Math.max(column.shrinkTo, textWidth(column.title)))
}

function comfortable<Row>(column: Measured<Row>): number {
  return Math.min(column.natural, Math.max(narrowest(column), column.column.comfortable ?? 0))
}

function lineWidth(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, 0) + gap.length * Math.max(0, widths.length - 1)
}
