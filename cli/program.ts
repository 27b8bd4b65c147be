import { Command, CommanderError, Help, Option } from 'commander'
import { type Cli, settle } from './command.ts'
import { addAgentCommands } from './commands/agent.ts'
import { addAuditCommands } from './commands/audit.ts'
import { addBackupCommands } from './commands/backup.ts'
import { addBroadcastCommands } from './commands/broadcast.ts'
import { addCategoryCommands } from './commands/category.ts'
import { addCreate } from './commands/create.ts'
import { addCustomerCommands } from './commands/customer.ts'
import { addDoctor } from './commands/doctor.ts'
import { addEdit } from './commands/edit.ts'
import { addImportCommands } from './commands/import.ts'
import { addInit } from './commands/init.ts'
import { addKeyCommands } from './commands/keys.ts'
import { addLedgerCommands } from './commands/ledger.ts'
import { addList } from './commands/list.ts'
import { addLogs } from './commands/logs.ts'
import { addMigrate } from './commands/migrate.ts'
import { addOrderCommands } from './commands/order.ts'
import { addOutboxCommands } from './commands/outbox.ts'
import { addPair } from './commands/pair.ts'
import { addProductCommands } from './commands/product.ts'
import { addRunCommands } from './commands/run.ts'
import { addServeCommands } from './commands/serve.ts'
import { addServerCommands } from './commands/server.ts'
import { addSetToken } from './commands/set-token.ts'
import { addShow } from './commands/show.ts'
import { addStockCommands } from './commands/stock.ts'
import { addSubscriptionCommands } from './commands/subscription.ts'
import { addTokenCommands } from './commands/token.ts'
import { addTopUpCommands } from './commands/top-up.ts'
import { addUserCommands } from './commands/user.ts'
import { addWithdrawalCommands } from './commands/withdrawal.ts'
import { Interrupted, listenForInterruption } from './interruption.ts'
import { Output } from './output.ts'
import { reportError } from './report-error.ts'
import { readVersion } from './version.ts'

/**
 * Builds the whole command tree. Nothing heavy is loaded here: a command's action imports what it needs, so that
 * `--help` and a usage error answer at once.
 */
export function buildProgram(cli: Cli): Command {
  const program = settle(new Command('./botfleet'))
  program
    .description('Runs a fleet of Telegram and WhatsApp bots.')
    .usage('<command> [options]')
    .version(readVersion(), '-V, --version', 'print the version')
    .addOption(new Option('--json', 'print one JSON document (every command takes it)'))
    .configureHelp({ subcommandTerm: (command) => command.name(), optionDescription })
    .addHelpText('after', '\nEach command explains itself: ./botfleet create --help')
    .hook('preAction', (_program, command) => {
      cli.output.json = command.optsWithGlobals<{ json?: boolean }>().json === true
    })

  program.commandsGroup('Run:')
  addServeCommands(program, cli)

  program.commandsGroup('Set up:')
  addInit(program, cli)
  addMigrate(program, cli)
  addDoctor(program, cli)

  program.commandsGroup('Bots:')
  addCreate(program, cli)
  addList(program, cli)
  addShow(program, cli)
  addEdit(program, cli)
  addSetToken(program, cli)
  addPair(program, cli)
  addLogs(program, cli)

  program.commandsGroup('Subscriptions:')
  addSubscriptionCommands(program, cli)

  program.commandsGroup('Running:')
  addRunCommands(program, cli)

  program.commandsGroup('The shop:')
  addProductCommands(program, cli)
  addCategoryCommands(program, cli)
  addStockCommands(program, cli)
  addOrderCommands(program, cli)
  addAgentCommands(program, cli)
  addCustomerCommands(program, cli)

  program.commandsGroup('What bots tell:')
  addOutboxCommands(program, cli)
  addBroadcastCommands(program, cli)

  program.commandsGroup('Money:')
  addTopUpCommands(program, cli)
  addWithdrawalCommands(program, cli)
  addLedgerCommands(program, cli)

  program.commandsGroup('The house:')
  addServerCommands(program, cli)
  addUserCommands(program, cli)
  addTokenCommands(program, cli)
  addKeyCommands(program, cli)
  addBackupCommands(program, cli)
  addImportCommands(program, cli)
  addAuditCommands(program, cli)
  return program
}

/**
 * Runs one command line of this process. An interrupted command is waited for until it has let go of what it holds; a
 * second Ctrl-C does not wait.
 * @returns the exit code.
 */
export async function runProgram(parameters: readonly string[]): Promise<number> {
  const output = new Output(process.stdout, process.stderr)
  const interruption = listenForInterruption()
  try {
    return await runCommand(parameters, {
      output,
      signal: interruption.signal,
      environment: process.env,
      cwd: process.cwd(),
    })
  } finally {
    interruption.stop()
  }
}

/** Runs one command line with what it is given, and says what went wrong. @returns the exit code. */
export async function runCommand(parameters: readonly string[], cli: Cli): Promise<number> {
  const { output } = cli
  // Until the command is known; the hook above settles it.
  output.json = untilSeparator(parameters).includes('--json')
  try {
    await buildProgram(cli).parseAsync(parameters, { from: 'user' })
    await output.flush()
    return 0
  } catch (error) {
    // Help and version end the parse by throwing; they were printed already.
    if (error instanceof CommanderError && error.exitCode === 0) return 0
    if (error instanceof Interrupted && output.noteIsTerminal) output.note('')
    return reportError(output, error)
  }
}

/** What help says of an option: a required one is marked as one. */
function optionDescription(option: Option): string {
  const words = new Help().optionDescription(option)
  return option.mandatory && option.defaultValue === undefined ? `${words} (required)` : words
}

function untilSeparator(parameters: readonly string[]): readonly string[] {
  const separator = parameters.indexOf('--')
  return separator === -1 ? parameters : parameters.slice(0, separator)
}
