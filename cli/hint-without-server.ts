import type { InstanceView } from '../domain/instance.ts'
import { listServers } from '../services/list-servers.ts'
import type { Cli } from './command.ts'
import type { Context } from './context.ts'

/** Says on stderr which servers would have to act on these instances and are not there, or may not start them. */
export async function hintWithoutServer(
  cli: Cli,
  context: Context,
  views: readonly Pick<InstanceView, 'server_name' | 'desired'>[],
): Promise<void> {
  if (views.length === 0) return
  const servers = await context.run(listServers, {})
  for (const name of new Set(views.map((view) => view.server_name))) {
    const server = servers.find((candidate) => candidate.name === name)
    if (server?.alive !== true) {
      cli.output.note(`Note: no server named ${name} is running; it acts on this once './botfleet serve' runs there.`)
    } else if (server.draining && views.some((view) => view.server_name === name && view.desired === 'running')) {
      cli.output.note(`Note: ${name} is drained; it starts no bots until: ./botfleet server undrain ${name}`)
    }
  }
}
