import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '../domain/failure.ts'
import { parseLogLine } from '../runtime/log-entry.ts'
import { followLines, readLastLines } from '../runtime/log-file.ts'
import { showInstance } from '../services/show-instance.ts'
import type { Cli } from './command.ts'
import type { LogsOptions } from './commands/logs.ts'
import { withContext } from './context.ts'
import { renderLogLine } from './render-log.ts'

/**
 * Prints the end of a bot's log, then what is added to it. The files are on the server that runs the bot: for a bot
 * of another server it names that one.
 */
export async function printLogs(cli: Cli, id: string, options: LogsOptions): Promise<void> {
  if (cli.output.json && options.follow === true) {
    throw new Failure('usage', '--json prints one document, which --follow never ends: leave one of them out')
  }
  const { server, path } = await findLog(cli, id)
  const lines = await readLastLines(path, options.lines)
  if (cli.output.json) {
    cli.output.result({ id, server, file: path, lines: lines.map(parseLogLine) }, () => '')
    return
  }
  const print = (line: string) => cli.output.data(options.raw === true ? line : renderLogLine(cli.output, line))
  for (const line of lines) print(line)
  if (options.follow === true) {
    await followLines(path, print, AbortSignal.any([cli.signal, cli.output.closed]))
    cli.signal.throwIfAborted()
  } else if (lines.length === 0) {
    cli.output.note(`Nothing was logged yet (${path}).`)
  }
}

async function findLog(cli: Cli, id: string): Promise<{ server: string; path: string }> {
  return withContext(cli, async (context) => {
    const view = await context.run(showInstance, { id })
    const { paths, settings } = context.config
    const path = join(paths.logs, view.server_name, `${id}.log`)
    // A second server of this machine may share the home; then its files are here as well.
    if (view.server_name !== settings.SERVERNAME && !existsSync(path)) {
      throw new Failure(
        'unavailable',
        `${id} runs on server ${view.server_name}, and its log is there: run ./botfleet logs ${id} on that machine`,
        { details: { server_name: view.server_name } },
      )
    }
    return { server: view.server_name, path }
  })
}
