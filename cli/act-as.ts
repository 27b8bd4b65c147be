import { hostname } from 'node:os'
import type { Actor } from '../domain/actor.ts'
import { Failure } from '../domain/failure.ts'
import { findSession } from '../services/find-session.ts'
import { logIn } from '../services/log-in.ts'
import { logOut } from '../services/log-out.ts'
import type { Cli } from './command.ts'
import type { Context } from './context.ts'
import { askSecret } from './prompt.ts'
import { readSecret } from './read-secret.ts'

/**
 * The person behind a command, proven by a password, and a code where they have a second factor, as a login is: for what
 * a machine's account may not do, since nobody knows whose it is. Throws what a login throws.
 */
export async function actAs(
  cli: Cli,
  context: Context,
  input: { username: string; passwordFile?: string | undefined },
): Promise<Actor> {
  const password = await readSecret(cli.output, {
    file: input.passwordFile,
    flag: '--password-file',
    question: `Password of ${input.username}: `,
    signal: cli.signal,
  })
  const { username } = input
  const { database } = context
  const logInWith = (code?: string) =>
    logIn(database, { username, password, code, address: `cli:${hostname()}`, keyring: () => context.keyring() })
  const { token } = await logInWith().catch(async (error: unknown) => {
    const needsCode = error instanceof Failure && error.details['needed'] === 'code'
    if (!needsCode || !cli.output.interactive) throw error
    return logInWith(await askSecret(cli.output, `Code of ${username}'s authenticator: `))
  })
  const session = await findSession(database, { token, source: 'cli' })
  if (session === undefined) throw new Error('a session that was just opened is gone')
  const { actor } = session
  await database.transaction((tx) => logOut(tx, actor, { token }))
  return actor
}
