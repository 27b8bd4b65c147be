import type { Command } from 'commander'
import { assertKnown } from '../assert-known.ts'
import { addCommand, type Cli, durationMs, tenantOf, tenantWords, wholeNumber } from '../command.ts'

interface AuditOptions {
  actor?: string
  action?: string
  target?: string
  tenant?: string
  since?: number
  limit: number
}

/** `audit` and `events`: who did what, and what happened to a bot. */
export function addAuditCommands(program: Command, cli: Cli): void {
  addCommand(program, 'audit', 'who changed what, newest first')
    .option('--actor <name>', 'only what this actor did, e.g. user:admin')
    .option('--action <action>', 'only this action, e.g. instance.approve')
    .option('--target <id>', 'only changes of this bot, user or server')
    .option('--tenant <tenant>', `only of this tenant: ${tenantWords}`, tenantOf)
    .option('--since <duration>', 'only the last 30m, 12h, 7d ...', durationMs)
    .option('--limit <count>', 'at most this many', wholeNumber(1, 10_000), 50)
    .action(async (options: AuditOptions) => {
      const { withContext } = await import('../context.ts')
      const { listAudit } = await import('../../services/audit/list-audit.ts')
      const { renderAudit } = await import('../render-history.ts')
      await withContext(cli, async (context) => {
        const { since, ...filters } = options
        await assertKnown(context, { tenant: filters.tenant })
        const rows = await context.run(listAudit, { ...filters, withinMs: since })
        cli.output.result(rows, () => renderAudit(cli.output, rows))
      })
    })

  addCommand(program, 'events <id>', 'what happened to a bot, newest first')
    .option('--limit <count>', 'at most this many', wholeNumber(1, 10_000), 50)
    .action(async (id: string, options: { limit: number }) => {
      const { withContext } = await import('../context.ts')
      const { listInstanceEvents } = await import('../../services/list-instance-events.ts')
      const { renderEvents } = await import('../render-history.ts')
      await withContext(cli, async (context) => {
        const events = await context.run(listInstanceEvents, { id, limit: options.limit })
        cli.output.result(events, () => renderEvents(cli.output, events))
      })
    })
}
