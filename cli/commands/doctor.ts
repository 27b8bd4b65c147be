import type { Command } from 'commander'
import { addCommand, type Cli } from '../command.ts'

/** `doctor`: looks at everything this server, or one bot, needs, and says what to do. */
export function addDoctor(program: Command, cli: Cli): void {
  addCommand(program, 'doctor [id]', 'check this server, or one bot, and say what to do').action(
    async (id: string | undefined) => {
      if (id === undefined) {
        const { examineServer } = await import('../doctor.ts')
        await examineServer(cli)
      } else {
        const { examineInstance } = await import('../doctor-instance.ts')
        await examineInstance(cli, id)
      }
    },
  )
}
