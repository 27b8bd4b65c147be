import type { Command } from 'commander'
import { addCommand, addGroup, type Cli, examples } from '../command.ts'

/** `import mongo-json`. */
export function addImportCommands(program: Command, cli: Cli): void {
  const group = addGroup(program, 'import', 'what an old system had: mongo-json')
  addCommand(group, 'mongo-json <folder>', 'import the collections of an old system, as mongoexport wrote them')
    .option('--dry-run', 'do everything, show the report, and undo it')
    .option('--old-key-file <file>', "the old system's key, which opens its tokens ('-' is stdin)")
    .option('--round', 'round amounts with too many digits half up')
    .addHelpText(
      'after',
      examples('import mongo-json exported --dry-run', 'import mongo-json exported --old-key-file old-key.txt'),
    )
    .action(async (folder: string, options: { dryRun?: boolean; oldKeyFile?: string; round?: boolean }) => {
      const { importMongo } = await import('../import-mongo.ts')
      await importMongo(cli, folder, {
        dryRun: options.dryRun === true,
        oldKeyFile: options.oldKeyFile,
        rounds: options.round === true,
      })
    })
}
