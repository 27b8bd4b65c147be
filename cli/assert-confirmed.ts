import { Failure } from '../domain/failure.ts'
import type { Cli } from './command.ts'
import { askConfirmation } from './prompt.ts'

/** Asks before something that cannot be taken back. Throws `usage` on a no, and where nobody can be asked. */
export async function assertConfirmed(cli: Cli, given: { yes: boolean; question: string }): Promise<void> {
  if (given.yes) return
  if (!cli.output.interactive) throw new Failure('usage', 'nobody can be asked whether this is meant: give --yes')
  if (!(await askConfirmation(cli.output, given.question))) throw new Failure('usage', 'nothing was changed')
}
