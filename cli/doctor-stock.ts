import { checkSeals } from '../services/stock/check-seals.ts'
import { examineStock, type StockExamination } from '../services/stock/examine-stock.ts'
import type { Cli } from './command.ts'
import { type Context, withContext } from './context.ts'
import { examine, type Finding, printFindings } from './diagnosis.ts'
import { startProgress } from './progress.ts'
import { unitsText } from './render-stock.ts'

type Look = Omit<Finding, 'name'>

const batchSize = 5000
const namedMax = 5

/** Compares the stock with the orders, opens every unit that is not sold yet, and says what to do. */
export async function examineShelf(cli: Cli): Promise<void> {
  await withContext(cli, async (context) => {
    const found = await examineStock(context.database, context.actor)
    const findings: Finding[] = [
      await examine('units', async () => examineCounts(found)),
      await examine('orders', async () => examineOrders(found)),
      await examine('reservations', async () => examineReservations(found)),
      await examine('products', async () => examineProducts(found)),
      await examine('markups', async () => examineMarkups(found)),
      await examine('seals', () => examineSeals(cli, context)),
    ]
    printFindings(cli.output, findings)
  })
}

function examineCounts(found: StockExamination): Look {
  const { available, reserved, sold, spoilt } = found
  return { verdict: 'ok', detail: `${available} available, ${reserved} reserved, ${sold} sold, ${spoilt} spoilt` }
}

function examineOrders({ unfitting_orders: orders, unfitting_units: units }: StockExamination): Look {
  if (orders.count === 0 && units.count === 0) return { verdict: 'ok', detail: 'every order has its goods' }
  const details = [
    ...(orders.count === 0 ? [] : [`${orders.count} orders without theirs: ${named(orders)}`]),
    ...(units.count === 0 ? [] : [`${units.count} units of no order: ${named(units)}`]),
  ]
  const todo =
    orders.count === 0
      ? 'somebody has changed the tables by hand: compare with ./botfleet audit'
      : 'see ./botfleet order show ID; refund what was not delivered'
  return { verdict: 'fail', detail: details.join('; '), todo }
}

function examineReservations({ stuck }: StockExamination): Look {
  if (stuck === 0) return { verdict: 'ok', detail: 'none is stuck' }
  return {
    verdict: 'warn',
    detail: `${unitsText(stuck)} should have been on the shelf again for 5 minutes`,
    todo: 'a running server puts them back: ./botfleet serve',
  }
}

function examineProducts({ sold_out: soldOut }: StockExamination): Look {
  const first = soldOut[0]
  if (first === undefined) return { verdict: 'ok', detail: 'every active product has stock' }
  return {
    verdict: 'warn',
    detail: `nothing to sell of ${namedWords(soldOut)}`,
    todo: `./botfleet stock add ${first} --file FILE`,
  }
}

function examineMarkups({ without_markup: missing }: StockExamination): Look {
  const first = missing[0]
  if (first === undefined) return { verdict: 'ok', detail: 'every agent has one for every currency' }
  return {
    verdict: 'warn',
    detail: `at the base price: ${namedWords(missing.map(({ tenant, currency }) => `${tenant} in ${currency}`))}`,
    todo: `./botfleet agent pricing ${first.tenant} sets a markup in ${first.currency}`,
  }
}

async function examineSeals(cli: Cli, context: Context): Promise<Look> {
  const keyring = await context.keyring()
  const progress = startProgress(cli, 'units opened')
  const sum = { checked: 0, old: 0, locked: 0, broken: [] as number[] }
  for (let after: number | undefined = 0; after !== undefined; ) {
    const { next, ...step }: Awaited<ReturnType<typeof checkSeals>> = await context.run(checkSeals, {
      keyring,
      after,
      batchSize,
    })
    sum.checked += step.checked
    sum.old += step.old
    sum.locked += step.locked
    sum.broken.push(...step.broken)
    progress(sum.checked)
    after = next
  }
  if (sum.locked > 0) {
    return {
      verdict: 'fail',
      detail: `the key of ${unitsText(sum.locked)} is missing`,
      todo: 'put it into AGENT_TOKEN_AES_KEY_PREVIOUS or BOTFLEET_HOME/keys',
    }
  }
  if (sum.broken.length > 0) {
    return {
      verdict: 'fail',
      detail: `${unitsText(sum.broken.length)} do not open: ${namedWords(sum.broken.map(String))}`,
      todo: 'take them off the shelf: ./botfleet stock remove PRODUCT --unit NUMBER',
    }
  }
  const detail = `${unitsText(sum.checked)} open`
  if (sum.old === 0) return { verdict: 'ok', detail }
  return { verdict: 'warn', detail: `${detail}, ${sum.old} under an older key`, todo: './botfleet key rotate' }
}

function named({ count, first }: { count: number; first: readonly number[] }): string {
  return namedWords(first.map(String), count)
}

function namedWords(words: readonly string[], count = words.length): string {
  const shown = words.slice(0, namedMax).join(', ')
  return count > namedMax ? `${shown} and ${count - namedMax} more` : shown
}
