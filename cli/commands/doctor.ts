import type { Command } from 'commander'
import { addCommand, type Cli, examples } from '../command.ts'

/** `doctor`: looks at everything this server, one bot, the stock or the ledger needs, and says what to do. */
export function addDoctor(program: Command, cli: Cli): void {
  addCommand(program, 'doctor [id]', 'check this server, one bot, the stock or the ledger')
    .addHelpText('after', examples('doctor', 'doctor bot-abc123', 'doctor ledger'))
    .action(async (id: string | undefined) => {
      if (id === undefined) {
        const { examineServer } = await import('../doctor.ts')
        await examineServer(cli)
      } else if (id === 'stock') {
        const { examineShelf } = await import('../doctor-stock.ts')
        await examineShelf(cli)
      } else if (id === 'ledger') {
        const { examineLedger } = await import('../doctor-ledger.ts')
        await examineLedger(cli)
      } else {
        const { examineInstance } = await import('../doctor-instance.ts')
        await examineInstance(cli, id)
      }
    })
}
