import { Failure } from '../domain/failure.ts'
import { showOrder } from '../services/orders/show-order.ts'
import type { Cli } from './command.ts'
import type { Context } from './context.ts'
import { askConfirmation } from './prompt.ts'

/** Asks before an order is refunded, naming what goes back. Throws `usage` on a no. */
export async function confirmRefund(
  cli: Cli,
  context: Context,
  input: { order: number; units: readonly number[] | undefined; restock: boolean },
): Promise<void> {
  const order = await context.run(showOrder, { order: input.order })
  const left = order.quantity - order.refunded_units
  const goods = input.restock ? 'go back on the shelf' : 'are spoilt'
  const question = `Refund ${input.units?.length ?? left} of ${left} units of ${order.product} to ${order.customer}? The goods ${goods}.`
  if (!(await askConfirmation(cli.output, question))) throw new Failure('usage', 'nothing was refunded')
}
