import type { Command } from 'commander'
import { addCommand, addGroup, type Cli, durationMs, examples } from '../command.ts'

interface CreateOptions {
  readonly name: string
  readonly scope?: readonly string[]
  readonly expires?: number
}

/** `token create|list|revoke`: programs that speak for a person over the API. */
export function addTokenCommands(program: Command, cli: Cli): void {
  const group = addGroup(program, 'token', 'API tokens: create, list, revoke')
  addCreate(group, cli)
  addList(group, cli)
  addRevoke(group, cli)
}

function addCreate(group: Command, cli: Cli): void {
  addCommand(group, 'create <username>', 'make a token that speaks for a person; it is shown once')
    .requiredOption('--name <name>', 'what it is for')
    .option('--scope <right...>', 'rights of the person that it has; else all of them')
    .option('--expires <duration>', 'how long it is good, e.g. 90d; else until revoked', durationMs)
    .addHelpText(
      'after',
      examples(
        'token create ann --name "nightly report" --expires 90d',
        'token create ann --name ci --scope instance.read instance.approve',
      ),
    )
    .action(async (username: string, options: CreateOptions) => {
      const { parseScopes } = await import('../../domain/api-token.ts')
      const scopes = options.scope === undefined ? null : parseScopes(options.scope)
      const { withContext } = await import('../context.ts')
      const { createApiToken } = await import('../../services/access/create-api-token.ts')
      await withContext(cli, async (context) => {
        const { name, expires = null } = options
        const { text, token } = await context.run(createApiToken, { username, name, scopes, ttlMs: expires })
        cli.output.result({ ...token, token: text }, () => text)
        if (cli.output.json) return
        cli.output.note(`The token ${token.id} speaks for ${token.username}; it is not shown again.`)
        cli.output.note('Send it as: Authorization: Bearer TOKEN')
      })
    })
}

function addList(group: Command, cli: Cli): void {
  addCommand(group, 'list [username]', 'list tokens, ended ones too; never their secrets').action(
    async (username: string | undefined) => {
      const { withContext } = await import('../context.ts')
      const { listApiTokens } = await import('../../services/access/list-api-tokens.ts')
      const { renderTokens } = await import('../render-access.ts')
      await withContext(cli, async (context) => {
        const tokens = await context.run(listApiTokens, { username })
        cli.output.result(tokens, () => renderTokens(cli.output, tokens, Date.now()))
      })
    },
  )
}

function addRevoke(group: Command, cli: Cli): void {
  addCommand(group, 'revoke <id>', 'end a token for good, by its id or by all of its text')
    .addHelpText('after', examples('token revoke k3jq2xw7'))
    .action(async (idOrText: string) => {
      const { parseApiToken } = await import('../../domain/api-token.ts')
      const { withContext } = await import('../context.ts')
      const { revokeApiToken } = await import('../../services/access/revoke-api-token.ts')
      await withContext(cli, async (context) => {
        // Whoever finds a token lying about has its text.
        const token = await context.run(revokeApiToken, { id: parseApiToken(idOrText)?.id ?? idOrText })
        cli.output.result(token, () => `The token ${token.id} (${token.name}) of ${token.username} is revoked.`)
      })
    })
}
