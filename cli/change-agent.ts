import type { AgentView } from '../domain/agent.ts'
import type { InstanceView } from '../domain/instance.ts'
import { listInstances } from '../services/list-instances.ts'
import type { WaitOptions } from './change-instance.ts'
import type { Cli } from './command.ts'
import { type Context, withContext } from './context.ts'
import { hintWithoutServer } from './hint-without-server.ts'
import { stateWord } from './instance-words.ts'
import { waitForState } from './wait.ts'

export interface AgentChange {
  /** Undefined where the change makes the agent. */
  readonly tenant: string | undefined
  readonly apply: (context: Context) => Promise<AgentView>
  /** What to print of it, and what to say besides. */
  readonly say: (after: AgentView) => { readonly data: string; readonly notes: readonly string[] }
}

/**
 * Writes a change of an agent and its bots, says so, and with `--wait` follows every bot whose wish it changed until that
 * is observed. The change stands as soon as it is said; only the waiting can still fail.
 */
export async function changeAgent(cli: Cli, options: WaitOptions, change: AgentChange): Promise<void> {
  await withContext(cli, async (context) => {
    const botsOf = (tenant: string) => context.run(listInstances, { tenant })
    const before = change.tenant === undefined ? [] : await botsOf(change.tenant)
    const agent = await change.apply(context)
    const after = await botsOf(agent.tenant)
    const { data, notes } = change.say(agent)
    if (!cli.output.json) {
      cli.output.data(data)
      for (const note of notes) cli.output.note(note)
    }
    const changed = after.filter((bot) => wishOf(bot) !== wishOf(before.find(({ id }) => id === bot.id)))
    await hintWithoutServer(cli, context, changed)
    if (options.wait === true) await followAll(cli, context, { changed, before, timeoutMs: options.timeout * 1000 })
    if (!cli.output.json) return
    const { showAgent } = await import('../services/agents/show-agent.ts')
    cli.output.result(await context.run(showAgent, { tenant: agent.tenant }), () => '')
  })
}

function wishOf(bot: InstanceView | undefined): 'running' | 'stopped' {
  return bot?.status === 'approved' && bot.desired === 'running' ? 'running' : 'stopped'
}

async function followAll(
  cli: Cli,
  context: Context,
  { changed, before, timeoutMs }: { changed: InstanceView[]; before: InstanceView[]; timeoutMs: number },
): Promise<void> {
  const { showInstance } = await import('../services/show-instance.ts')
  for (const bot of changed) {
    const seen = await waitForState({
      cli,
      goal: wishOf(bot),
      timeoutMs,
      before: before.find(({ id }) => id === bot.id) ?? bot,
      after: bot,
      look: () => context.run(showInstance, { id: bot.id }),
    })
    cli.output.note(`${seen.id}: ${stateWord(seen)}`)
  }
}
