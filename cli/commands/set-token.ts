import type { Command } from 'commander'
import { changeInstance, type WaitOptions, withWaiting } from '../change-instance.ts'
import { addCommand, type Cli } from '../command.ts'

/** `set-token`: a new token of the same bot, the way out of `token_invalid`. */
export function addSetToken(program: Command, cli: Cli): void {
  withWaiting(addCommand(program, 'set-token <id>', 'give a Telegram bot a new token of the same bot'))
    .option('--token-file <file>', "the token from @BotFather ('-' is stdin); else it is asked for")
    .action(async (id: string, options: WaitOptions & { tokenFile?: string }) => {
      const { readCheckedToken } = await import('../read-checked-token.ts')
      const { setToken } = await import('../../services/set-token.ts')
      const { loadConfig } = await import('../../runtime/config.ts')
      const token = await readCheckedToken(cli, loadConfig(cli.environment, cli.cwd), options.tokenFile)
      await changeInstance(cli, options, {
        id,
        apply: async (context) => context.run(setToken, { id, ...token, keyring: await context.keyring() }),
        sentence: (view) => `${id} has a new token${view.desired === 'running' ? ' and is to start with it' : ''}.`,
      })
    })
}
