import type { Command } from 'commander'
import { addCommand, type Cli } from '../command.ts'

/** `backup` and `restore`. */
export function addBackupCommands(program: Command, cli: Cli): void {
  addCommand(program, 'backup <file>', 'write everything in the database into one sealed file')
    .option('--force', 'replace the file when it is there')
    .action(async (file: string, options: { force?: boolean }) => {
      const { makeBackup } = await import('../backup.ts')
      await makeBackup(cli, file, { force: options.force === true })
    })

  addCommand(program, 'restore <file>', 'fill an empty database from a backup, the fleet being stopped')
    .option('--check', 'only read the whole file and say what is in it')
    .option('--yes', 'do not ask')
    .action(async (file: string, options: { check?: boolean; yes?: boolean }) => {
      if (options.check === true) {
        const { checkBackup } = await import('../check-backup.ts')
        await checkBackup(cli, file)
      } else {
        const { restoreBackup } = await import('../restore.ts')
        await restoreBackup(cli, file, { yes: options.yes === true })
      }
    })
}
