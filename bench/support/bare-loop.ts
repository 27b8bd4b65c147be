/** The floor of starting: a bare loop in a process of its own, running the very bundle and flags of our workers. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { BareLoopStart, BareLoopWork } from '../programs/bare-loop.ts'
import { bareIdentityOf } from './bare-identity.ts'
import type { Bench } from './bench.ts'
import { Child } from './child.ts'
import type { Launch } from './processes.ts'
import { type SandboxBot, SandboxClient } from './sandbox-client.ts'

const program = join(import.meta.dirname, '..', 'programs', 'bare-loop.ts')

export interface BareLoop {
  readonly sandbox: SandboxClient
  readonly bots: readonly SandboxBot[]
  /** When the loop's own process was spawned. */
  readonly startedAtMs: number
  /** The newest pid of a bot's worker. */
  readonly pidOf: (index: number) => number
  /** When that worker was spawned, as `Date.now()`. */
  readonly spawnedAtMs: (index: number) => number
}

export interface BareLoopOptions {
  readonly how: BareLoopWork['how']
  readonly bots: number
  readonly launch: Launch
}

/** Runs a bare loop with bots of its own, lets it be used, and ends everything of it whatever happens. */
export async function useBareLoop<T>(
  bench: Bench,
  options: BareLoopOptions,
  work: (loop: BareLoop) => Promise<T>,
): Promise<T> {
  const sandbox = await SandboxClient.start(bench.signal)
  const folder = bench.makeFolder()
  let child: Child | undefined
  try {
    const bots = await sandbox.addBots(options.bots)
    const socket = join(folder, 'gw.sock')
    const { command, args, environment } = options.launch
    const identities = bots.map((bot, index) => bareIdentityOf(bot, { index, socket, api: sandbox.url }))
    const started = new Child({ command: process.execPath, args: [program], signal: bench.signal })
    child = started
    started.say(JSON.stringify({ how: options.how, command, args, environment, socket, identities }))
    return await work({
      sandbox,
      bots,
      startedAtMs: started.startedAtMs,
      pidOf: (index) => newestStart(started, index).pid,
      spawnedAtMs: (index) => newestStart(started, index).spawnedAtMs,
    })
  } finally {
    await child?.close()
    await sandbox.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

function newestStart(child: Child, index: number): BareLoopStart {
  const starts = child.lines.map((line) => JSON.parse(line) as BareLoopStart)
  const newest = starts.findLast((start) => start.index === index)
  if (newest === undefined) throw new Error(`the bare loop has not started worker ${index}`)
  return newest
}
