import type { Command } from 'commander'
import { addCommand, type Cli, examples } from '../command.ts'

/** `user sessions|end-sessions|unlock|reset-second-factor`: how a person gets in, or no more. */
export function addUserAccess(group: Command, cli: Cli): void {
  addSessions(group, cli)
  addEndSessions(group, cli)
  addUnlock(group, cli)
  addResetSecondFactor(group, cli)
}

function addSessions(group: Command, cli: Cli): void {
  addCommand(group, 'sessions <username>', "list a person's open sessions").action(async (username: string) => {
    const { withContext } = await import('../context.ts')
    const { listSessions } = await import('../../services/access/list-sessions.ts')
    const { renderSessions } = await import('../render-access.ts')
    await withContext(cli, async (context) => {
      const sessions = await context.run(listSessions, { username })
      cli.output.result(sessions, () => renderSessions(cli.output, sessions))
    })
  })
}

function addEndSessions(group: Command, cli: Cli): void {
  addCommand(group, 'end-sessions <username>', "end a person's sessions, all of them or one")
    .option('--session <id>', 'this one only, by the id that sessions shows')
    .addHelpText('after', examples('user end-sessions ann', 'user end-sessions ann --session 0123456789abcdef'))
    .action(async (username: string, { session }: { session?: string }) => {
      const { withContext } = await import('../context.ts')
      const { endSessions } = await import('../../services/access/end-sessions.ts')
      const { revokeSession } = await import('../../services/access/revoke-session.ts')
      await withContext(cli, async (context) => {
        const ended =
          session === undefined
            ? (await context.run(endSessions, { username })).sessionsRevoked
            : await context.run(revokeSession, { id: session, username }).then(() => 1)
        cli.output.result({ username, sessions_ended: ended }, () => `${ended} sessions of ${username} were ended.`)
      })
    })
}

function addUnlock(group: Command, cli: Cli): void {
  addCommand(group, 'unlock <username>', "forget a person's failed logins: they need not wait").action(
    async (username: string) => {
      const { withContext } = await import('../context.ts')
      const { unlockUser } = await import('../../services/access/unlock-user.ts')
      await withContext(cli, async (context) => {
        const { failuresForgotten } = await context.run(unlockUser, { username })
        cli.output.result(
          { username, failures_forgotten: failuresForgotten },
          () => `${failuresForgotten} failed logins of ${username} are forgotten.`,
        )
      })
    },
  )
}

function addResetSecondFactor(group: Command, cli: Cli): void {
  addCommand(group, 'reset-second-factor <username>', 'take a lost authenticator away; ends their sessions').action(
    async (username: string) => {
      const { withContext } = await import('../context.ts')
      const { resetSecondFactor } = await import('../../services/access/reset-second-factor.ts')
      await withContext(cli, async (context) => {
        const { sessionsRevoked } = await context.run(resetSecondFactor, { username })
        cli.output.result(
          { username, sessions_ended: sessionsRevoked },
          () => `${username} logs in with the password alone now; ${sessionsRevoked} open sessions were ended.`,
        )
      })
    },
  )
}
