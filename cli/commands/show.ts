import type { Command } from 'commander'
import { addCommand, type Cli } from '../command.ts'

const eventsShown = 8

/** `show`: everything about one bot. */
export function addShow(program: Command, cli: Cli): void {
  addCommand(program, 'show <id>', 'everything about one bot').action(async (id: string) => {
    const { withContext } = await import('../context.ts')
    const { showInstance } = await import('../../services/show-instance.ts')
    const { listInstanceEvents } = await import('../../services/list-instance-events.ts')
    const { showPairing } = await import('../../services/whatsapp/show-pairing.ts')
    const { renderInstance } = await import('../render-show.ts')
    const { linkOf } = await import('../pair.ts')
    const { listPeriods } = await import('../../services/list-periods.ts')
    const { renderEvents, renderPeriods } = await import('../render-history.ts')
    await withContext(cli, async (context) => {
      const view = await context.run(showInstance, { id })
      const periods = await context.run(listPeriods, { id })
      if (cli.output.json) {
        const link = view.platform === 'whatsapp' ? await context.run(showPairing, { id }) : undefined
        cli.output.result({ ...view, ...(link === undefined ? {} : { pairing: link }), periods }, () => '')
        return
      }
      const events = await context.run(listInstanceEvents, { id, limit: eventsShown })
      cli.output.data(renderInstance(cli.output, view, Date.now(), await linkOf(context, view)))
      if (periods.length > 0) cli.output.data(`\n${renderPeriods(cli.output, periods)}`)
      if (events.length > 0) cli.output.data(`\n${renderEvents(cli.output, events)}`)
    })
  })
}
