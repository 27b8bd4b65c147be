import type { Command } from 'commander'
import { Failure } from '../../domain/failure.ts'
import type { InstanceView } from '../../domain/instance.ts'
import { agentIdOf } from '../../domain/tenant.ts'
import { changeInstance, type WaitOptions, withWaiting } from '../change-instance.ts'
import { addCommand, type Cli, months } from '../command.ts'
import { formatLocalTime, formatRelative } from '../format.ts'
import { type PaymentOptions, periodFrom, withPayment } from '../period-options.ts'

/** `approve`, `renew`, `expire`, `suspend` and `activate`: the subscription's status. */
export function addSubscriptionCommands(program: Command, cli: Cli): void {
  addApprove(program, cli)
  addRenew(program, cli)
  addExpire(program, cli)
  addSuspend(program, cli)
  addActivate(program, cli)
}

function addApprove(program: Command, cli: Cli): void {
  withPayment(withWaiting(addCommand(program, 'approve <id>', 'start a new bot for so many months')))
    .requiredOption('--months <count>', '1, 2, 3, 6 or 12, each of 30 days', months)
    .action(async (id: string, options: WaitOptions & PaymentOptions & { months: number }) => {
      const { approveInstance } = await import('../../services/approve-instance.ts')
      await changeInstance(cli, options, {
        id,
        apply: (context) => context.run(approveInstance, { id, ...periodFrom(context.config, options) }),
        sentence: (view) => `${id} is approved until ${endOf(view)}.${waitingForAgent(view)}`,
      })
    })
}

function addRenew(program: Command, cli: Cli): void {
  withPayment(withWaiting(addCommand(program, 'renew <id>', 'add months to a subscription')))
    .requiredOption('--months <count>', '1, 2, 3, 6 or 12; renewing early loses nothing', months)
    .action(async (id: string, options: WaitOptions & PaymentOptions & { months: number }) => {
      const { renewInstance } = await import('../../services/renew-instance.ts')
      await changeInstance(cli, options, {
        id,
        apply: (context) => context.run(renewInstance, { id, ...periodFrom(context.config, options) }),
        sentence: (view) => `${id} is approved until ${endOf(view)}.${waitingForAgent(view)}`,
      })
    })
}

function addExpire(program: Command, cli: Cli): void {
  withWaiting(addCommand(program, 'expire [id]', 'end a subscription now, or all that are due'))
    .option('--due', 'every bot whose time has run out, instead of one')
    .action(async (id: string | undefined, options: WaitOptions & { due?: boolean }) => {
      if ((id === undefined) === (options.due !== true)) {
        throw new Failure('usage', 'give the id of a bot, or --due for all whose time has run out')
      }
      if (id === undefined) {
        const { expireAllDue } = await import('../expire-all-due.ts')
        await expireAllDue(cli, options)
        return
      }
      const { expireInstance } = await import('../../services/expire-instance.ts')
      await changeInstance(cli, options, {
        id,
        apply: (context) => context.run(expireInstance, { id }),
        sentence: () => `${id} is expired. ./botfleet renew ${id} --months 1 brings it back.`,
      })
    })
}

function addSuspend(program: Command, cli: Cli): void {
  withWaiting(addCommand(program, 'suspend <id>', 'stop a bot and keep it stopped until activated'))
    .requiredOption('--reason <text>', 'why; shown wherever the bot is shown')
    .action(async (id: string, options: WaitOptions & { reason: string }) => {
      const { suspendInstance } = await import('../../services/suspend-instance.ts')
      await changeInstance(cli, options, {
        id,
        apply: (context) => context.run(suspendInstance, { id, reason: options.reason }),
        sentence: () => `${id} is suspended. ./botfleet activate ${id} lifts it.`,
      })
    })
}

function addActivate(program: Command, cli: Cli): void {
  withWaiting(addCommand(program, 'activate <id>', 'lift a suspension')).action(
    async (id: string, options: WaitOptions) => {
      const { activateInstance } = await import('../../services/activate-instance.ts')
      await changeInstance(cli, options, {
        id,
        apply: (context) => context.run(activateInstance, { id }),
        sentence: (view) =>
          view.status === 'expired'
            ? `${id} is no longer suspended, but its time has run out: ./botfleet renew ${id} --months 1`
            : `${id} is ${view.status} again, wanted ${view.desired}.`,
      })
    },
  )
}

function waitingForAgent(view: InstanceView): string {
  if (!view.resumes_with_agent) return ''
  return ` Its agent is paused; it starts with: ./botfleet agent resume ${agentIdOf(view.tenant)}`
}

function endOf(view: InstanceView): string {
  if (view.expires_at === null) return 'an unknown time'
  return `${formatLocalTime(view.expires_at)} (${formatRelative(view.expires_at, Date.now())})`
}
