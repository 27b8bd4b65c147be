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
    await setDraining(cli, name, true)
  })

  addCommand(group, 'undrain <name>', 'let a drained server start bots again').action(async (name: string) => {
    await setDraining(cli, name, false)
  })
}

async function setDraining(cli: Cli, name: string, draining: boolean): Promise<void> {
  const { withContext } = await import('../context.ts')
  const { setServerDraining } = await import('../../services/set-server-draining.ts')
  await withContext(cli, async (context) => {
    const server = await context.run(setServerDraining, { name, draining })
    cli.output.result(server, () =>
      draining ? `${name} starts no more bots; those that run go on.` : `${name} starts bots again.`,
    )
  })
}
