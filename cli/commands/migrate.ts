import type { Command } from 'commander'
import type { MigrationStatus } from '../../db/migrate.ts'
import { addCommand, type Cli } from '../command.ts'

/** `migrate` and `migrate status`. */
export function addMigrate(program: Command, cli: Cli): void {
  const migrateCommand = addCommand(program, 'migrate', "bring the database's schema up to date").action(async () => {
    const { withDatabase } = await import('../context.ts')
    const { migrate } = await import('../../db/migrate.ts')
    const applied = await withDatabase(cli, ({ url }) => migrate(url))
    cli.output.result({ applied }, () =>
      applied.length === 0 ? 'Nothing to do: the schema is up to date.' : `Applied: ${applied.join(', ')}`,
    )
  })
  addCommand(migrateCommand, 'status', 'compare the schema with this program; changes nothing').action(async () => {
    const { withDatabase } = await import('../context.ts')
    const { migrationStatus } = await import('../../db/migrate.ts')
    const status = await withDatabase(cli, ({ database }) => migrationStatus(database))
    cli.output.result({ ...status, verdict: verdictOf(status) }, () => sentenceOf(status))
  })
}

function verdictOf(status: MigrationStatus): 'current' | 'behind' | 'newer' {
  if (status.unknown.length > 0) return 'newer'
  return status.pending.length > 0 ? 'behind' : 'current'
}

function sentenceOf(status: MigrationStatus): string {
  if (status.unknown.length > 0) return `Newer than this program: ${status.unknown.join(', ')}. Upgrade botfleet.`
  if (status.pending.length > 0) return `Pending: ${status.pending.join(', ')}. Run ./botfleet migrate.`
  return `Up to date: ${status.applied.at(-1) ?? 'nothing to apply'}.`
}
