import type { Command } from 'commander'
import type { InstanceView } from '../domain/instance.ts'
import { type Cli, numberAbove } from './command.ts'
import type { Context } from './context.ts'

import type { Goal } from './wait.ts'

export interface WaitOptions {
  readonly wait?: boolean
  /** Seconds. */
  readonly timeout: number
}

/** Adds `--wait` and `--timeout`, which every command that changes a desired state has. */
export function withWaiting(command: Command): Command {
  return command
    .option('--wait', 'follow it until it is observed')
    .option('--timeout <seconds>', 'how long --wait waits', numberAbove(0, 86_400), 60)
}

export interface InstanceChange {
  readonly id: string
  readonly apply: (context: Context) => Promise<unknown>
  /** What to say of it, from the instance as it was just after the change. */
  readonly sentence: (after: InstanceView) => string
  /** What `--wait` waits for; left out: running where that is wished, otherwise stopped. */
  readonly goal?: Goal
  /** It goes to another server: running is what a new worker does there. */
  readonly moves?: boolean
}

/**
 * Writes a change of one instance, says so, and with `--wait` follows it. The change stands as soon as it is said;
 * only the waiting can still fail.
 */
export async function changeInstance(cli: Cli, options: WaitOptions, change: InstanceChange): Promise<void> {
  const { withContext } = await import('./context.ts')
  const { showInstance } = await import('../services/show-instance.ts')
  await withContext(cli, async (context) => {
    const look = () => context.run(showInstance, { id: change.id })
    const before = options.wait === true ? await look() : undefined
    await change.apply(context)
    const after = await look()
    if (!cli.output.json) cli.output.data(change.sentence(after))
    const goal = change.goal ?? goalOf(after, change.moves === true && before?.server_name !== after.server_name)
    const { hintWithoutServer } = await import('./hint-without-server.ts')
    if (goal !== 'stopped' || after.state !== 'stopped') await hintWithoutServer(cli, context, [after])
    const seen = before === undefined ? after : await follow({ cli, options, goal, before, after, look })
    if (cli.output.json) cli.output.result(seen, () => '')
  })
}

function goalOf(view: InstanceView, moved: boolean): Goal {
  if (view.status !== 'approved' || view.desired !== 'running') return 'stopped'
  return moved ? 'restarted' : 'running'
}

interface Follow {
  readonly cli: Cli
  readonly options: WaitOptions
  readonly goal: Goal
  readonly before: InstanceView
  readonly after: InstanceView
  readonly look: () => Promise<InstanceView>
}

async function follow({ options, ...rest }: Follow): Promise<InstanceView> {
  const { waitForState } = await import('./wait.ts')
  const seen = await waitForState({ ...rest, timeoutMs: options.timeout * 1000 })
  const { stateWord } = await import('./instance-words.ts')
  rest.cli.output.note(`${seen.id}: ${stateWord(seen)}`)
  return seen
}
