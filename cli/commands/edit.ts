import type { Command } from 'commander'
import { Failure } from '../../domain/failure.ts'
import { type Placement, placements } from '../../domain/instance.ts'
import { addCommand, type Cli, numberAbove, oneOf, wholeNumber } from '../command.ts'

interface EditOptions {
  name?: string
  owner?: string
  phone?: string
  placement?: Placement
  rateLimitRps?: number
  maxConcurrent?: number
}

/** `edit`: changes what a bot is called, whose it is, where it may run and how fast it may send. */
export function addEdit(program: Command, cli: Cli): void {
  addCommand(program, 'edit <id>', 'change name, owner, number, placement or limits')
    .option('--name <name>', 'what people call it')
    .option('--owner <user-id>', "the owner's id on the platform")
    .option('--phone <number>', 'WhatsApp: the number as +491701234567')
    .option('--placement <placement>', 'pinned: its own server only; floating: any', oneOf(placements))
    .option('--rate-limit-rps <number>', 'requests a second beyond direct answers, up to 30', numberAbove(0, 30))
    .option('--max-concurrent <count>', 'requests at once beyond direct answers', wholeNumber(1, 100))
    .action(async (id: string, options: EditOptions) => {
      const changes = Object.entries(options).filter(([name, value]) => name !== 'json' && value !== undefined)
      if (changes.length === 0) throw new Failure('usage', 'nothing to change: see ./botfleet edit --help')
      const { withContext } = await import('../context.ts')
      const { editInstance } = await import('../../services/edit-instance.ts')
      const { name, owner, phone, placement, rateLimitRps, maxConcurrent } = options
      await withContext(cli, async (context) => {
        const view = await context.run(editInstance, {
          id,
          name,
          owner,
          phone,
          placement,
          rateLimitRps,
          maxConcurrentRequests: maxConcurrent,
        })
        cli.output.result(view, () => `${id} is changed.`)
      })
    })
}
