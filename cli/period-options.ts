import type { Command } from 'commander'
import { type Currency, currencies } from '../domain/money.ts'
import { parsePaid } from '../domain/period.ts'
import type { Config } from '../runtime/config.ts'
import type { ApproveInstance } from '../services/approve-instance.ts'
import { oneOf } from './command.ts'

export interface PaymentOptions {
  readonly price?: string
  readonly currency: Currency
  readonly payment?: string
}

/** The argument parser of a currency. */
export const currency = oneOf(Object.keys(currencies) as Currency[])

/** Adds what a period cost and how it was paid, which the history of the subscription keeps. */
export function withPayment(command: Command): Command {
  return command
    .option('--price <amount>', 'what was paid for it, such as 25 or 12.5')
    .option('--currency <currency>', 'the currency of the price', currency, 'USDT')
    .option('--payment <text>', 'how it was paid: a transaction id, a receipt')
}

/** What a period is bought with: its months, what was paid, and the settings that it needs. */
export function periodFrom(
  { settings }: Config,
  options: PaymentOptions & { readonly months: number },
): Omit<ApproveInstance, 'id'> {
  return {
    months: options.months,
    daysPerMonth: settings.DAYS_PER_MONTH,
    portBase: settings.WORKER_PORT_BASE,
    portCount: settings.WORKER_PORT_COUNT,
    paid: parsePaid(options),
  }
}
