import type { Command } from 'commander'
import { Failure } from '../../domain/failure.ts'
import { assertKnown } from '../assert-known.ts'
import { addCommand, addGroup, type Cli, examples, tenantOf, tenantWords, wholeNumber } from '../command.ts'
import { addCustomerAdjust } from './customer-adjust.ts'

interface ListOptions {
  tenant?: string
  search?: string
  blocked?: boolean
  erased?: boolean
  limit: number
}

/** `customer list|show|block|unblock|erase|history|adjust`. */
export function addCustomerCommands(program: Command, cli: Cli): void {
  const group = addGroup(program, 'customer', 'who buys: list, show, block, unblock, erase, history, adjust')
  addCustomerList(group, cli)
  addCustomerShow(group, cli)
  addCustomerBlock(group, cli)
  addCustomerUnblock(group, cli)
  addCustomerErase(group, cli)
  addCustomerHistory(group, cli)
  addCustomerAdjust(group, cli)
}

function addCustomerList(group: Command, cli: Cli): void {
  addCommand(group, 'list', 'list the customers, the one seen last first')
    .option('--tenant <tenant>', `only of this tenant: ${tenantWords}`, tenantOf)
    .option('--search <text>', 'part of a name, or an id')
    .option('--blocked', 'only blocked ones')
    .option('--erased', 'erased ones too')
    .option('--limit <count>', 'at most this many', wholeNumber(1, 1000), 50)
    .addHelpText('after', examples('customer list --tenant agent:agent001 --search sam'))
    .action(async (options: ListOptions) => {
      const { withContext } = await import('../context.ts')
      const { listCustomers } = await import('../../services/customers/list-customers.ts')
      const { renderCustomers } = await import('../render-customers.ts')
      await withContext(cli, async (context) => {
        const { tenant, search, blocked, erased, limit } = options
        await assertKnown(context, { tenant })
        const customers = await context.run(listCustomers, { tenant, search, blocked, erased, limit })
        cli.output.result(customers, () => renderCustomers(cli.output, customers, Date.now()))
      })
    })
}

function addCustomerShow(group: Command, cli: Cli): void {
  addCommand(group, 'show <customer>', 'one customer with balances and latest orders').action(async (id: string) => {
    const { withContext } = await import('../context.ts')
    const { showCustomer } = await import('../../services/customers/show-customer.ts')
    const { renderCustomer } = await import('../render-customers.ts')
    await withContext(cli, async (context) => {
      const view = await context.run(showCustomer, { id })
      cli.output.result(view, () => renderCustomer(cli.output, view, Date.now()))
    })
  })
}

function addCustomerBlock(group: Command, cli: Cli): void {
  addCommand(group, 'block <customer>', 'sell nothing to a customer; the money stays refundable')
    .requiredOption('--reason <text>', 'why; shown wherever the customer is shown')
    .addHelpText('after', examples('customer block CUSTOMER --reason "fraud"'))
    .action(async (id: string, { reason }: { reason: string }) => {
      const { withContext } = await import('../context.ts')
      const { blockCustomer } = await import('../../services/customers/block-customer.ts')
      await withContext(cli, async (context) => {
        const view = await context.run(blockCustomer, { id, reason })
        cli.output.result(view, () => `${id} is blocked.\n./botfleet customer unblock ${id} lifts it.`)
      })
    })
}

function addCustomerUnblock(group: Command, cli: Cli): void {
  addCommand(group, 'unblock <customer>', 'sell to a customer again').action(async (id: string) => {
    const { withContext } = await import('../context.ts')
    const { unblockCustomer } = await import('../../services/customers/unblock-customer.ts')
    await withContext(cli, async (context) => {
      const view = await context.run(unblockCustomer, { id })
      cli.output.result(view, () => `${id} may buy again.`)
    })
  })
}

function addCustomerErase(group: Command, cli: Cli): void {
  addCommand(group, 'erase <customer>', 'erase who a customer was; orders and money stay on record')
    .option('--yes', 'do not ask, and give up a balance that is left')
    .action(async (id: string, options: { yes?: boolean }) => {
      const isConfirmed = options.yes === true
      if (!isConfirmed && !cli.output.interactive) throw new Failure('usage', 'erasing cannot be undone: give --yes')
      const { withContext } = await import('../context.ts')
      const { eraseCustomer } = await import('../../services/customers/erase-customer.ts')
      await withContext(cli, async (context) => {
        if (!isConfirmed) {
          const { confirmErasure } = await import('../confirm-erasure.ts')
          await confirmErasure(cli, context, id)
        }
        const view = await context.run(eraseCustomer, { id, withBalance: true })
        cli.output.result(view, () => `${id} is erased. Who writes again is a new customer.`)
      })
    })
}

function addCustomerHistory(group: Command, cli: Cli): void {
  addCommand(group, 'history <customer>', "what came to a customer's balance and went from it")
    .option('--limit <count>', 'at most this many, the latest first', wholeNumber(1, 1000), 50)
    .option('--before <number>', 'only those before this one', wholeNumber(1, Number.MAX_SAFE_INTEGER))
    .action(async (id: string, options: { limit: number; before?: number }) => {
      const { withContext } = await import('../context.ts')
      const { customerHistory } = await import('../../services/customers/customer-history.ts')
      const { renderTransactions } = await import('../render-customers.ts')
      await withContext(cli, async (context) => {
        const { limit, before } = options
        const rows = await context.run(customerHistory, { id, limit, before })
        cli.output.result(rows, () => renderTransactions(cli.output, rows))
      })
    })
}
