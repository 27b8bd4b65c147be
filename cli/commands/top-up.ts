import { randomUUID } from 'node:crypto'
import type { Command } from 'commander'
import { Failure } from '../../domain/failure.ts'
import { parseAmount } from '../../domain/money.ts'
import { settledTopUp, topUpFailure } from '../../domain/money-refusals.ts'
import { type TopUpOutcome, type TopUpState, type TopUpView, topUpLimitsOf, topUpStates } from '../../domain/top-up.ts'
import { assertKnown } from '../assert-known.ts'
import { addCommand, addGroup, type Cli, examples, oneOf, tenantOf, tenantWords, wholeNumber } from '../command.ts'
import { formatLocalTime } from '../format.ts'
import { escapeControls } from '../text-width.ts'

/** `topup list|show|request|confirm|reject`. */
export function addTopUpCommands(program: Command, cli: Cli): void {
  const group = addGroup(program, 'topup', "customers' money coming in: list, show, request, confirm, reject")
  addList(group, cli)
  addShow(group, cli)
  addRequest(group, cli)
  addConfirm(group, cli)
  addReject(group, cli)
}

interface ListOptions {
  readonly status?: TopUpState
  readonly tenant?: string
  readonly customer?: string
  readonly before?: number
  readonly limit: number
}

function addList(group: Command, cli: Cli): void {
  addCommand(group, 'list', 'list top-ups, newest first')
    .option('--status <status>', `only these: ${topUpStates.join(', ')}`, oneOf(topUpStates))
    .option('--tenant <tenant>', `only of this tenant: ${tenantWords}`, tenantOf)
    .option('--customer <customer>', 'only of this customer')
    .option('--before <topup>', 'only those before this one', wholeNumber(1, Number.MAX_SAFE_INTEGER))
    .option('--limit <count>', 'at most this many', wholeNumber(1, 1000), 50)
    .addHelpText('after', examples('topup list --status requested'))
    .action(async (options: ListOptions) => {
      const { withContext } = await import('../context.ts')
      const { listTopUps } = await import('../../services/top-ups/list-top-ups.ts')
      const { renderTopUps } = await import('../render-top-up.ts')
      await withContext(cli, async (context) => {
        const { status, tenant, customer, before, limit } = options
        await assertKnown(context, { tenant, customer })
        const views = await context.run(listTopUps, { status, tenant, customer, before, limit })
        cli.output.result(views, () => renderTopUps(cli.output, views))
      })
    })
}

function addShow(group: Command, cli: Cli): void {
  addCommand(group, 'show <topup>', 'show a top-up').action(async (text: string) => {
    const id = idOf(text)
    const { withContext } = await import('../context.ts')
    const { showTopUp } = await import('../../services/top-ups/show-top-up.ts')
    const { renderTopUp } = await import('../render-top-up.ts')
    await withContext(cli, async (context) => {
      const view = await context.run(showTopUp, { id })
      if (view === undefined) throw topUpFailure({ kind: 'refused', refusal: 'not_found', detail: null })
      cli.output.result(view, () => renderTopUp(cli.output, view, Date.now()))
    })
  })
}

function addRequest(group: Command, cli: Cli): void {
  addCommand(group, 'request <customer>', "ask for a top-up in a customer's place")
    .requiredOption('--amount <amount>', 'of USDT')
    .option('--key <key>', 'the same key requests once, however often it is given')
    .addHelpText('after', examples('topup request CUSTOMER --amount 25'))
    .action(async (customer: string, options: { amount: string; key?: string }) => {
      const { withContext } = await import('../context.ts')
      const { requestTopUpFor } = await import('../../services/top-ups/request-top-up-for.ts')
      await withContext(cli, async (context) => {
        const limits = topUpLimitsOf(context.config.settings)
        const amount = parseAmount(options.amount, limits.currency)
        const { key = `cli:${randomUUID()}` } = options
        await settle(cli, context.run(requestTopUpFor, { customer, amount, key, limits }), (view) =>
          [
            `Top-up ${view.id}: ${view.amount} ${view.currency} are to be paid until ${formatLocalTime(view.pay_until)}.`,
            `Once they came: ./botfleet topup confirm ${view.id} --reference REFERENCE`,
          ].join('\n'),
        )
      })
    })
}

interface ConfirmOptions {
  readonly reference: string
  readonly amount?: string
  readonly provider: string
}

function addConfirm(group: Command, cli: Cli): void {
  addCommand(group, 'confirm <topup>', 'credit the payment that a top-up waited for')
    .requiredOption('--reference <reference>', 'what names the payment outside, such as its txid')
    .option('--amount <amount>', 'what came, when it is not what was asked for')
    .option('--provider <provider>', 'who took the payment', 'manual')
    .addHelpText(
      'after',
      examples('topup confirm 17 --reference 4f3a9c', 'topup confirm 17 --reference 4f3a9c --amount 24.5'),
    )
    .action(async (text: string, options: ConfirmOptions) => {
      const id = idOf(text)
      if (!/^[a-z][a-z0-9_]{0,29}$/.test(options.provider)) {
        throw new Failure('usage', 'a provider is named by at most 30 lower-case letters, digits or _')
      }
      const { withContext } = await import('../context.ts')
      const { confirmTopUp } = await import('../../services/top-ups/confirm-top-up.ts')
      await withContext(cli, async (context) => {
        const { currency } = topUpLimitsOf(context.config.settings)
        const amount = options.amount === undefined ? undefined : parseAmount(options.amount, currency)
        if (amount === 0n) throw new Failure('usage', 'the amount that came is above 0')
        const { provider, reference: externalId } = options
        await settle(
          cli,
          context.run(confirmTopUp, { id, externalId, provider, amount }),
          (view) =>
            `Top-up ${id} is confirmed: ${view.credited} ${view.currency} were credited to ${escapeControls(view.customer_name ?? view.customer)}.`,
        )
      })
    })
}

function addReject(group: Command, cli: Cli): void {
  addCommand(group, 'reject <topup>', 'end a top-up whose payment did not come')
    .requiredOption('--reason <text>', 'why; the customer reads it')
    .addHelpText('after', examples('topup reject 17 --reason "nothing came"'))
    .action(async (text: string, options: { reason: string }) => {
      const id = idOf(text)
      const { withContext } = await import('../context.ts')
      const { rejectTopUp } = await import('../../services/top-ups/reject-top-up.ts')
      await withContext(cli, async (context) => {
        await settle(cli, context.run(rejectTopUp, { id, reason: options.reason }), () => `Top-up ${id} is rejected.`)
      })
    })
}

function idOf(text: string): number {
  const id = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(id)) {
    throw new Failure('usage', `a top-up is named by its number, not ${JSON.stringify(text)}`)
  }
  return id
}

/** Prints the top-up after a step, or ends with what was refused. */
async function settle(cli: Cli, step: Promise<TopUpOutcome>, sentence: (view: TopUpView) => string): Promise<void> {
  const topUp = settledTopUp(await step)
  cli.output.result(topUp, () => sentence(topUp))
}
