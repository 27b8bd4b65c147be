import { randomUUID } from 'node:crypto'
import type { Command } from 'commander'
import { Failure } from '../../domain/failure.ts'
import { type Currency, currencies, parseAmount } from '../../domain/money.ts'
import { settledAdjustment } from '../../domain/money-refusals.ts'
import { assertKnown } from '../assert-known.ts'
import { addCommand, type Cli, examples, oneOf } from '../command.ts'

interface AdjustOptions {
  readonly up?: string
  readonly down?: string
  readonly currency: Currency
  readonly reason: string
  readonly key?: string
}

/** `customer adjust`: corrects a balance. */
export function addCustomerAdjust(group: Command, cli: Cli): void {
  addCommand(group, 'adjust <customer>', 'correct a balance, up or down')
    .option('--up <amount>', 'what is added to it')
    .option('--down <amount>', 'what is taken from it; it never goes below 0')
    .requiredOption('--reason <text>', 'why; the customer reads it')
    .option('--currency <currency>', 'USDT or IRR', oneOf(Object.keys(currencies) as Currency[]), 'USDT')
    .option('--key <key>', 'the same key adjusts once, however often it is given')
    .addHelpText('after', examples('customer adjust CUSTOMER --up 5 --reason "goodwill"'))
    .action(async (customer: string, options: AdjustOptions) => {
      const amount = amountOf(options)
      const { withContext } = await import('../context.ts')
      const { adjustBalance } = await import('../../services/top-ups/adjust-balance.ts')
      await withContext(cli, async (context) => {
        const { currency, reason, key = `cli:${randomUUID()}` } = options
        await assertKnown(context, { customer })
        const outcome = await context.run(adjustBalance, { customer, currency, amount, reason, key })
        const adjusted = settledAdjustment(outcome, currency)
        cli.output.result(adjusted, () => `The balance of ${customer} is ${adjusted.balance} ${currency}.`)
      })
    })
}

function amountOf({ up, down, currency }: AdjustOptions): bigint {
  if (up !== undefined && down === undefined) return parseAmount(up, currency)
  if (down !== undefined && up === undefined) return -parseAmount(down, currency)
  throw new Failure('usage', 'give either --up AMOUNT or --down AMOUNT')
}
