import type { Command } from 'commander'
import { addCommand, type Cli, wholeNumber } from '../command.ts'

export interface LogsOptions {
  follow?: boolean
  lines: number
  raw?: boolean
}

/** `logs`: what a bot wrote. */
export function addLogs(program: Command, cli: Cli): void {
  addCommand(program, 'logs <id>', "a bot's log, on whichever server it runs")
    .option('-f, --follow', 'go on as it grows, until Ctrl-C')
    .option('-n, --lines <count>', 'how many of the last lines', wholeNumber(0, 1_000_000), 50)
    .option('--raw', 'the JSON lines as they stand in the file')
    .action(async (id: string, options: LogsOptions) => {
      const { printLogs } = await import('../print-logs.ts')
      await printLogs(cli, id, options)
    })
}
