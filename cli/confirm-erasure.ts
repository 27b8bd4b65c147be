import { Failure } from '../domain/failure.ts'
import { showCustomer } from '../services/customers/show-customer.ts'
import type { Cli } from './command.ts'
import type { Context } from './context.ts'
import { askConfirmation } from './prompt.ts'
import { escapeControls } from './text-width.ts'

/** Asks before a customer is erased, naming the balance that nobody can spend afterwards. Throws `usage` on a no. */
export async function confirmErasure(cli: Cli, context: Context, id: string): Promise<void> {
  const customer = await context.run(showCustomer, { id })
  const left = customer.balances
    .filter(({ amount }) => amount !== '0')
    .map(({ amount, currency }) => `${amount} ${currency}`)
  const balance = left.length === 0 ? '' : ` There are ${left.join(', ')} left, which nobody can spend afterwards.`
  const name = escapeControls(customer.display_name ?? customer.username ?? customer.platform_user_id)
  const question = `Erase ${name} of ${customer.tenant}?${balance} This cannot be undone.`
  if (!(await askConfirmation(cli.output, question))) throw new Failure('usage', 'nothing was erased')
}
