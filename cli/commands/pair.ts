import type { Command } from 'commander'
import { addCommand, type Cli, numberAbove } from '../command.ts'

export interface PairOptions {
  readonly qr?: boolean
  readonly again?: boolean
  readonly newDevice?: boolean
  readonly wait: boolean
  /** Seconds. */
  readonly timeout?: number
}

/** `pair`: links a WhatsApp bot to its phone. */
export function addPair(program: Command, cli: Cli): void {
  addCommand(program, 'pair <id>', 'link a WhatsApp bot to its phone')
    .option('--qr', 'by a QR code in the terminal, not by a code to type')
    .option('--again', 'a new code, though one is open')
    .option('--new-device', 'drop the link that is kept, and link anew')
    .option('--no-wait', 'ask, and do not follow it')
    .option('--timeout <seconds>', 'how long it is followed; default: until the request ends', numberAbove(0, 86_400))
    .addHelpText('after', '\nWith --json it ends with the first code (or qr), issued_at and expires_at.')
    .action(async (id: string, options: PairOptions) => {
      const { pair } = await import('../pair.ts')
      await pair(cli, id, options)
    })
}
