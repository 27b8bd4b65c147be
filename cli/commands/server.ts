import type { Command } from 'commander'
import { addCommand, addGroup, type Cli } from '../command.ts'

/** `server list`, `server drain` and `server undrain`. */
export function addServerCommands(program: Command, cli: Cli): void {
  const group = addGroup(program, 'server', 'the servers of this database: list, drain, undrain')

  addCommand(group, 'list', 'list the servers').action(async () => {
    const { withContext } = await import('../context.ts')
    const { listServers } = await import('../../services/list-servers.ts')
    const { renderServers } = await import('../render-servers.ts')
    await withContext(cli, async (context) => {
      const servers = await context.run(listServers, {})
      cli.output.result(servers, () => renderServers(cli.output, servers, Date.now()))
    })
  })

  addCommand(group, 'drain <name>', 'let a server start no more bots').action(async (name: string) => {
    const { withContext } = await import('../context.ts')
    const { drainServer } = await import('../../services/drain-server.ts')
    await withContext(cli, async (context) => {
      const server = await context.run(drainServer, { name })
      cli.output.result(server, () => `${name} starts no more bots; those that run go on.`)
    })
  })

  addCommand(group, 'undrain <name>', 'let a drained server start bots again').action(async (name: string) => {
    const { withContext } = await import('../context.ts')
    const { undrainServer } = await import('../../services/undrain-server.ts')
    await withContext(cli, async (context) => {
      const server = await context.run(undrainServer, { name })
      cli.output.result(server, () => `${name} starts bots again.`)
    })
  })
}
