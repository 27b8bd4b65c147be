import type { Command } from 'commander'
import { type Placement, type Platform, placements, platforms } from '../../domain/instance.ts'
import { addCommand, type Cli, oneOf, tenantOf, tenantWords } from '../command.ts'

export interface CreateOptions {
  platform: Platform
  name: string
  tenant?: string
  tokenFile?: string
  phone?: string
  owner?: string
  server?: string
  placement: Placement
  mtprotoFile?: string
}

/** `create`: registers a bot; it runs once it is approved. */
export function addCreate(program: Command, cli: Cli): void {
  addCommand(program, 'create', 'register a bot; it runs once approved')
    .requiredOption('--platform <platform>', platforms.join(' or '), oneOf(platforms))
    .requiredOption('--name <name>', 'what people call it')
    .option('--token-file <file>', "Telegram: the token from @BotFather ('-' is stdin); else it is asked for")
    .option('--phone <number>', 'WhatsApp: the number with its country code, +491701234567')
    .option('--tenant <tenant>', `${tenantWords}, made when missing`, tenantOf, 'master')
    .option('--owner <user-id>', "the owner's id on the platform")
    .option('--server <name>', 'the server that runs it; default: SERVERNAME')
    .option('--placement <placement>', 'pinned: its own server only; floating: any', oneOf(placements), 'pinned')
    .option('--mtproto-file <file>', 'JSON with api_id, api_hash, phone, session_string; kept sealed')
    .action(async (options: CreateOptions) => {
      const { createFromOptions } = await import('../create-from-options.ts')
      await createFromOptions(cli, options)
    })
}
