import type { Command } from 'commander'
import { endOf, startOf } from '../../domain/moment.ts'
import type { AuditFilter } from '../../services/audit/list-audit.ts'
import type { AuditExportOptions } from '../audit.ts'
import {
  addCommand,
  addGroup,
  type Cli,
  durationMs,
  examples,
  oneOf,
  tenantOf,
  tenantWords,
  wholeNumber,
} from '../command.ts'

interface FilterOptions {
  readonly actor?: string
  readonly action?: string
  readonly target?: string
  readonly tenant?: string
  readonly since?: number
  readonly from?: string
  readonly until?: string
}

/** `audit list|verify|export`, where `list` may be left out, and `events`: who did what, and what happened to a bot. */
export function addAuditCommands(program: Command, cli: Cli): void {
  const group = addGroup(program, 'audit', 'who did what: list (may be left out), verify, export')
  addList(group, cli)
  addVerify(group, cli)
  addExport(group, cli)
  addEvents(program, cli)
}

function withFilter(command: Command): Command {
  return command
    .option('--actor <name>', 'only what this actor did, e.g. user:admin')
    .option('--action <action>', 'only this action, e.g. instance.approve')
    .option('--target <id>', 'only changes of this bot, user or server')
    .option('--tenant <tenant>', `only of this tenant: ${tenantWords}`, tenantOf)
    .option('--since <duration>', 'only the last 30m, 12h, 7d ...', durationMs)
    .option('--from <time>', 'only from this day or time on, e.g. 2026-03-01 (UTC)')
    .option('--until <time>', 'only before this time; a day is included')
}

function filterOf({ actor, action, target, tenant, since, from, until }: FilterOptions): AuditFilter {
  return {
    actor,
    action,
    target,
    tenant,
    withinMs: since,
    from: startOf(from, '--from'),
    until: endOf(until, '--until'),
  }
}

function addList(group: Command, cli: Cli): void {
  withFilter(addCommand(group, 'list', 'who did what, newest first; refusals too', { isDefault: true }))
    .option('--before <id>', 'only what stands behind this entry', wholeNumber(1, Number.MAX_SAFE_INTEGER))
    .option('--limit <count>', 'at most this many', wholeNumber(1, 10_000), 50)
    .addHelpText('after', examples('audit --since 7d', 'audit list --actor user:ann --action instance.approve'))
    .action(async (options: FilterOptions & { before?: number; limit: number }) => {
      const filter = filterOf(options)
      const { withContext } = await import('../context.ts')
      const { listAudit } = await import('../../services/audit/list-audit.ts')
      const { assertKnown } = await import('../assert-known.ts')
      const { renderAudit } = await import('../render-history.ts')
      await withContext(cli, async (context) => {
        const { before, limit } = options
        await assertKnown(context, { tenant: filter.tenant })
        const rows = await context.run(listAudit, { ...filter, before, limit })
        cli.output.result(rows, () => renderAudit(cli.output, rows))
      })
    })
}

function addVerify(group: Command, cli: Cli): void {
  addCommand(group, 'verify', 'find entries that were changed, taken out or put in')
    .option('--anchor <position:hash>', 'an anchor noted earlier: nothing before it was rewritten')
    .addHelpText('after', '\nEnds with code 5 when something does not fit.')
    .action(async (options: { anchor?: string }) => {
      const { verify } = await import('../audit.ts')
      await verify(cli, options)
    })
}

function addExport(group: Command, cli: Cli): void {
  withFilter(addCommand(group, 'export', 'all entries that match, as CSV or JSON lines; goes into the audit'))
    .option('--format <format>', 'csv (the default) or jsonl', oneOf(['csv', 'jsonl']))
    .option('--output <file>', 'write it into a file that nobody else can read')
    .option('--force', 'replace the file when it is there')
    .addHelpText('after', examples('audit export --from 2026-03-01 --output march.csv'))
    .action(async (options: FilterOptions & Omit<AuditExportOptions, 'filter'>) => {
      const filter = filterOf(options)
      const { exportToFileOrStdout } = await import('../audit.ts')
      const { format, output, force } = options
      await exportToFileOrStdout(cli, { filter, format, output, force })
    })
}

function addEvents(program: Command, cli: Cli): void {
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
