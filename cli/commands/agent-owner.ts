import type { Command } from 'commander'
import { type Platform, platforms } from '../../domain/instance.ts'
import { parseAgent } from '../../domain/tenant.ts'
import { addCommand, addGroup, type Cli, examples, oneOf } from '../command.ts'

interface PlatformOption {
  platform: Platform
}

/** `agent owner add|remove|list|claim`: the people who own an agent's shop. */
export function addOwnerCommands(agentGroup: Command, cli: Cli): void {
  const group = addGroup(agentGroup, 'owner', "the owners of an agent's shop: add, remove, list, claim")
  addOwnerAdd(group, cli)
  addOwnerRemove(group, cli)
  addOwnerList(group, cli)
  addOwnerClaim(group, cli)
}

function withPlatform(command: Command): Command {
  return command.option('--platform <platform>', platforms.join(' or '), oneOf(platforms), 'telegram')
}

function addOwnerAdd(group: Command, cli: Cli): void {
  withPlatform(addCommand(group, 'add <agent> <user-id>', 'make a chat identity an owner'))
    .addHelpText('after', examples('agent owner add agent001 123456789'))
    .action(async (agent: string, platformUserId: string, { platform }: PlatformOption) => {
      const tenant = parseAgent(agent)
      const { withContext } = await import('../context.ts')
      const { addOwner } = await import('../../services/agents/add-owner.ts')
      await withContext(cli, async (context) => {
        const owners = await context.run(addOwner, { tenant, platform, platformUserId })
        cli.output.result(owners, () => `${platform} ${platformUserId} owns ${agent}.`)
      })
    })
}

function addOwnerRemove(group: Command, cli: Cli): void {
  withPlatform(addCommand(group, 'remove <agent> <user-id>', 'take an owner away')).action(
    async (agent: string, platformUserId: string, { platform }: PlatformOption) => {
      const tenant = parseAgent(agent)
      const { withContext } = await import('../context.ts')
      const { removeOwner } = await import('../../services/agents/remove-owner.ts')
      await withContext(cli, async (context) => {
        const owners = await context.run(removeOwner, { tenant, platform, platformUserId })
        cli.output.result(owners, () => `${platform} ${platformUserId} owns ${agent} no more.`)
      })
    },
  )
}

function addOwnerList(group: Command, cli: Cli): void {
  addCommand(group, 'list <agent>', 'list the owners').action(async (agent: string) => {
    const tenant = parseAgent(agent)
    const { withContext } = await import('../context.ts')
    const { listOwners } = await import('../../services/agents/list-owners.ts')
    const { renderOwners } = await import('../render-agents.ts')
    await withContext(cli, async (context) => {
      const owners = await context.run(listOwners, { tenant })
      cli.output.result(owners, () => renderOwners(cli.output, owners))
    })
  })
}

function addOwnerClaim(group: Command, cli: Cli): void {
  addCommand(group, 'claim <agent>', 'make a one-time link that makes whoever opens it an owner').action(
    async (agent: string) => {
      const tenant = parseAgent(agent)
      const { withContext } = await import('../context.ts')
      const { createClaimLink } = await import('../../services/agents/create-claim-link.ts')
      const { formatRelative } = await import('../format.ts')
      await withContext(cli, async (context) => {
        const { link, message, expiresAt } = await context.run(createClaimLink, { tenant })
        cli.output.result({ tenant, link, message, expires_at: expiresAt }, () => link ?? message)
        if (cli.output.json) return
        const how = link === null ? `Send this line to a bot of ${agent}` : 'Open this link in Telegram'
        cli.output.note(`${how}; it works once and ends ${formatRelative(expiresAt, Date.now())}.`)
      })
    },
  )
}
