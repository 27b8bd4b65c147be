import type { Command } from 'commander'
import { addCommand, type Cli } from '../command.ts'

/** `serve` and `demo`: the two commands that stay. */
export function addServeCommands(program: Command, cli: Cli): void {
  addCommand(program, 'serve', 'run this server: its bots, the gateway and the panel')
    .option('--keep-workers', 'when told to end, leave the bots running for the next serve (an upgrade)')
    .action(async (options: { keepWorkers?: boolean }) => {
      const { serve } = await import('../serve.ts')
      await serve(cli, options)
    })

  addCommand(program, 'demo', 'try it: three bots on a sandboxed Telegram and WhatsApp, with a page to chat in')
    .option('--port <port>', 'port of the chat page; the fake WhatsApp takes the next one', '8090')
    .action(async (options: { port: string }) => {
      const { demo } = await import('../demo.ts')
      await demo(cli, options)
    })
}
