/** One fleet of a run: Telegram bots, a sandbox before them, and the servers that run them. */
import type { Placement } from '../../domain/instance.ts'
import { createInstance } from '../../services/create-instance.ts'
import type { Bench } from './bench.ts'
import { type SandboxBot, SandboxClient } from './sandbox-client.ts'
import { actor, type Bot, Servers } from './servers.ts'

export interface FleetBot extends SandboxBot, Bot {}

export interface FleetOptions {
  readonly bots: number
  /** Left out: approved before any server starts. */
  readonly approved?: boolean
  readonly placement?: Placement
  readonly server?: string
}

export class Fleet {
  readonly sandbox: SandboxClient
  readonly bots: readonly FleetBot[]
  readonly servers: Servers

  private constructor(sandbox: SandboxClient, bots: readonly FleetBot[], servers: Servers) {
    this.sandbox = sandbox
    this.bots = bots
    this.servers = servers
  }

  /** Makes a fleet, lets it be used, and ends everything of it whatever happens. */
  static async use<T>(bench: Bench, options: FleetOptions, work: (fleet: Fleet) => Promise<T>): Promise<T> {
    bench.signal.throwIfAborted()
    const sandbox = await SandboxClient.start(bench.signal)
    try {
      return await Servers.use(bench, { TELEGRAM_API_ROOT: sandbox.url }, async (servers) =>
        work(new Fleet(sandbox, await registerBots(servers, sandbox, options), servers)),
      )
    } finally {
      await sandbox.stop()
    }
  }
}

async function registerBots(servers: Servers, sandbox: SandboxClient, options: FleetOptions): Promise<FleetBot[]> {
  const { approved = true, server = 'server1', placement } = options
  const bots: FleetBot[] = []
  for (const { botId, token } of await sandbox.addBots(options.bots)) {
    const { id } = await servers.database.transaction((tx) =>
      createInstance(tx, actor, {
        platform: 'telegram',
        name: `Bench ${botId}`,
        server,
        placement,
        token,
        keyring: servers.keyring,
        verified: { username: `bench_${botId}_bot` },
      }),
    )
    const bot = { id, botId, token }
    if (approved) await servers.approve(bot)
    bots.push(bot)
  }
  return bots
}
