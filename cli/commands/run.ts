import type { Command } from 'commander'
import { Failure } from '../../domain/failure.ts'
import { changeInstance, type WaitOptions, withWaiting } from '../change-instance.ts'
import { addCommand, type Cli } from '../command.ts'
import type { Context } from '../context.ts'
import { askConfirmation } from '../prompt.ts'

/** `start`, `stop`, `restart` and `delete`: what is wished of an instance. */
export function addRunCommands(program: Command, cli: Cli): void {
  addStart(program, cli)
  addStop(program, cli)
  addRestart(program, cli)
  addDelete(program, cli)
}

function addStart(program: Command, cli: Cli): void {
  withWaiting(addCommand(program, 'start <id>', 'run a stopped bot'))
    .option('--take-webhook', 'remove a webhook that somebody else has set on the bot')
    .action(async (id: string, options: WaitOptions & { takeWebhook?: boolean }) => {
      const { startInstance } = await import('../../services/start-instance.ts')
      await changeInstance(cli, options, {
        id,
        apply: (context) => context.run(startInstance, { id, takeWebhook: options.takeWebhook === true }),
        sentence: () => `${id} is to run.`,
        goal: 'running',
      })
    })
}

function addStop(program: Command, cli: Cli): void {
  withWaiting(addCommand(program, 'stop <id>', 'stop a bot; its time runs on')).action(
    async (id: string, options: WaitOptions) => {
      const { stopInstance } = await import('../../services/stop-instance.ts')
      await changeInstance(cli, options, {
        id,
        apply: (context) => context.run(stopInstance, { id }),
        sentence: () => `${id} is to stop; its subscription runs on.`,
        goal: 'stopped',
      })
    },
  )
}

function addRestart(program: Command, cli: Cli): void {
  withWaiting(addCommand(program, 'restart <id>', 'end a bot and start it anew')).action(
    async (id: string, options: WaitOptions) => {
      const { restartInstance } = await import('../../services/restart-instance.ts')
      await changeInstance(cli, options, {
        id,
        apply: (context) => context.run(restartInstance, { id }),
        sentence: () => `${id} is to restart.`,
        goal: 'restarted',
      })
    },
  )
}

function addDelete(program: Command, cli: Cli): void {
  withWaiting(addCommand(program, 'delete <id>', 'erase a bot with its credential; history stays'))
    .option('--yes', 'do not ask')
    .action(async (id: string, options: WaitOptions & { yes?: boolean }) => {
      if (options.yes !== true) await confirmDelete(cli, id)
      const { deleteInstance } = await import('../../services/delete-instance.ts')
      await changeInstance(cli, options, {
        id,
        apply: async (context) => {
          const isLeftLinked = await staysInThePhone(context, id)
          await context.run(deleteInstance, { id })
          if (isLeftLinked) cli.output.note(`Note: the phone of ${id} still lists the device; ${whereDevicesAre}`)
        },
        sentence: () => `${id} is deleted: its credential is erased, its history stays.`,
        goal: 'stopped',
      })
    })
}

const whereDevicesAre = 'remove it there: WhatsApp > Settings > Linked devices'

/** Only its worker can log a linked device out; nobody starts one for that. */
async function staysInThePhone(context: Context, id: string): Promise<boolean> {
  const { showInstance } = await import('../../services/show-instance.ts')
  const { showPairing } = await import('../../services/whatsapp/show-pairing.ts')
  const view = await context.run(showInstance, { id })
  return view.pid === null && (await context.run(showPairing, { id })).linked
}

async function confirmDelete(cli: Cli, id: string): Promise<void> {
  if (!cli.output.interactive) throw new Failure('usage', 'deleting cannot be undone: give --yes')
  const question = `Delete ${id} and erase its credential? This cannot be undone.`
  if (!(await askConfirmation(cli.output, question))) throw new Failure('usage', 'nothing was deleted')
}
