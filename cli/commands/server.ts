import type { Command } from 'commander'
import { changeInstance, type WaitOptions, withWaiting } from '../change-instance.ts'
import { addCommand, addGroup, type Cli, oneOf } from '../command.ts'

/** `server list`, `server drain`, `server undrain` and `server move`. */
export function addServerCommands(program: Command, cli: Cli): void {
  const group = addGroup(program, 'server', 'the servers of this database: list, drain, undrain, move')

  addCommand(group, 'list', 'list the servers').action(async () => {
    const { withContext } = await import('../context.ts')
    const { listServers } = await import('../../services/list-servers.ts')
    const { renderServers } = await import('../render-servers.ts')
    await withContext(cli, async (context) => {
      const servers = await context.run(listServers, {})
      cli.output.result(servers, () => renderServers(cli.output, servers, Date.now()))
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
