import type { Command } from 'commander'
import { Failure } from '../../domain/failure.ts'
import { type MessageState, messageStates, refuseNothing } from '../../domain/outbox.ts'
import { assertKnown } from '../assert-known.ts'
import { addCommand, addGroup, type Cli, examples, oneOf, tenantOf, tenantWords, wholeNumber } from '../command.ts'
import { numberOf } from '../message-number.ts'

/** `outbox list|show|redrive|drop`. */
export function addOutboxCommands(program: Command, cli: Cli): void {
  const group = addGroup(program, 'outbox', 'what bots have to tell: list, show, redrive, drop')
  addList(group, cli)
  addShow(group, cli)
  addRedrive(group, cli)
  addDrop(group, cli)
}

interface Filter {
  readonly tenant?: string
  readonly kind?: string
}

function addList(group: Command, cli: Cli): void {
  addCommand(group, 'list', 'list what is not delivered yet, newest first')
    .option('--state <state>', `only these: ${messageStates.join(', ')}`, oneOf(messageStates))
    .option('--tenant <tenant>', `only of this tenant: ${tenantWords}`, tenantOf)
    .option('--kind <kind>', 'only of this kind, such as goods')
    .option('--limit <count>', 'at most this many', wholeNumber(1, 1000), 50)
    .addHelpText('after', examples('outbox list --state dead'))
    .action(async (options: Filter & { state?: MessageState; limit: number }) => {
      const { withContext } = await import('../context.ts')
      const { listMessages } = await import('../../services/outbox/list-messages.ts')
      const { renderMessages } = await import('../render-outbox.ts')
      await withContext(cli, async (context) => {
        const { state, tenant, kind, limit } = options
        const states = state === undefined ? (['queued', 'claimed', 'dead'] as const) : [state]
        await assertKnown(context, { tenant })
        const views = await context.run(listMessages, { states, tenant, kind, limit })
        cli.output.result(views, () => renderMessages(cli.output, views))
      })
    })
}

function addShow(group: Command, cli: Cli): void {
  addCommand(group, 'show <message>', 'show a message').action(async (text: string) => {
    const id = numberOf(text, 'message')
    const { withContext } = await import('../context.ts')
    const { showMessage } = await import('../../services/outbox/show-message.ts')
    const { renderMessage } = await import('../render-outbox.ts')
    await withContext(cli, async (context) => {
      const view = await context.run(showMessage, { id })
      cli.output.result(view, () => renderMessage(cli.output, view, Date.now()))
    })
  })
}

function addRedrive(group: Command, cli: Cli): void {
  addCommand(group, 'redrive [messages...]', 'deliver dead letters once more')
    .option('--all', 'every dead letter that the options leave')
    .option('--tenant <tenant>', `only of this tenant: ${tenantWords}`, tenantOf)
    .option('--kind <kind>', 'only of this kind, such as goods')
    .addHelpText('after', examples('outbox redrive 12 13', 'outbox redrive --all --kind goods'))
    .action(async (texts: string[], options: Filter & { all?: true }) => {
      const ids = texts.map((text) => numberOf(text, 'message'))
      if ((ids.length === 0) !== (options.all === true)) {
        throw new Failure('usage', 'name messages by their numbers, or all of them by --all')
      }
      const { withContext } = await import('../context.ts')
      const { redriveMessages } = await import('../../services/outbox/redrive-messages.ts')
      await withContext(cli, async (context) => {
        const { tenant, kind } = options
        await assertKnown(context, { tenant })
        const redriven = await context.run(redriveMessages, { ids: options.all ? undefined : ids, tenant, kind })
        refuseNothing(ids, redriven, 'a dead letter')
        cli.output.result(
          { redriven },
          () => `Queued again: ${redriven.length === 0 ? 'nothing' : redriven.join(', ')}.`,
        )
      })
    })
}

function addDrop(group: Command, cli: Cli): void {
  addCommand(group, 'drop <messages...>', 'give messages up that are dead or wait')
    .option('--yes', 'do not ask')
    .addHelpText('after', examples('outbox drop 12 13'))
    .action(async (texts: string[], options: { yes?: true }) => {
      const ids = texts.map((text) => numberOf(text, 'message'))
      const { withContext } = await import('../context.ts')
      const { dropMessages } = await import('../../services/outbox/drop-messages.ts')
      const { assertConfirmed } = await import('../assert-confirmed.ts')
      await withContext(cli, async (context) => {
        const question = `Drop ${ids.join(', ')}? Nobody will be told.`
        await assertConfirmed(cli, { yes: options.yes === true, question })
        const dropped = await context.run(dropMessages, { ids })
        refuseNothing(ids, dropped, 'dead or waiting')
        cli.output.result({ dropped }, () => `Dropped: ${dropped.join(', ')}.`)
      })
    })
}
