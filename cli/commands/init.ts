import type { Command } from 'commander'
import { addCommand, type Cli } from '../command.ts'

/** `init`: writes a commented `.env` of mode 0600 into the working directory. */
export function addInit(program: Command, cli: Cli): void {
  addCommand(program, 'init', 'write a commented .env into this folder')
    .option('--force', 'replace an existing .env')
    .action(async (options: { force?: boolean }) => {
      const { writeDotEnv } = await import('../write-dot-env.ts')
      const path = await writeDotEnv({ directory: cli.cwd, force: options.force === true })
      cli.output.result({ path }, () => `Wrote ${path}, readable by you alone. Everything in it is optional.`)
      if (!cli.output.json) cli.output.note('Next: ./botfleet doctor, then ./botfleet create --help')
    })
}
