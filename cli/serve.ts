import type { Failure } from '../domain/failure.ts'
import { loadConfig } from '../runtime/config.ts'
import type { Cli } from './command.ts'
import { signInHint } from './first-owner.ts'
import { createServerLog } from './server-log.ts'
import { startServer, version } from './start-server.ts'

/**
 * Runs a server until it is told to end (SIGTERM, Ctrl-C) or gives up because another supervisor took its name. Ends
 * with code 0 after an orderly stop. With `keepWorkers` the bots go on without it, until their lease ends or the next
 * server of this name adopts them: an upgrade that no bot notices.
 */
export async function serve(cli: Cli, options: { keepWorkers?: boolean }): Promise<void> {
  const config = loadConfig(cli.environment, cli.cwd)
  const { SERVERNAME: server, LOG_LEVEL: level } = config.settings
  const log = createServerLog(process.stderr, { level, name: `botfleet ${server}` })
  let giveUp: (failure: Failure) => void = () => {}
  const givenUp = new Promise<Failure>((resolve) => {
    giveUp = resolve
  })
  const told = new Promise<undefined>((resolve) => {
    if (cli.signal.aborted) resolve(undefined)
    cli.signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
  const terminal = cli.output.noteIsTerminal ? (line: string) => cli.output.note(line) : undefined
  const running = await startServer({ config, log, terminal, onGivenUp: giveUp })
  cli.output.result(
    { server, version, panel_url: running.panelUrl, pid: process.pid },
    () =>
      `botfleet ${version}: ${server} is running; its panel is at ${running.panelUrl}. ${signInHint(config)} Ctrl-C stops it.`,
  )
  const failure = await Promise.race([givenUp, told])
  const keepWorkers = options.keepWorkers === true && failure === undefined
  log.info(keepWorkers ? 'stopping: the workers go on' : 'stopping: every worker drains first')
  await running.stop({ keepWorkers })
  log.info('stopped')
  if (failure !== undefined) throw failure
  process.exitCode = 0
}
