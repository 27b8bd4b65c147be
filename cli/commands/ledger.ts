import type { Command } from 'commander'
import { type EntryKind, entryKinds } from '../../domain/ledger.ts'
import { assertKnown } from '../assert-known.ts'
import { addCommand, addGroup, type Cli, examples, oneOf, tenantOf, tenantWords, wholeNumber } from '../command.ts'

const anyNumber = wholeNumber(1, Number.MAX_SAFE_INTEGER)
/** Balances are sums over all transfers. */
const queryTimeoutMs = 600_000

/** `ledger balances|entries`. */
export function addLedgerCommands(program: Command, cli: Cli): void {
  const group = addGroup(program, 'ledger', 'the journal of all money: balances, entries')
  addBalances(group, cli)
  addEntries(group, cli)
}

function addBalances(group: Command, cli: Cli): void {
  addCommand(group, 'balances', 'what every tenant has, owes, earned and was paid')
    .option('--tenant <tenant>', `only of this tenant: ${tenantWords}`, tenantOf)
    .addHelpText('after', examples('ledger balances --tenant agent:agent001'))
    .action(async (options: { tenant?: string }) => {
      const { withContext } = await import('../context.ts')
      const { listBalances } = await import('../../services/ledger/list-balances.ts')
      const { renderBalances } = await import('../render-ledger.ts')
      await withContext(
        cli,
        async (context) => {
          await assertKnown(context, { tenant: options.tenant })
          const balances = await context.run(listBalances, { tenant: options.tenant })
          cli.output.result(balances, () => renderBalances(cli.output, balances))
        },
        { queryTimeoutMs },
      )
    })
}

interface EntryOptions {
  tenant?: string
  kind?: EntryKind
  customer?: string
  account?: number
  order?: number
  before?: number
  limit: number
}

function addEntries(group: Command, cli: Cli): void {
  addCommand(group, 'entries', 'entries of the journal with their transfers, newest first')
    .option('--tenant <tenant>', `only of this tenant: ${tenantWords}`, tenantOf)
    .option('--kind <kind>', `only these: ${entryKinds.join(', ')}`, oneOf(entryKinds))
    .option('--customer <customer>', 'only what moved the money of this customer')
    .option('--account <number>', 'only what moved this account', anyNumber)
    .option('--order <number>', 'only the sale and the refunds of this order', anyNumber)
    .option('--before <entry>', 'only those before this one', anyNumber)
    .option('--limit <count>', 'at most this many', wholeNumber(1, 10_000), 50)
    .addHelpText(
      'after',
      examples('ledger entries --order 17', 'ledger entries --tenant agent:agent001 --kind withdrawal_payment'),
    )
    .action(async (options: EntryOptions) => {
      const { withContext } = await import('../context.ts')
      const { listEntries } = await import('../../services/ledger/list-entries.ts')
      const { renderEntries } = await import('../render-ledger.ts')
      await withContext(cli, async (context) => {
        const { tenant, kind, customer, account, order, before, limit } = options
        await assertKnown(context, { tenant, customer })
        const entries = await context.run(listEntries, { tenant, kind, customer, account, order, before, limit })
        cli.output.result(entries, () => renderEntries(cli.output, entries))
      })
    })
}
