/** What the commands `stock add` and `stock remove` do with their options. */
import { basename } from 'node:path'
import { Failure } from '../domain/failure.ts'
import { fileBytesMax, linesBytesMax } from '../domain/stock-lines.ts'
import { addStock } from '../services/stock/add-stock.ts'
import type { UnitChoice } from '../services/stock/pick-units.ts'
import { removeStock } from '../services/stock/remove-stock.ts'
import { spoilStock } from '../services/stock/spoil-stock.ts'
import type { Cli } from './command.ts'
import { withContext } from './context.ts'
import { startProgress } from './progress.ts'
import { askConfirmation } from './prompt.ts'
import { readBytes } from './read-bytes.ts'
import { renderAdded, unitsText } from './render-stock.ts'

export interface AddOptions {
  file: string
  asFile?: boolean
  fileName?: string
}

export interface RemoveOptions {
  unit?: string[]
  import?: number
  all?: boolean
  spoil?: string
  yes?: boolean
}

export async function addFromFile(cli: Cli, product: string, options: AddOptions): Promise<void> {
  const { file: path, asFile = false } = options
  const source = path === '-' ? 'stdin' : basename(path)
  const name = options.fileName ?? (path === '-' ? undefined : source)
  if (asFile && name === undefined) throw new Failure('usage', 'a file from stdin has no name: give --file-name NAME')
  if (!asFile && options.fileName !== undefined) throw new Failure('usage', '--file-name goes with --as-file only')
  const bytesMax = asFile ? fileBytesMax : linesBytesMax
  const bytes = await readBytes({ path, flag: '--file', bytesMax, signal: cli.signal })
  await withContext(cli, async (context) => {
    const added = await context.run(addStock, {
      product,
      keyring: await context.keyring(),
      source,
      goods: asFile ? { file: { name: name ?? '', bytes } } : { lines: bytes },
      onProgress: startProgress(cli, 'units'),
    })
    cli.output.result(added, () => renderAdded(added))
  })
}

export async function removeUnits(cli: Cli, product: string, options: RemoveOptions): Promise<void> {
  const choice = choiceOf(options)
  const { spoil: reason } = options
  if (options.yes !== true) await confirm(cli, product, choice, reason !== undefined)
  await withContext(cli, async (context) => {
    if (reason === undefined) {
      const outcome = await context.run(removeStock, { product, choice })
      cli.output.result(outcome, () =>
        [
          `Erased ${unitsText(outcome.removed)} of ${product}.`,
          outcome.spoilt > 0 ? `${unitsText(outcome.spoilt)} had been sold once: kept, never to be sold again.` : '',
          keptText(outcome.kept),
        ]
          .filter((line) => line !== '')
          .join('\n'),
      )
    } else {
      const outcome = await context.run(spoilStock, { product, choice, reason })
      cli.output.result(outcome, () =>
        `${unitsText(outcome.spoilt)} of ${product} will not be sold.\n${keptText(outcome.kept)}`.trimEnd(),
      )
    }
  })
}

function keptText(kept: number): string {
  return kept === 0 ? '' : `${unitsText(kept)} stayed: reserved, sold, or being bought at this moment.`
}

function choiceOf(options: RemoveOptions): UnitChoice {
  const given = [options.unit, options.import, options.all].filter((option) => option !== undefined)
  if (given.length !== 1) throw new Failure('usage', 'say which units: --unit NUMBER..., --import NUMBER or --all')
  if (options.import !== undefined) return { batch: options.import }
  if (options.unit === undefined) return { all: true }
  return {
    units: options.unit.map((text) => {
      const unit = Number(text)
      if (!/^\d+$/.test(text) || !Number.isSafeInteger(unit)) throw new Failure('usage', `${text} is no unit's number`)
      return unit
    }),
  }
}

async function confirm(cli: Cli, product: string, choice: UnitChoice, isSpoiling: boolean): Promise<void> {
  if (!cli.output.interactive) throw new Failure('usage', 'this cannot be undone: give --yes')
  const which =
    'all' in choice ? 'every available unit' : 'units' in choice ? 'these units' : 'the units of this import'
  const what = isSpoiling ? `Take ${which} of ${product} off the shelf for good` : `Erase ${which} of ${product}`
  if (!(await askConfirmation(cli.output, `${what}? This cannot be undone.`))) {
    throw new Failure('usage', 'nothing was changed')
  }
}
