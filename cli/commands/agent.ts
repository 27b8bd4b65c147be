import type { Command } from 'commander'
import { agentStatuses } from '../../domain/agent.ts'
import { type Placement, type Platform, placements, platforms } from '../../domain/instance.ts'
import { parseFixedMarkup, parsePercent } from '../../domain/markup.ts'
import { parseAgent } from '../../domain/tenant.ts'
import { type WaitOptions, withWaiting } from '../change-instance.ts'
import { addCommand, addGroup, type Cli, examples, months, oneOf } from '../command.ts'
import { currency, type PaymentOptions, withPayment } from '../period-options.ts'
import { addOwnerCommands } from './agent-owner.ts'
import { addSettingsCommands } from './agent-settings.ts'

export interface CreateAgentOptions extends WaitOptions, PaymentOptions {
  name: string
  platform: Platform
  tokenFile?: string
  phone?: string
  owner?: string
  server?: string
  placement: Placement
  months?: number
}

/** `agent create|list|show|pause|resume|pricing`, `agent owner ...` and `agent settings ...`. */
export function addAgentCommands(program: Command, cli: Cli): void {
  const group = addGroup(program, 'agent', 'resellers: create, list, show, pause, resume, pricing, owner, settings')
  addAgentCreate(group, cli)
  addAgentList(group, cli)
  addAgentShow(group, cli)
  addAgentPause(group, cli)
  addAgentResume(group, cli)
  addAgentPricing(group, cli)
  addOwnerCommands(group, cli)
  addSettingsCommands(group, cli)
}

function addAgentCreate(group: Command, cli: Cli): void {
  withPayment(withWaiting(addCommand(group, 'create [agent]', 'add an agent with its bot; without an id it gets one')))
    .requiredOption('--name <name>', 'what people call it')
    .option('--token-file <file>', "Telegram: the token from @BotFather ('-' is stdin); else it is asked for")
    .option('--platform <platform>', platforms.join(' or '), oneOf(platforms), 'telegram')
    .option('--phone <number>', 'WhatsApp: the number as +491701234567')
    .option('--owner <user-id>', "the owner's id on the platform; more by: agent owner add")
    .option('--months <count>', 'approve it at once for 1, 2, 3, 6 or 12 months', months)
    .option('--server <name>', 'the server that runs its bot; default: SERVERNAME')
    .option('--placement <placement>', 'pinned: its own server only; floating: any', oneOf(placements), 'pinned')
    .addHelpText('after', examples('agent create agent001 --name Shop --token-file token.txt --months 1'))
    .action(async (agent: string | undefined, options: CreateAgentOptions) => {
      const { createAgentFromOptions } = await import('../create-agent-from-options.ts')
      await createAgentFromOptions(cli, agent, options)
    })
}

function addAgentList(group: Command, cli: Cli): void {
  addCommand(group, 'list', 'list the agents with bots, customers and sales')
    .option('--status <status>', agentStatuses.join(' or '), oneOf(agentStatuses))
    .action(async (options: { status?: 'active' | 'paused' }) => {
      const { withContext } = await import('../context.ts')
      const { listAgents } = await import('../../services/agents/list-agents.ts')
      const { renderAgents } = await import('../render-agents.ts')
      await withContext(cli, async (context) => {
        const agents = await context.run(listAgents, { status: options.status })
        cli.output.result(agents, () => renderAgents(cli.output, agents))
      })
    })
}

function addAgentShow(group: Command, cli: Cli): void {
  addCommand(group, 'show <agent>', 'everything about one agent').action(async (agent: string) => {
    const tenant = parseAgent(agent)
    const { withContext } = await import('../context.ts')
    const { showAgent } = await import('../../services/agents/show-agent.ts')
    const { renderAgent } = await import('../render-agents.ts')
    await withContext(cli, async (context) => {
      const view = await context.run(showAgent, { tenant })
      cli.output.result(view, () => renderAgent(cli.output, view, Date.now()))
    })
  })
}

function addAgentPause(group: Command, cli: Cli): void {
  withWaiting(addCommand(group, 'pause <agent>', 'stop its bots and sell nothing until it resumes')).action(
    async (agent: string, options: WaitOptions) => {
      const tenant = parseAgent(agent)
      const { changeAgent } = await import('../change-agent.ts')
      const { pauseAgent } = await import('../../services/agents/pause-agent.ts')
      await changeAgent(cli, options, {
        tenant,
        apply: (context) => context.run(pauseAgent, { tenant }),
        say: ({ id }) => ({ data: `${id} is paused. ./botfleet agent resume ${id} brings it back.`, notes: [] }),
      })
    },
  )
}

function addAgentResume(group: Command, cli: Cli): void {
  withWaiting(addCommand(group, 'resume <agent>', 'sell again, and start the bots that pausing stopped')).action(
    async (agent: string, options: WaitOptions) => {
      const tenant = parseAgent(agent)
      const { changeAgent } = await import('../change-agent.ts')
      const { resumeAgent } = await import('../../services/agents/resume-agent.ts')
      await changeAgent(cli, options, {
        tenant,
        apply: (context) => context.run(resumeAgent, { tenant }),
        say: ({ id }) => ({ data: `${id} is active.`, notes: [] }),
      })
    },
  )
}

function addAgentPricing(group: Command, cli: Cli): void {
  const kinds = ['percent', 'fixed'] as const
  addCommand(group, 'pricing <agent>', "set what it adds to the master's prices from now on")
    .argument('<percent|fixed>', 'of the price, or an amount for each item', oneOf(kinds))
    .argument('<value>', 'such as 10, 2.5 or 0.05')
    .option('--currency <currency>', 'the currency of a fixed markup', currency, 'USDT')
    .addHelpText('after', examples('agent pricing agent001 percent 10', 'agent pricing agent001 fixed 0.05'))
    .action(async (agent: string, kind: 'percent' | 'fixed', value: string, options: PaymentOptions) => {
      const tenant = parseAgent(agent)
      const markup =
        kind === 'percent'
          ? { kind, hundredths: parsePercent(value) }
          : { kind, amount: parseFixedMarkup(value, options.currency), currency: options.currency }
      const { withContext } = await import('../context.ts')
      const { setMarkup } = await import('../../services/agents/set-markup.ts')
      const { markupWords } = await import('../../domain/markup.ts')
      await withContext(cli, async (context) => {
        const shop = await context.run(setMarkup, { tenant, markup })
        cli.output.result(shop, () => `${agent} adds ${markupWords(shop.markup)} to every order from now on.`)
      })
    })
}
