import { randomUUID } from 'node:crypto'
import { type Command, InvalidArgumentError } from 'commander'
import { Failure } from '../../domain/failure.ts'
import { type OrderStatus, orderStatuses } from '../../domain/shop.ts'
import { assertKnown } from '../assert-known.ts'
import { addCommand, addGroup, type Cli, examples, oneOf, tenantOf, tenantWords, wholeNumber } from '../command.ts'

const anyNumber = wholeNumber(1, Number.MAX_SAFE_INTEGER)

/** `order list|show|place|refund`. */
export function addOrderCommands(program: Command, cli: Cli): void {
  const group = addGroup(program, 'order', 'what was bought: list, show, place, refund')
  addList(group, cli)
  addShow(group, cli)
  addPlace(group, cli)
  addRefund(group, cli)
}

interface ListOptions {
  tenant?: string
  customer?: string
  product?: string
  status?: OrderStatus
  before?: number
  limit: number
}

function addList(group: Command, cli: Cli): void {
  addCommand(group, 'list', 'list orders, newest first; refused ones by their status')
    .option('--tenant <tenant>', `only of this tenant: ${tenantWords}`, tenantOf)
    .option('--customer <customer>', 'only of this customer')
    .option('--product <product>', 'only of this product')
    .option('--status <status>', `only these: ${orderStatuses.join(', ')}`, oneOf(orderStatuses))
    .option('--before <order>', 'only those before this one', anyNumber)
    .option('--limit <count>', 'at most this many', wholeNumber(1, 10_000), 50)
    .addHelpText('after', examples('order list --tenant agent:agent001 --status paid'))
    .action(async (options: ListOptions) => {
      const { withContext } = await import('../context.ts')
      const { listOrders } = await import('../../services/orders/list-orders.ts')
      const { renderOrders } = await import('../render-orders.ts')
      await withContext(cli, async (context) => {
        const { tenant, customer, product, status, before, limit } = options
        await assertKnown(context, { tenant, customer, product })
        const orders = await context.run(listOrders, { tenant, customer, product, status, before, limit })
        cli.output.result(orders, () => renderOrders(cli.output, orders))
      })
    })
}

function addShow(group: Command, cli: Cli): void {
  addCommand(group, 'show <order>', 'one order with its units, refunds and profit').action(async (text: string) => {
    const order = orderNumber(text)
    const { withContext } = await import('../context.ts')
    const { showOrder } = await import('../../services/orders/show-order.ts')
    const { renderOrder } = await import('../render-orders.ts')
    await withContext(cli, async (context) => {
      const view = await context.run(showOrder, { order })
      cli.output.result(view, () => renderOrder(cli.output, view, Date.now()))
    })
  })
}

interface PlaceOptions {
  customer: string
  product: string
  quantity: number
  key?: string
}

function addPlace(group: Command, cli: Cli): void {
  addCommand(group, 'place', "order for a customer, from the customer's balance; the goods come in the chat")
    .requiredOption('--customer <customer>', 'who buys')
    .requiredOption('--product <product>', 'what')
    .option('--quantity <count>', 'how many', wholeNumber(1, 1000), 1)
    .option('--key <key>', 'the same key orders once, however often it is given')
    .addHelpText('after', examples('order place --customer CUSTOMER --product gift-card --quantity 2'))
    .action(async (options: PlaceOptions) => {
      const { withContext } = await import('../context.ts')
      const { placeOrderFor } = await import('../../services/orders/place-order-for.ts')
      const { boughtOrder } = await import('../../domain/money-refusals.ts')
      await withContext(cli, async (context) => {
        const { customer, product, quantity, key = `cli:${randomUUID()}` } = options
        const maturityHours = context.config.settings.MATURITY_HOURS
        await assertKnown(context, { customer, product })
        const order = boughtOrder(await context.run(placeOrderFor, { customer, product, quantity, key, maturityHours }))
        cli.output.result(order, () =>
          [
            `Order ${order.id}: ${order.quantity} of ${order.product} for ${order.total} ${order.currency}.`,
            'The goods are on their way.',
          ].join(' '),
        )
      })
    })
}

interface RefundOptions {
  units?: readonly number[]
  restock?: boolean
  reason: string
  key?: string
  yes?: boolean
}

function addRefund(group: Command, cli: Cli): void {
  addCommand(group, 'refund <order>', 'give the money back, for all that is left of an order or for some units')
    .requiredOption('--reason <text>', 'why; stays on record')
    .option('--units <numbers>', 'only these units, as order show lists them: 5,7', unitNumbers)
    .option('--restock', 'the goods are unused: sell them again')
    .option('--key <key>', 'the same key refunds once, however often it is given')
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      examples(
        'order refund 17 --reason "did not work"',
        'order refund 17 --units 5,7 --restock --reason "wrong product"',
      ),
    )
    .action(async (text: string, options: RefundOptions) => {
      const order = orderNumber(text)
      if (options.yes !== true && !cli.output.interactive) {
        throw new Failure('usage', 'a refund cannot be taken back: give --yes')
      }
      const { withContext } = await import('../context.ts')
      const { refundOrder } = await import('../../services/orders/refund-order.ts')
      const { confirmRefund } = await import('../confirm-refund.ts')
      await withContext(cli, async (context) => {
        const { units, restock = false, reason, key = `cli:${randomUUID()}` } = options
        await assertKnown(context, { order })
        if (options.yes !== true) await confirmRefund(cli, context, { order, units, restock })
        const refunded = await context.run(refundOrder, { order, units, key, restock, reason })
        cli.output.result(refunded, () => {
          const { amount, order: view } = refunded
          return `Gave ${amount} ${view.currency} back to ${view.customer}.\nOrder ${view.id} is ${view.status.replace('_', ' ')}.`
        })
      })
    })
}

function orderNumber(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text))
    throw new Failure('usage', `an order is named by its number, not ${JSON.stringify(text)}`)
  return Number(text)
}

function unitNumbers(text: string): number[] {
  if (!/^[1-9]\d{0,14}(,[1-9]\d{0,14})*$/.test(text)) {
    throw new InvalidArgumentError('It must be numbers of units, with commas: 5,7.')
  }
  return [...new Set(text.split(',').map(Number))]
}
