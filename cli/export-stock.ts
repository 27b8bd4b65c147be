import { resolve } from 'node:path'
import { endOf, startOf } from '../domain/moment.ts'
import type { SoldUnit } from '../domain/stock-unit.ts'
import { writeWholeFile } from '../runtime/whole-file.ts'
import { exportSold, type SoldFilter, soldPages } from '../services/stock/export-sold.ts'
import { soldCsv } from '../services/stock/sold-csv.ts'
import type { Cli } from './command.ts'
import { type Context, withContext } from './context.ts'
import { startProgress } from './progress.ts'
import { unitsText } from './render-stock.ts'

export interface ExportOptions {
  since?: string
  until?: string
  format?: 'csv' | 'json'
  output?: string
  force?: boolean
}

/** Writes what was sold, goods in plain, to stdout or into a file of mode 0600. */
export async function exportStock(cli: Cli, product: string | undefined, options: ExportOptions): Promise<void> {
  const filter: SoldFilter = {
    product,
    from: startOf(options.since, '--since'),
    until: endOf(options.until, '--until'),
  }
  await withContext(cli, async (context) => {
    if (options.output !== undefined) await exportToFile(cli, context, filter, { ...options, output: options.output })
    else if (cli.output.json || options.format === 'json') {
      const units: SoldUnit[] = []
      for await (const page of pages(cli, context, filter)) units.push(...page)
      cli.output.result(units, () => JSON.stringify(units))
    } else for await (const piece of soldCsv(pages(cli, context, filter))) cli.output.data(piece)
  })
}

async function exportToFile(
  cli: Cli,
  context: Context,
  filter: SoldFilter,
  options: ExportOptions & { output: string },
): Promise<void> {
  const { output, format = 'csv' } = options
  const path = resolve(cli.cwd, output)
  let units = 0
  const counted = async function* () {
    for await (const page of pages(cli, context, filter)) {
      units += page.length
      yield page
    }
  }
  const text = format === 'csv' ? soldCsv(counted()) : jsonOf(counted())
  const bytes = await writeWholeFile({ path, overwrite: options.force === true, source: asBytes(text) })
  cli.output.result({ file: path, format, units, bytes }, () => `${path}: ${unitsText(units)}`)
}

async function* pages(cli: Cli, context: Context, filter: SoldFilter): AsyncGenerator<readonly SoldUnit[]> {
  const keyring = await context.keyring()
  const progress = startProgress(cli, 'units')
  let done = 0
  for await (const units of soldPages((page) => context.run(exportSold, { filter, keyring, ...page }))) {
    yield units
    progress((done += units.length))
  }
}

/** One array, written while it is read. */
async function* jsonOf(source: AsyncIterable<readonly SoldUnit[]>): AsyncGenerator<string> {
  let isFirst = true
  for await (const page of source) {
    for (const unit of page) {
      yield `${isFirst ? '[' : ','}\n${JSON.stringify(unit)}`
      isFirst = false
    }
  }
  yield isFirst ? '[]\n' : '\n]\n'
}

async function* asBytes(source: AsyncIterable<string>): AsyncGenerator<Buffer> {
  for await (const text of source) yield Buffer.from(text)
}
