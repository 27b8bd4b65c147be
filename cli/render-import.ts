import type { ComparedSum, Sum } from '../services/import/compare-sums.ts'
import type { CollectionReport, ImportReport } from '../services/import/import-documents.ts'
import type { Output } from './output.ts'
import { renderTable } from './table.ts'

/** Renders the report of an import: what was read, what it came to on both sides, and what one should know. */
export function renderImport(
  output: Output,
  report: ImportReport & { readonly folder: string; readonly dry_run: boolean; readonly seconds: number },
): string {
  return [
    renderDocuments(output, report.documents),
    renderSums(output, report.sums),
    ...report.notes.map(({ message, count, places }) => {
      const where = places.length === 0 ? '' : ` (${places.join(', ')}${count > places.length ? ', ...' : ''})`
      return `Note: ${count} ${message}${where}`
    }),
    ...(report.rounded.amounts === 0
      ? []
      : [`Note: ${report.rounded.amounts} amounts were rounded, by ${report.rounded.sum} in all`]),
    outcome(report),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
    .replaceAll('\n\nNote:', '\nNote:')
}

function outcome(report: ImportReport & { readonly dry_run: boolean }): string {
  if (!report.changed) return 'Every sum matches. Everything of it was imported before: nothing was changed.'
  if (report.dry_run) return 'Every sum matches. This was a rehearsal: nothing was changed.'
  return 'Every sum matches. Imported.'
}

function renderDocuments(output: Output, documents: readonly CollectionReport[]): string {
  return renderTable(
    [
      { title: 'COLLECTION', text: (row) => row.collection },
      { title: 'FILE', text: (row) => row.file, shrinkTo: 8, dropOrder: 1 },
      { title: 'READ', align: 'right', text: (row) => String(row.read) },
      { title: 'NEW', align: 'right', text: (row) => String(row.imported) },
      { title: 'CHANGED', align: 'right', text: (row) => String(row.changed) },
      { title: 'KNOWN', align: 'right', text: (row) => String(row.known) },
    ],
    documents,
    { width: output.width, styleTitle: (text) => output.style('dim', text) },
  )
}

function renderSums(output: Output, sums: readonly ComparedSum[]): string {
  if (sums.length === 0) return ''
  return renderTable(
    [
      { title: 'SUM', text: (row) => row.what },
      { title: 'TENANT', text: (row) => row.tenant ?? '-', shrinkTo: 10 },
      { title: 'SOURCE', align: 'right', text: (row) => sumText(row.source) },
      { title: 'IMPORTED', align: 'right', text: (row) => sumText(row.imported) },
    ],
    sums,
    { width: output.width, styleTitle: (text) => output.style('dim', text) },
  )
}

/** `3`, `150.25` or `3: 150.25`. */
function sumText({ count, amount }: Sum): string {
  return [count, amount].filter((part) => part !== null).join(': ')
}
