import type { Command } from 'commander'
import { type StockState, stockStates } from '../../domain/stock-unit.ts'
import { addCommand, addGroup, type Cli, examples, oneOf, wholeNumber } from '../command.ts'
import type { ExportOptions } from '../export-stock.ts'
import type { AddOptions, RemoveOptions } from '../stock-options.ts'

const idMax = Number.MAX_SAFE_INTEGER

/** `stock add|list|counts|remove|export`. */
export function addStockCommands(program: Command, cli: Cli): void {
  const group = addGroup(program, 'stock', 'the goods on the shelf: add, list, counts, remove, export')
  addStockAdd(group, cli)
  addStockList(group, cli)
  addStockCounts(group, cli)
  addStockRemove(group, cli)
  addStockExport(group, cli)
}

function addStockAdd(group: Command, cli: Cli): void {
  addCommand(group, 'add <product>', 'put goods on the shelf from a file with one unit a line')
    .requiredOption('--file <file>', "the file ('-' is stdin); all of it is added, or nothing")
    .option('--as-file', 'the file itself is one unit; customers get it under its name')
    .option('--file-name <name>', 'the name that customers get it under')
    .addHelpText(
      'after',
      examples('stock add gift-card --file codes.txt', 'stock add manual --file manual.pdf --as-file'),
    )
    .action(async (product: string, options: AddOptions) => {
      const { addFromFile } = await import('../stock-options.ts')
      await addFromFile(cli, product, options)
    })
}

function addStockList(group: Command, cli: Cli): void {
  addCommand(group, 'list <product>', 'list units without their goods, newest first')
    .option('--state <state>', stockStates.join(', '), oneOf(stockStates))
    .option('--import <number>', 'only units of one import', wholeNumber(1, idMax))
    .option('--before <unit>', 'only units older than this one', wholeNumber(1, idMax))
    .option('--limit <count>', 'at most this many', wholeNumber(1, 10_000), 50)
    .addHelpText('after', examples('stock list gift-card --state available'))
    .action(
      async (product: string, options: { state?: StockState; import?: number; before?: number; limit: number }) => {
        const { withContext } = await import('../context.ts')
        const { listStock } = await import('../../services/stock/list-stock.ts')
        const { renderUnits } = await import('../render-stock.ts')
        const { import: batch, ...rest } = options
        await withContext(cli, async (context) => {
          const units = await context.run(listStock, { product, batch, ...rest })
          cli.output.result(units, () => renderUnits(cli.output, units))
        })
      },
    )
}

function addStockCounts(group: Command, cli: Cli): void {
  addCommand(group, 'counts [product]', 'how many units are available, reserved, sold and spoilt').action(
    async (product: string | undefined) => {
      const { withContext } = await import('../context.ts')
      const { countStock } = await import('../../services/stock/count-stock.ts')
      const { renderCounts } = await import('../render-stock.ts')
      await withContext(cli, async (context) => {
        const counts = await context.run(countStock, { product })
        cli.output.result(counts, () => renderCounts(cli.output, counts))
      })
    },
  )
}

function addStockRemove(group: Command, cli: Cli): void {
  addCommand(group, 'remove <product>', 'erase units that nobody has bought, with their goods')
    .option('--unit <unit...>', 'these units, by their numbers')
    .option('--import <number>', 'the units of one import', wholeNumber(1, idMax))
    .option('--all', 'every available unit')
    .option('--spoil <reason>', 'keep them, never to be sold, and not to be added again')
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      examples('stock remove gift-card --import 3', 'stock remove gift-card --unit 17 18 --spoil "seen by a stranger"'),
    )
    .action(async (product: string, options: RemoveOptions) => {
      const { removeUnits } = await import('../stock-options.ts')
      await removeUnits(cli, product, options)
    })
}

function addStockExport(group: Command, cli: Cli): void {
  addCommand(group, 'export [product]', 'what was sold, goods in plain, as CSV or JSON; goes into the audit')
    .option('--since <time>', 'sold at this time or later, e.g. 2026-03-01 (UTC)')
    .option('--until <time>', 'sold before this time; a day is included')
    .option('--format <format>', 'csv (the default) or json', oneOf(['csv', 'json']))
    .option('--output <file>', 'write it into a file that nobody else can read')
    .option('--force', 'replace the file when it is there')
    .addHelpText('after', examples('stock export gift-card --since 2026-03-01 --output sold.csv'))
    .action(async (product: string | undefined, options: ExportOptions) => {
      const { exportStock } = await import('../export-stock.ts')
      await exportStock(cli, product, options)
    })
}
