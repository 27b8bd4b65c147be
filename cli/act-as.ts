import { hostname } from 'node:os'
import type { Actor } from '../domain/actor.ts'
import { findSession } from '../services/find-session.ts'
import { logIn } from '../services/log-in.ts'
import { logOut } from '../services/log-out.ts'
import type { Cli } from './command.ts'
import type { Context } from './context.ts'
import { readSecret } from './read-secret.ts'

/**
 * The person behind a command, proven by a password as a login is: for what a machine's account may not do, since nobody
 * knows whose it is. Throws what a login throws.
 */
export async function actAs(
  cli: Cli,
  { database }: Context,
  input: { username: string; passwordFile?: string | undefined },
): Promise<Actor> {
  const password = await readSecret(cli.output, {
    file: input.passwordFile,
    flag: '--password-file',
    question: `Password of ${input.username}: `,
    signal: cli.signal,
  })
  const { username } = input
  const { token } = await logIn(database, { username, password, address: `cli:${hostname()}` })
  const session = await findSession(database, { token, source: 'cli' })
  if (session === undefined) throw new Error('a session that was just opened is gone')
  const { actor } = session
  await database.transaction((tx) => logOut(tx, actor, { token }))
  return actor
}
