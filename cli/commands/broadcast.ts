import type { Command } from 'commander'
import type { Tx } from '../../db/transaction.ts'
import type { Actor } from '../../domain/actor.ts'
import type { BroadcastView } from '../../services/outbox/broadcasts/broadcast-view.ts'
import { assertKnown } from '../assert-known.ts'
import { addCommand, addGroup, type Cli, examples, tenantOf, tenantWords, wholeNumber } from '../command.ts'
import { numberOf } from '../message-number.ts'

/** `broadcast create|list|show|preview|start|pause|resume|cancel`. */
export function addBroadcastCommands(program: Command, cli: Cli): void {
  const group = addGroup(program, 'broadcast', "news to a tenant's customers: create, preview, start, ...")
  addCreate(group, cli)
  addList(group, cli)
  addPreview(group, cli)
  addStep(group, cli, {
    name: 'show',
    help: 'show a broadcast and how far it has come',
    service: async () => (await import('../../services/outbox/broadcasts/show-broadcast.ts')).showBroadcast,
  })
  addStep(group, cli, {
    name: 'start',
    help: 'send a broadcast to every customer who wants it',
    question: (id) => `Send broadcast ${id} to every customer of its tenant?`,
    service: async () => (await import('../../services/outbox/broadcasts/start-broadcast.ts')).startBroadcast,
  })
  addStep(group, cli, {
    name: 'pause',
    help: 'stop a broadcast where it is',
    service: async () => (await import('../../services/outbox/broadcasts/pause-broadcast.ts')).pauseBroadcast,
  })
  addStep(group, cli, {
    name: 'resume',
    help: 'go on with a paused broadcast',
    service: async () => (await import('../../services/outbox/broadcasts/resume-broadcast.ts')).resumeBroadcast,
  })
  addStep(group, cli, {
    name: 'cancel',
    help: 'end a broadcast for good',
    question: (id) => `Cancel broadcast ${id}? Who has not got it never will.`,
    service: async () => (await import('../../services/outbox/broadcasts/cancel-broadcast.ts')).cancelBroadcast,
  })
}

function addCreate(group: Command, cli: Cli): void {
  addCommand(group, 'create', 'write a broadcast, as a draft that goes to nobody yet')
    .requiredOption('--tenant <tenant>', `to whose customers: ${tenantWords}`, tenantOf)
    .requiredOption('--file <file>', "its text, HTML as Telegram knows it ('-' is stdin)")
    .addHelpText('after', examples('broadcast create --tenant agent:agent001 --file news.html'))
    .action(async (options: { tenant: string; file: string }) => {
      const { readSmallFile } = await import('../read-secret.ts')
      const html = await readSmallFile(options.file, '--file', cli.signal)
      const { withContext } = await import('../context.ts')
      const { createBroadcast } = await import('../../services/outbox/broadcasts/create-broadcast.ts')
      await withContext(cli, async (context) => {
        await assertKnown(context, { tenant: options.tenant })
        const view = await context.run(createBroadcast, { tenant: options.tenant, html })
        cli.output.result(
          view,
          () => `Broadcast ${view.id} is a draft. See it first: ./botfleet broadcast preview ${view.id} --to USERNAME`,
        )
      })
    })
}

function addList(group: Command, cli: Cli): void {
  addCommand(group, 'list', 'list broadcasts, newest first')
    .option('--tenant <tenant>', `only of this tenant: ${tenantWords}`, tenantOf)
    .option('--limit <count>', 'at most this many', wholeNumber(1, 1000), 20)
    .action(async (options: { tenant?: string; limit: number }) => {
      const { withContext } = await import('../context.ts')
      const { listBroadcasts } = await import('../../services/outbox/broadcasts/list-broadcasts.ts')
      const { renderBroadcasts } = await import('../render-broadcast.ts')
      await withContext(cli, async (context) => {
        await assertKnown(context, { tenant: options.tenant })
        const views = await context.run(listBroadcasts, { tenant: options.tenant, limit: options.limit })
        cli.output.result(views, () => renderBroadcasts(cli.output, views))
      })
    })
}

function addPreview(group: Command, cli: Cli): void {
  addCommand(group, 'preview <broadcast>', 'send a broadcast to a user of ours alone')
    .requiredOption('--to <username>', 'whose linked chats; one of them must have begun with a bot of the tenant')
    .action(async (text: string, options: { to: string }) => {
      const id = numberOf(text, 'broadcast')
      const { withContext } = await import('../context.ts')
      const { previewBroadcast } = await import('../../services/outbox/broadcasts/preview-broadcast.ts')
      await withContext(cli, async (context) => {
        const chats = await context.run(previewBroadcast, { id, username: options.to })
        cli.output.result({ id, chats }, () => `Sent to ${chats} ${chats === 1 ? 'chat' : 'chats'}.`)
      })
    })
}

interface Step {
  readonly name: string
  readonly help: string
  /** What is asked first, unless --yes says it. */
  readonly question?: (id: number) => string
  readonly service: () => Promise<(tx: Tx, actor: Actor, input: { id: number }) => Promise<BroadcastView>>
}

function addStep(group: Command, cli: Cli, { name, help, question, service }: Step): void {
  const command = addCommand(group, `${name} <broadcast>`, help)
  if (question !== undefined) command.option('--yes', 'do not ask')
  command.action(async (text: string, options: { yes?: true }) => {
    const id = numberOf(text, 'broadcast')
    const { withContext } = await import('../context.ts')
    const { assertConfirmed } = await import('../assert-confirmed.ts')
    const { renderBroadcast } = await import('../render-broadcast.ts')
    const step = await service()
    await withContext(cli, async (context) => {
      if (question !== undefined) await assertConfirmed(cli, { yes: options.yes === true, question: question(id) })
      const view = await context.run(step, { id })
      cli.output.result(view, () => renderBroadcast(cli.output, view, Date.now()))
    })
  })
}
