import type { Command } from 'commander'
import { addCommand, type Cli } from '../command.ts'

/** `doctor`: looks at everything this server, or one bot, needs, and says what to do. */
export function addDoctor(program: Command, cli: Cli): void {
  addCommand(program, 'doctor [id]', 'check this server, or one bot, and say what to do').action(
    async (id: string | undefined) => {
      const { examineServer, examineInstance } = await import('../doctor.ts')
      if (id === undefined) await examineServer(cli)
      else await examineInstance(cli, id)
    },
  )
}
