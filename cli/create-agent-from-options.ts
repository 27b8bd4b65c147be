import { Failure } from '../domain/failure.ts'
import { agentIdOf, parseAgent } from '../domain/tenant.ts'
import { loadConfig } from '../runtime/config.ts'
import { createAgent } from '../services/agents/create-agent.ts'
import { changeAgent } from './change-agent.ts'
import type { Cli } from './command.ts'
import type { CreateAgentOptions } from './commands/agent.ts'
import { periodFrom } from './period-options.ts'
import { readCheckedToken } from './read-checked-token.ts'

/**
 * Makes an agent with its bot. What a person must give is read and checked before the database is opened. Prints the id
 * of the agent alone, so that `agent=$(./botfleet agent create ...)` works; the rest goes to stderr.
 */
export async function createAgentFromOptions(
  cli: Cli,
  agent: string | undefined,
  options: CreateAgentOptions,
): Promise<void> {
  const id = agent === undefined ? undefined : agentIdOf(parseAgent(agent))
  const config = loadConfig(cli.environment, cli.cwd)
  const approve = approvalFrom(config, options)
  if (options.platform === 'whatsapp' && options.tokenFile !== undefined) {
    throw new Failure('usage', 'a WhatsApp bot has no token: leave out --token-file')
  }
  if (options.platform === 'whatsapp' && options.phone === undefined) {
    throw new Failure('usage', 'a WhatsApp bot needs its number: --phone +491701234567')
  }
  const checked = options.platform === 'telegram' ? await readCheckedToken(cli, config, options.tokenFile) : {}
  await changeAgent(cli, options, {
    tenant: undefined,
    apply: async (context) => {
      const { platform, name, owner, phone, placement } = options
      const made = await context.run(createAgent, {
        id,
        platform,
        name,
        owner,
        phone,
        placement,
        server: options.server ?? config.settings.SERVERNAME,
        keyring: await context.keyring(),
        ...checked,
        approve,
      })
      return made.agent
    },
    say: ({ id: made, instances }) => {
      const bot = instances[0]?.id ?? ''
      const next = approve === undefined ? [`It runs once approved: ./botfleet approve ${bot} --months 1`] : []
      const owners = options.owner !== undefined ? [] : [`Nobody owns it yet: ./botfleet agent owner claim ${made}`]
      return { data: made, notes: [`Added with its bot ${bot}.`, ...next, ...owners] }
    },
  })
}

function approvalFrom(config: ReturnType<typeof loadConfig>, options: CreateAgentOptions) {
  const { months } = options
  if (months !== undefined) return periodFrom(config, { ...options, months })
  if (options.price === undefined && options.payment === undefined) return undefined
  throw new Failure('usage', 'what was paid is kept with the months that it bought: --months')
}
