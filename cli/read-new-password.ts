import { Failure } from '../domain/failure.ts'
import type { Cli } from './command.ts'
import { askSecret } from './prompt.ts'
import { readSecret } from './read-secret.ts'

/** Reads a new password from a file or stdin, or asks for it twice on a terminal. */
export async function readNewPassword(cli: Cli, file: string | undefined): Promise<string> {
  const password = await readSecret(cli.output, {
    file,
    flag: '--password-file',
    question: 'Password: ',
    signal: cli.signal,
  })
  if (file !== undefined) return password
  const again = await askSecret(cli.output, 'The same again: ')
  if (again !== password) throw new Failure('usage', 'the two passwords differ; nothing was changed')
  return password
}
