import { setTimeout as delay } from 'node:timers/promises'
import { Failure } from '../domain/failure.ts'
import { type InstanceLog, openInstanceLog } from '../runtime/instance-log.ts'
import { type LogEntry, parseLogLine } from '../runtime/log-entry.ts'
import { followLines, readLastLines } from '../runtime/log-file.ts'
import { findServerUrl } from '../services/find-server-url.ts'
import { showInstance } from '../services/show-instance.ts'
import type { Cli } from './command.ts'
import type { LogsOptions } from './commands/logs.ts'
import { withContext } from './context.ts'
import { renderLogLine } from './render-log.ts'

/** Another server gives as many lines at once. */
const pageMax = 1000
const askEveryMs = 2000

/**
 * Prints the end of a bot's log, then what is added to it. The files are on the server that runs the bot: another server
 * is asked for them.
 */
export async function printLogs(cli: Cli, id: string, options: LogsOptions): Promise<void> {
  if (cli.output.json && options.follow === true) {
    throw new Failure('usage', '--json prints one document, which --follow never ends: leave one of them out')
  }
  const log = await findLog(cli, id)
  const { lines, after } = await readEnd(log, options.lines)
  if (cli.output.json) {
    const { server, path: file = null } = log
    cli.output.result({ id, server, file, lines: lines.map(parseLogLine) }, () => '')
    return
  }
  const print = (line: string) => cli.output.data(options.raw === true ? line : renderLogLine(cli.output, line))
  for (const line of lines) print(line)
  if (options.follow === true) {
    const signal = AbortSignal.any([cli.signal, cli.output.closed])
    if (log.path === undefined) await followElsewhere(log, { after, print, signal })
    else await followLines(log.path, print, signal)
    cli.signal.throwIfAborted()
  } else if (lines.length === 0) {
    cli.output.note(`Nothing was logged yet (${log.path ?? `server ${log.server}`}).`)
  }
}

async function findLog(cli: Cli, id: string): Promise<InstanceLog> {
  return withContext(cli, async (context) => {
    const { server_name: server } = await context.run(showInstance, { id })
    const { paths, settings } = context.config
    // The database is let go of before the log is followed.
    const url = await findServerUrl(context.database, { server })
    const keyring = await context.keyring()
    return openInstanceLog(
      {
        self: settings.SERVERNAME,
        folder: paths.logs,
        keyring: () => keyring,
        plainHttp: settings.PEER_PLAIN_HTTP,
        urlOf: async () => url,
      },
      { id, server },
    )
  })
}

async function readEnd(log: InstanceLog, count: number): Promise<{ lines: string[]; after: string | null }> {
  if (log.path !== undefined) return { lines: await readLastLines(log.path, count), after: null }
  const lines: string[] = []
  let page = await log.read({ lines: Math.max(1, Math.min(count, pageMax)) })
  const { after } = page
  if (count > 0) lines.unshift(...page.lines.map(lineOf))
  while (lines.length < count && page.before !== null) {
    page = await log.read({ lines: Math.min(count - lines.length, pageMax), before: page.before })
    lines.unshift(...page.lines.map(lineOf))
  }
  return { lines, after }
}

async function followElsewhere(
  log: InstanceLog,
  options: {
    readonly after: string | null
    readonly print: (line: string) => void
    readonly signal: AbortSignal
  },
): Promise<void> {
  const { print, signal } = options
  let after = options.after ?? 'start'
  while (!signal.aborted) {
    const page = await log.read({ lines: pageMax, after })
    for (const entry of page.lines) print(lineOf(entry))
    after = page.after ?? after
    if (page.lines.length === 0) await delay(askEveryMs, undefined, { signal }).catch(() => {})
  }
}

/** As its own server wrote it, but for what was taken out of it. */
function lineOf({ at, level, message, fields }: LogEntry): string {
  return at === null ? message : JSON.stringify({ level, at, ...fields, msg: message })
}
