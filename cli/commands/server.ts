import type { Command } from 'commander'
import { changeInstance, type WaitOptions, withWaiting } from '../change-instance.ts'
import { addCommand, addGroup, type Cli, oneOf } from '../command.ts'

/** `server list`, `server drain`, `server undrain`, `server move` and `server confirm-clock`. */
export function addServerCommands(program: Command, cli: Cli): void {
  const group = addGroup(program, 'server', 'the servers of this database: list, drain, undrain, move, confirm-clock')

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

  addCommand(group, 'drain <name>', 'start no more bots there; floating bots move to other servers')
    .option(
      '--pinned <what>',
      'what becomes of its pinned bots: stay or stop',
      oneOf(['stay', 'stop'] as const),
      'stay',
    )
    .action(async (name: string, options: { pinned: 'stay' | 'stop' }) => {
      await setDraining(cli, { name, draining: true, pinned: options.pinned })
    })

  addCommand(group, 'undrain <name>', 'let a drained server start bots again').action(async (name: string) => {
    await setDraining(cli, { name, draining: false })
  })

  addCommand(group, 'confirm-clock', "vouch for the database's clock after it jumped: expiry goes on by it")
    .option('--yes', 'also when it differs from the clock of this host')
    .action(async (options: { yes?: boolean }) => {
      const { confirmDatabaseClock } = await import('../confirm-database-clock.ts')
      await confirmDatabaseClock(cli, options)
    })
  addMove(group, cli)
}

function addMove(group: Command, cli: Cli): void {
  withWaiting(addCommand(group, 'move <id>', 'hand a bot over to another server'))
    .requiredOption('--to <server>', 'the server that is to run it')
    .option('--force', 'also to a server that is down, drained or full')
    .action(async (id: string, options: WaitOptions & { to: string; force?: boolean }) => {
      const { moveInstance } = await import('../../services/move-instance.ts')
      await changeInstance(cli, options, {
        id,
        apply: (context) => context.run(moveInstance, { id, to: options.to, force: options.force === true }),
        sentence: (after) =>
          `${id} belongs to ${after.server_name} now: it starts there when its old worker has ended.`,
        moves: true,
      })
    })
}

interface Draining {
  readonly name: string
  readonly draining: boolean
  readonly pinned?: 'stay' | 'stop'
}

async function setDraining(cli: Cli, { name, draining, pinned }: Draining): Promise<void> {
  const { withContext } = await import('../context.ts')
  const { setServerDraining } = await import('../../services/set-server-draining.ts')
  await withContext(cli, async (context) => {
    const server = await context.run(
      setServerDraining,
      pinned === undefined ? { name, draining } : { name, draining, pinned },
    )
    cli.output.result(server, () => (draining ? drainWords(name, pinned) : `${name} starts bots again.`))
  })
}

function drainWords(name: string, pinned: 'stay' | 'stop' | undefined): string {
  const fate = pinned === 'stop' ? 'its pinned bots are stopped' : 'its pinned bots go on'
  return `${name} starts no more bots; floating ones move to other servers with room, ${fate}.`
}
