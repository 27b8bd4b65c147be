import type { Command } from 'commander'
import { addCommand, addGroup, type Cli } from '../command.ts'

/** `server list`, `server drain`, `server undrain` and `server confirm-clock`. */
export function addServerCommands(program: Command, cli: Cli): void {
  const group = addGroup(program, 'server', 'the servers of this database: list, drain, undrain, confirm-clock')

  addCommand(group, 'list', 'list the servers').action(async () => {
    const { withContext } = await import('../context.ts')
    const { listServers } = await import('../../services/list-servers.ts')
    const { readExpiryPause } = await import('../../services/read-expiry-pause.ts')
    const { renderServers } = await import('../render-servers.ts')
    const { renderPause } = await import('../render-clock.ts')
    await withContext(cli, async (context) => {
      const servers = await context.run(listServers, {})
      const { pause } = await context.run(readExpiryPause, {})
      const shown = servers.map((server) => ({ ...server, expiry_paused: pause !== null }))
      cli.output.result(shown, () => {
        const table = renderServers(cli.output, servers, Date.now())
        return pause === null ? table : `${table}\n\n${renderPause(cli.output, pause)}`
      })
    })
  })

  addCommand(group, 'drain <name>', 'let a server start no more bots').action(async (name: string) => {
    await setDraining(cli, name, true)
  })

  addCommand(group, 'undrain <name>', 'let a drained server start bots again').action(async (name: string) => {
    await setDraining(cli, name, false)
  })

  addCommand(group, 'confirm-clock', "vouch for the database's clock after it jumped: expiry goes on by it")
    .option('--yes', 'also when it differs from the clock of this host')
    .action(async (options: { yes?: boolean }) => {
      const { confirmDatabaseClock } = await import('../confirm-database-clock.ts')
      await confirmDatabaseClock(cli, options)
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
