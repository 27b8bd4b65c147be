import { randomUUID } from 'node:crypto'
import { type Command, InvalidArgumentError } from 'commander'
import type { Tx } from '../../db/transaction.ts'
import type { Actor } from '../../domain/actor.ts'
import { Failure } from '../../domain/failure.ts'
import { parseAmount } from '../../domain/money.ts'
import { settledWithdrawal, withdrawalFailure } from '../../domain/money-refusals.ts'
import {
  quoteWithdrawal,
  type WithdrawalOutcome,
  type WithdrawalState,
  type WithdrawalView,
  withdrawalCurrency,
  withdrawalRulesOf,
  withdrawalStateOf,
  withdrawalStates,
} from '../../domain/withdrawal.ts'
import { assertKnown } from '../assert-known.ts'
import { addCommand, addGroup, type Cli, examples, tenantOf, wholeNumber } from '../command.ts'
import type { Context } from '../context.ts'
import { askConfirmation } from '../prompt.ts'

/** `withdrawal list|show|request|approve|reject|pay|cancel|stats`. */
export function addWithdrawalCommands(program: Command, cli: Cli): void {
  const group = addGroup(
    program,
    'withdrawal',
    "agents' profit going out: list, show, request, approve, reject, pay, cancel, stats",
  )
  addList(group, cli)
  addShow(group, cli)
  addRequest(group, cli)
  addApprove(group, cli)
  addReject(group, cli)
  addPay(group, cli)
  addCancel(group, cli)
  addStats(group, cli)
}

function addList(group: Command, cli: Cli): void {
  addCommand(group, 'list', 'list withdrawals, newest first')
    .option('--status <status>', `only these: ${withdrawalStates.join(', ')}`, statusOf)
    .option('--tenant <tenant>', 'only of this agent: agent:<id>', tenantOf)
    .option('--before <withdrawal>', 'only what stands behind this one in the list')
    .option('--limit <count>', 'at most this many', wholeNumber(1, 1000), 50)
    .addHelpText('after', examples('withdrawal list --tenant agent:agent001 --status requested'))
    .action(async (options: { status?: WithdrawalState; tenant?: string; before?: string; limit: number }) => {
      const { withContext } = await import('../context.ts')
      const { listWithdrawals } = await import('../../services/withdrawals/list-withdrawals.ts')
      const { renderWithdrawals } = await import('../render-withdrawal.ts')
      await withContext(cli, async (context) => {
        const { status, tenant, before, limit } = options
        await assertKnown(context, { tenant })
        const views = await context.run(listWithdrawals, { status, tenant, before, limit })
        cli.output.result(views, () => renderWithdrawals(cli.output, views))
      })
    })
}

function statusOf(word: string): WithdrawalState {
  const state = withdrawalStateOf(word)
  if (state === undefined) throw new InvalidArgumentError(`It must be one of ${withdrawalStates.join(', ')}.`)
  return state
}

function addShow(group: Command, cli: Cli): void {
  addCommand(group, 'show <withdrawal>', 'show a withdrawal').action(async (id: string) => {
    const { withContext } = await import('../context.ts')
    const { showWithdrawal } = await import('../../services/withdrawals/show-withdrawal.ts')
    const { renderWithdrawal } = await import('../render-withdrawal.ts')
    await withContext(cli, async (context) => {
      const view = await context.run(showWithdrawal, { id })
      if (view === undefined) throw withdrawalFailure({ kind: 'refused', refusal: 'not_found', detail: null })
      cli.output.result(view, () => renderWithdrawal(cli.output, view, Date.now()))
    })
  })
}

interface RequestOptions {
  readonly tenant: string
  readonly amount: string
  readonly address: string
  readonly key?: string
  readonly yes?: boolean
}

function addRequest(group: Command, cli: Cli): void {
  addCommand(group, 'request', "hold an agent's profit for a payment to an address of TRON")
    .requiredOption('--tenant <tenant>', 'whose profit: agent:<id>', tenantOf)
    .requiredOption('--amount <amount>', 'of USDT, the fee included')
    .requiredOption('--address <address>', 'where it is to be paid')
    .option('--key <key>', 'the same key requests once, however often it is given')
    .option('--yes', 'do not ask')
    .addHelpText('after', examples('withdrawal request --tenant agent:ada --amount 50 --address ADDRESS'))
    .action(async (options: RequestOptions) => {
      const { withContext } = await import('../context.ts')
      const { requestWithdrawal } = await import('../../services/withdrawals/request-withdrawal.ts')
      await withContext(cli, async (context) => {
        const rules = withdrawalRulesOf(context.config.settings)
        const amount = parseAmount(options.amount, withdrawalCurrency)
        const quoted = quoteWithdrawal(amount, rules)
        if (quoted.kind === 'refused') throw withdrawalFailure(quoted)
        const { fee, net, currency } = quoted.quote
        const { tenant, address, key = `cli:${randomUUID()}` } = options
        await assertKnown(context, { tenant })
        const question = `Request ${quoted.quote.amount} ${currency}? The fee is ${fee} ${currency}: ${net} ${currency} arrive.`
        if (options.yes !== true && cli.output.interactive && !(await askConfirmation(cli.output, question))) {
          throw new Failure('usage', 'nothing was requested')
        }
        await settle(cli, context.run(requestWithdrawal, { tenant, amount, address, key, rules }), (view) =>
          [
            `Requested ${view.id}: ${view.amount} ${view.currency} are held, ${view.net} ${view.currency} are to be paid.`,
            `${view.approvals_needed > 1 ? 'Two people must' : 'Next'}: ./botfleet withdrawal approve ${view.id}`,
          ].join('\n'),
        )
      })
    })
}

interface ApproveOptions {
  readonly as?: string
  readonly passwordFile?: string
}

function addApprove(group: Command, cli: Cli): void {
  addCommand(group, 'approve <withdrawal>', 'approve a withdrawal; above the limit two users must, none the requester')
    .option('--as <username>', 'the user who approves; needed where two must')
    .option('--password-file <file>', "read that user's password from a file ('-' is stdin); else it is asked for")
    .addHelpText('after', examples('withdrawal approve WITHDRAWAL --as ann'))
    .action(async (id: string, options: ApproveOptions) => {
      const { withContext } = await import('../context.ts')
      const { approveWithdrawal } = await import('../../services/withdrawals/approve-withdrawal.ts')
      await withContext(cli, async (context) => {
        const actor = await actorOf(cli, context, options)
        const approving = context.database.transaction((tx: Tx) => approveWithdrawal(tx, actor, { id }))
        await settle(cli, approving, (view) =>
          view.status === 'approved'
            ? [
                `${id} is approved.`,
                `Pay ${view.net} ${view.currency} to ${view.address}, then:`,
                `./botfleet withdrawal pay ${id} --txid TXID`,
              ].join('\n')
            : `${view.approvals.length} of ${view.approvals_needed} people have approved ${id}.`,
        )
      })
    })
}

async function actorOf(cli: Cli, context: Context, { as: username, passwordFile }: ApproveOptions): Promise<Actor> {
  if (username === undefined) return context.actor
  const { actAs } = await import('../act-as.ts')
  return actAs(cli, context, { username, passwordFile })
}

function addReject(group: Command, cli: Cli): void {
  addCommand(group, 'reject <withdrawal>', 'give the held amount back')
    .requiredOption('--reason <text>', 'why; the owners read it')
    .option('--force', 'also one that is approved')
    .addHelpText('after', examples('withdrawal reject WITHDRAWAL --reason "wrong network"'))
    .action(async (id: string, options: { reason: string; force?: boolean }) => {
      const { withContext } = await import('../context.ts')
      const { rejectWithdrawal } = await import('../../services/withdrawals/reject-withdrawal.ts')
      await withContext(cli, async (context) => {
        const { reason, force = false } = options
        await settle(cli, context.run(rejectWithdrawal, { id, reason, force }), backAgain('rejected'))
      })
    })
}

function addPay(group: Command, cli: Cli): void {
  addCommand(group, 'pay <withdrawal>', 'write down that an approved withdrawal was paid')
    .requiredOption('--txid <txid>', 'the transaction of TRON that paid it, 64 hexadecimal digits')
    .addHelpText('after', examples('withdrawal pay WITHDRAWAL --txid TXID'))
    .action(async (id: string, options: { txid: string }) => {
      const { withContext } = await import('../context.ts')
      const { payWithdrawal } = await import('../../services/withdrawals/pay-withdrawal.ts')
      await withContext(cli, async (context) => {
        await settle(
          cli,
          context.run(payWithdrawal, { id, txid: options.txid }),
          (view) => `${id} is paid: ${view.net} ${view.currency}.`,
        )
      })
    })
}

function addCancel(group: Command, cli: Cli): void {
  addCommand(group, 'cancel <withdrawal>', 'take a request back that nobody has approved').action(
    async (id: string) => {
      const { withContext } = await import('../context.ts')
      const { cancelWithdrawal } = await import('../../services/withdrawals/cancel-withdrawal.ts')
      await withContext(cli, async (context) => {
        await settle(cli, context.run(cancelWithdrawal, { id }), backAgain('cancelled'))
      })
    },
  )
}

function addStats(group: Command, cli: Cli): void {
  addCommand(group, 'stats', 'withdrawals in numbers')
    .option('--tenant <tenant>', 'only of this agent: agent:<id>', tenantOf)
    .action(async (options: { tenant?: string }) => {
      const { withContext } = await import('../context.ts')
      const { withdrawalStats } = await import('../../services/withdrawals/withdrawal-stats.ts')
      const { renderWithdrawalStats } = await import('../render-withdrawal.ts')
      await withContext(cli, async (context) => {
        await assertKnown(context, { tenant: options.tenant })
        const stats = await context.run(withdrawalStats, { tenant: options.tenant })
        cli.output.result(stats, () => renderWithdrawalStats(cli.output, stats, Date.now()))
      })
    })
}

const backAgain = (word: string) => (view: WithdrawalView) =>
  `${view.id} is ${word}.\n${view.amount} ${view.currency} are available to ${view.tenant} again.`

/** Prints the withdrawal after a step, or ends with what was refused. */
async function settle(
  cli: Cli,
  step: Promise<WithdrawalOutcome>,
  sentence: (view: WithdrawalView) => string,
): Promise<void> {
  const withdrawal = settledWithdrawal(await step)
  cli.output.result(withdrawal, () => sentence(withdrawal))
}
