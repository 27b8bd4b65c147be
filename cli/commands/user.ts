import type { Command } from 'commander'
import { type Role, roles } from '../../domain/actor.ts'
import { Failure } from '../../domain/failure.ts'
import { addCommand, addGroup, type Cli, oneOf, tenantOf } from '../command.ts'
import { readNewPassword } from '../read-new-password.ts'
import { addUserAccess } from './user-access.ts'

const passwordFile = '--password-file <file>'
const passwordFileHelp = "read the password from a file ('-' is stdin); else it is asked for"
const roleHelp = `one of ${roles.join(', ')}`
const tenantHelp = "an agent's tenant: agent:<id>"

/** `user create|list|password|role|disable|enable|link`, and those of user-access.ts. */
export function addUserCommands(program: Command, cli: Cli): void {
  const group = addGroup(program, 'user', 'people: create, list, password, role, disable, sessions ...')
  addUserCreate(group, cli)
  addUserList(group, cli)
  addUserPassword(group, cli)
  addUserRole(group, cli)
  addUserDisable(group, cli)
  addUserEnable(group, cli)
  addUserLink(group, cli)
  addUserAccess(group, cli)
}

function addUserCreate(group: Command, cli: Cli): void {
  addCommand(group, 'create <username>', 'add a person')
    .requiredOption('--role <role>', roleHelp, oneOf(roles))
    .option('--tenant <tenant>', tenantHelp, tenantOf)
    .option(passwordFile, passwordFileHelp)
    .action(async (username: string, options: { role: Role; tenant?: string; passwordFile?: string }) => {
      const password = await readNewPassword(cli, options.passwordFile)
      const { withContext } = await import('../context.ts')
      const { createUser } = await import('../../services/create-user.ts')
      const { role, tenant = null } = options
      await withContext(cli, async (context) => {
        const user = await context.run(createUser, { username, password, role, tenant })
        cli.output.result(user, () => `Added ${user.username} as ${user.role}.`)
      })
    })
}

function addUserList(group: Command, cli: Cli): void {
  addCommand(group, 'list', 'list the people').action(async () => {
    const { withContext } = await import('../context.ts')
    const { listUsers } = await import('../../services/list-users.ts')
    const { renderUsers } = await import('../render-users.ts')
    await withContext(cli, async (context) => {
      const users = await context.run(listUsers, {})
      cli.output.result(users, () => renderUsers(cli.output, users))
    })
  })
}

function addUserPassword(group: Command, cli: Cli): void {
  addCommand(group, 'password <username>', 'give a person a new password; ends their sessions')
    .option(passwordFile, passwordFileHelp)
    .action(async (username: string, options: { passwordFile?: string }) => {
      const password = await readNewPassword(cli, options.passwordFile)
      const { withContext } = await import('../context.ts')
      const { setPassword } = await import('../../services/set-password.ts')
      await withContext(cli, async (context) => {
        const { sessionsRevoked } = await context.run(setPassword, { username, password })
        cli.output.result(
          { username, sessions_revoked: sessionsRevoked },
          () => `${username} has a new password; ${sessionsRevoked} open sessions were ended.`,
        )
      })
    })
}

function addUserRole(group: Command, cli: Cli): void {
  addCommand(group, 'role <username> <role>', `change a person's role: ${roleHelp}`)
    .option('--tenant <tenant>', tenantHelp, tenantOf)
    .action(async (username: string, word: string, options: { tenant?: string }) => {
      const role = roleOf(word)
      const { withContext } = await import('../context.ts')
      const { setRole } = await import('../../services/set-role.ts')
      await withContext(cli, async (context) => {
        const user = await context.run(setRole, { username, role, tenant: options.tenant ?? null })
        cli.output.result(user, () => `${user.username} is ${user.role} now.`)
      })
    })
}

function roleOf(word: string): Role {
  const role = roles.find((known) => known === word)
  if (role === undefined) throw new Failure('usage', `the role must be ${roleHelp}`)
  return role
}

function addUserDisable(group: Command, cli: Cli): void {
  addCommand(group, 'disable <username>', 'shut a person out, with their API tokens; history stays').action(
    async (username: string) => {
      const { withContext } = await import('../context.ts')
      const { disableUser } = await import('../../services/disable-user.ts')
      await withContext(cli, async (context) => {
        const user = await context.run(disableUser, { username })
        cli.output.result(user, () => `${user.username} is shut out.`)
      })
    },
  )
}

function addUserEnable(group: Command, cli: Cli): void {
  addCommand(group, 'enable <username>', 'let a person in again who was shut out').action(async (username: string) => {
    const { withContext } = await import('../context.ts')
    const { enableUser } = await import('../../services/enable-user.ts')
    await withContext(cli, async (context) => {
      const user = await context.run(enableUser, { username })
      cli.output.result(user, () => `${user.username} may come in again.`)
    })
  })
}

function addUserLink(group: Command, cli: Cli): void {
  addCommand(group, 'link <username>', 'make a one-time code that links a chat').action(async (username: string) => {
    const { withContext } = await import('../context.ts')
    const { createLinkCode } = await import('../../services/create-link-code.ts')
    const { formatRelative } = await import('../format.ts')
    await withContext(cli, async (context) => {
      const { code, expiresAt } = await context.run(createLinkCode, { username })
      const message = `/start link-${code}`
      cli.output.result({ username, code, message, expires_at: expiresAt }, () => message)
      if (!cli.output.json) {
        cli.output.note(
          `Send this line to any of the bots; it works once and ends ${formatRelative(expiresAt, Date.now())}.`,
        )
      }
    })
  })
}
