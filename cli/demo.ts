/**
 * `botfleet demo`: the sandboxed Telegram, a server of its own, a master bot and an agent's bot that answer. The
 * server is named `demo`, so that it touches no other server's bots; starting it again finds them.
 */
import type { Tx } from '../db/transaction.ts'
import type { Failure } from '../domain/failure.ts'
import { type InstanceView, restingStates } from '../domain/instance.ts'
import { agentIdOf, masterTenant } from '../domain/tenant.ts'
import { type Config, loadConfig } from '../runtime/config.ts'
import { startSandbox } from '../sandbox/start-sandbox.ts'
import { createAgent } from '../services/agents/create-agent.ts'
import { approveInstance } from '../services/approve-instance.ts'
import { createInstance } from '../services/create-instance.ts'
import { listInstances } from '../services/list-instances.ts'
import { renewInstance } from '../services/renew-instance.ts'
import type { Cli } from './command.ts'
import { addPeople, type DemoPeople, openShop } from './demo-shop.ts'
import { createServerLog } from './server-log.ts'
import { type RunningServer, startServer } from './start-server.ts'

interface DemoBot {
  readonly token: string
  readonly name: string
  readonly username: string
  readonly tenant: string
}

/** Tokens that no Telegram server would ever give out. */
const master: DemoBot = {
  token: '1000001:demo-master-bot-not-a-real-token',
  name: 'Demo Shop',
  username: 'demo_shop_bot',
  tenant: masterTenant,
}
const agent: DemoBot = {
  token: '1000002:demo-agent-bot-not-a-real-token',
  name: 'Ada’s Shop',
  username: 'ada_shop_bot',
  tenant: 'agent:ada',
}
const bots = [master, agent]

/** Starts the demo and stays until it is told to end. */
export async function demo(cli: Cli, options: { port: string }): Promise<void> {
  cli.output.note('Starting Postgres, a sandboxed Telegram and a server ...')
  const told = new Promise<undefined>((resolve) => {
    cli.signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
  const sandbox = await startSandbox({ port: Number(options.port) })
  try {
    for (const bot of bots) sandbox.createBot(bot)
    const people = addPeople(sandbox)
    const config = demoConfig(cli, sandbox.apiRoot)
    const log = createServerLog(process.stderr, {
      level: cli.environment['LOG_LEVEL'] ?? 'warn',
      name: 'botfleet demo',
    })
    let giveUp: (failure: Failure) => void = () => {}
    const givenUp = new Promise<Failure>((resolve) => {
      giveUp = resolve
    })
    const running = await startServer({ config, log, terminal: undefined, onGivenUp: giveUp })
    try {
      const ids = await approveBots(running, config)
      await openShop(running, { agent: agent.tenant, people })
      await untilRunning(cli, running, ids)
      if (!cli.signal.aborted) welcome(cli, sandbox.url, { ids, people })
      const failure = await Promise.race([givenUp, told])
      if (failure !== undefined) throw failure
    } finally {
      cli.output.note('Stopping ...')
      await running.stop()
    }
  } finally {
    await sandbox.stop()
  }
  process.exitCode = 0
}

/** The demo's own settings: its own server name and the sandbox as Telegram, whatever `.env` says. */
function demoConfig(cli: Cli, apiRoot: string): Config {
  return loadConfig(
    {
      PORT: '0',
      ...cli.environment,
      SERVERNAME: 'demo',
      TELEGRAM_API_ROOT: apiRoot,
      BOT_TOKEN: '',
      DATABASE_URL: '',
      DATABASE_URL_FILE: '',
    },
    cli.cwd,
  )
}

/** Registers and approves the two bots; a second demo finds them and renews what has run out. */
async function approveBots(running: RunningServer, config: Config): Promise<string[]> {
  const { database, actor } = running
  const { DAYS_PER_MONTH: daysPerMonth, WORKER_PORT_BASE: portBase, WORKER_PORT_COUNT: portCount } = config.settings
  const known = await listInstances(database, actor, { server: 'demo' })
  const ids: string[] = []
  for (const bot of bots) {
    const botId = bot.token.split(':')[0]
    const existing = known.find((instance) => instance.bot_id === botId)
    const id = await database.transaction(async (tx) => {
      const instance = existing ?? (await createBot(tx, running, bot))
      const period = { id: instance.id, months: 1, daysPerMonth, portBase, portCount }
      if (instance.status === 'new') await approveInstance(tx, actor, period)
      if (instance.status === 'expired') await renewInstance(tx, actor, period)
      return instance.id
    })
    ids.push(id)
  }
  return ids
}

async function createBot(tx: Tx, { actor, keyring }: RunningServer, bot: DemoBot): Promise<InstanceView> {
  const { token, name, username, tenant } = bot
  const given = {
    platform: 'telegram',
    server: 'demo',
    name,
    token,
    keyring: keyring(),
    verified: { username },
  } as const
  if (tenant === masterTenant) return createInstance(tx, actor, { ...given, tenant })
  return (await createAgent(tx, actor, { ...given, id: agentIdOf(tenant) })).instance
}

/** Waits for all of them; of one that waits for a person it is said why, once. */
async function untilRunning(cli: Cli, running: RunningServer, ids: readonly string[]): Promise<void> {
  let told = ''
  while (!cli.signal.aborted) {
    const instances = await listInstances(running.database, running.actor, { server: 'demo' })
    const mine = instances.filter(({ id }) => ids.includes(id))
    if (mine.length === ids.length && mine.every(({ state }) => state === 'running')) return
    const trouble = mine
      .filter(({ state }) => restingStates.includes(state))
      .map(({ id, name, state, last_error }) => `${name} (${id}) does not run yet: ${last_error ?? state}`)
      .join('\n')
    if (trouble !== '' && trouble !== told) cli.output.note(trouble)
    told = trouble
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

function welcome(cli: Cli, chatUrl: string, given: { ids: readonly string[]; people: DemoPeople }): void {
  const { ids, people } = given
  const { customer, owner } = people
  const value = {
    chat_url: chatUrl,
    bots: bots.map(({ name, username, tenant }, index) => ({ id: ids[index], name, username, tenant })),
    people,
  }
  cli.output.result(value, () =>
    [
      '',
      'Two bots are running. Talk to them in your browser:',
      '',
      `    ${chatUrl}`,
      '',
      ...bots.map(({ name, username, tenant }, index) => `    ${ids[index] ?? ''}  @${username}  ${name} (${tenant})`),
      '',
      `You are ${customer.name}, with ${customer.balance} in each shop: Start, Shop, and buy something.`,
      `${owner.name} owns the second shop and adds 10 % to every price: be ${owner.name} and send it /agent.`,
      '',
      'In another terminal: ./botfleet list, ./botfleet order list',
      'Ctrl-C ends the demo.',
    ].join('\n'),
  )
}
