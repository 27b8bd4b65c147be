import type { Command } from 'commander'
import { assertKnown } from '../assert-known.ts'
import { addCommand, type Cli, durationMs, tenantOf, tenantWords } from '../command.ts'

interface ListOptions {
  status?: string
  server?: string
  expiring?: number
  tenant?: string
}

/** `list`: the bots, newest first, in as many columns as the terminal has room for. */
export function addList(program: Command, cli: Cli): void {
  addCommand(program, 'list', 'list the bots, newest first')
    .option('--status <status>', 'new, approved, expired, suspended, deleted; also pending, active, paused')
    .option('--server <name>', 'only the bots of this server')
    .option('--expiring <duration>', 'only those whose time ends within 12h, 7d ...', durationMs)
    .option('--tenant <tenant>', `only of this tenant: ${tenantWords}`, tenantOf)
    .action(async (options: ListOptions) => {
      const { withContext } = await import('../context.ts')
      const { listInstances } = await import('../../services/list-instances.ts')
      const { renderList } = await import('../render-list.ts')
      await withContext(cli, async (context) => {
        const { expiring, ...filters } = options
        await assertKnown(context, { tenant: filters.tenant })
        const views = await context.run(listInstances, { ...filters, expiringWithinMs: expiring })
        cli.output.result(views, () => renderList(cli.output, views, Date.now()))
        if (cli.output.json) return
        const { hintWithoutServer } = await import('../hint-without-server.ts')
        const { stateWord } = await import('../instance-words.ts')
        await hintWithoutServer(
          cli,
          context,
          views.filter((view) => stateWord(view) === 'waiting'),
        )
        if (views.length === 0) {
          const filtered = Object.keys(options).some((name) => name !== 'json')
          cli.output.note(
            filtered ? 'No bot matches.' : 'No bots yet. Add one: ./botfleet create --platform telegram --name NAME',
          )
        }
      })
    })
}
