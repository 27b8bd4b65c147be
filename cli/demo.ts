/**
 * `botfleet demo`: a sandboxed Telegram and a fake WhatsApp, a server of its own, and three bots that answer: the
 * master's on both, and an agent's. The server is named `demo`, so that it touches no other server's bots; starting it
 * again finds them, the WhatsApp bot with its device still linked, since the fake keeps its accounts in a file.
 */
import { join } from 'node:path'
import type { Tx } from '../db/transaction.ts'
import type { Failure } from '../domain/failure.ts'
import { type InstanceView, restingStates } from '../domain/instance.ts'
import { agentIdOf, masterTenant } from '../domain/tenant.ts'
import { type Config, loadConfig } from '../runtime/config.ts'
import { type Sandbox, startSandbox } from '../sandbox/start-sandbox.ts'
import { type FakeWhatsApp, startFakeWhatsApp } from '../sandbox/whatsapp/start-fake-whatsapp.ts'
import { createAgent } from '../services/agents/create-agent.ts'
import { approveInstance } from '../services/approve-instance.ts'
import { createInstance } from '../services/create-instance.ts'
import { listInstances } from '../services/list-instances.ts'
import { renewInstance } from '../services/renew-instance.ts'
import { requestPairing } from '../services/whatsapp/request-pairing.ts'
import type { Cli } from './command.ts'
import { DemoPhone } from './demo-phone.ts'
import { addPeople, type DemoPeople, openShop } from './demo-shop.ts'
import { signInHint } from './first-owner.ts'
import { createServerLog } from './server-log.ts'
import { type RunningServer, startServer } from './start-server.ts'

interface TelegramBot {
  readonly platform: 'telegram'
  readonly token: string
  readonly name: string
  readonly username: string
  readonly tenant: string
}

interface WhatsAppBot {
  readonly platform: 'whatsapp'
  /** Digits. */
  readonly number: string
  readonly name: string
  readonly tenant: string
}

/** Tokens that no Telegram server would ever give out, and a number that nobody has. */
const master: TelegramBot = {
  platform: 'telegram',
  token: '1000001:demo-master-bot-not-a-real-token',
  name: 'Demo Shop',
  username: 'demo_shop_bot',
  tenant: masterTenant,
}
const agent: TelegramBot = {
  platform: 'telegram',
  token: '1000002:demo-agent-bot-not-a-real-token',
  name: 'Ada’s Shop',
  username: 'ada_shop_bot',
  tenant: 'agent:ada',
}
const corner: WhatsAppBot = {
  platform: 'whatsapp',
  number: '15550100200',
  name: 'Corner Shop',
  tenant: masterTenant,
}
const bots = [master, agent, corner]

/** Starts the demo and stays until it is told to end. */
export async function demo(cli: Cli, options: { port: string }): Promise<void> {
  cli.output.note('Starting Postgres, a sandboxed Telegram, a fake WhatsApp and a server ...')
  const told = new Promise<undefined>((resolve) => {
    cli.signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
  const stops: (() => Promise<void>)[] = []
  try {
    const { whatsapp, sandbox } = await startChannels(cli, { port: Number(options.port), stops })
    const people = addPeople(sandbox)
    const config = demoConfig(cli, { TELEGRAM_API_ROOT: sandbox.apiRoot, WHATSAPP_WS_URL: whatsapp.url })
    const log = createServerLog(process.stderr, {
      level: cli.environment['LOG_LEVEL'] ?? 'warn',
      name: 'botfleet demo',
    })
    let giveUp: (failure: Failure) => void = () => {}
    const givenUp = new Promise<Failure>((resolve) => {
      giveUp = resolve
    })
    const running = await startServer({
      config,
      log,
      terminal: cli.output.noteIsTerminal ? (line) => cli.output.note(line) : undefined,
      onGivenUp: giveUp,
      sandboxUrl: sandbox.url,
    })
    stops.push(() => {
      cli.output.note('Stopping ...')
      return running.stop()
    })
    const ids = await approveBots(running, config)
    await openShop(running, { agent: agent.tenant, people })
    const phone = new DemoPhone(running, {
      id: ids[bots.indexOf(corner)] ?? '',
      phone: whatsapp.phoneOf(corner.number),
    })
    await untilRunning(cli, running, { ids, phone })
    const panel = { url: running.panelUrl, hint: signInHint(config) }
    if (!cli.signal.aborted) welcome(cli, sandbox.url, { ids, people, panel })
    const failure = await Promise.race([givenUp, told])
    if (failure !== undefined) throw failure
  } finally {
    for (const stop of stops.reverse()) await stop()
  }
  process.exitCode = 0
}

/** Both channels; the fake WhatsApp listens on the port after the chat page's, so that workers find it there again. */
async function startChannels(
  cli: Cli,
  { port, stops }: { readonly port: number; readonly stops: (() => Promise<void>)[] },
): Promise<{ whatsapp: FakeWhatsApp; sandbox: Sandbox }> {
  const keptIn = join(demoConfig(cli).home, 'demo-whatsapp.json')
  const whatsapp = await startFakeWhatsApp({ port: port === 0 ? 0 : port + 1, keptIn })
  stops.push(() => whatsapp.stop())
  const sandbox = await startSandbox({ port, whatsapp })
  stops.push(() => sandbox.stop())
  for (const bot of bots) {
    if (bot.platform === 'telegram') sandbox.createBot(bot)
    else whatsapp.addPerson(bot)
  }
  return { whatsapp, sandbox }
}

/** The demo's own settings: its own server name and channels, whatever `.env` says. */
function demoConfig(cli: Cli, channels: Readonly<Record<string, string>> = {}): Config {
  return loadConfig(
    {
      PORT: '0',
      ...cli.environment,
      SERVERNAME: 'demo',
      ...channels,
      BOT_TOKEN: '',
      DATABASE_URL: '',
      DATABASE_URL_FILE: '',
    },
    cli.cwd,
  )
}

/** Registers and approves the bots; a second demo finds them and renews what has run out. */
async function approveBots(running: RunningServer, config: Config): Promise<string[]> {
  const { database, actor } = running
  const { DAYS_PER_MONTH: daysPerMonth, WORKER_PORT_BASE: portBase, WORKER_PORT_COUNT: portCount } = config.settings
  const known = await listInstances(database, actor, { server: 'demo' })
  const ids: string[] = []
  for (const bot of bots) {
    const existing = known.find((instance) => isOf(instance, bot))
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

function isOf(instance: InstanceView, bot: TelegramBot | WhatsAppBot): boolean {
  if (bot.platform === 'whatsapp') return instance.phone_number === `+${bot.number}`
  return instance.bot_id === bot.token.split(':')[0]
}

async function createBot(tx: Tx, running: RunningServer, bot: TelegramBot | WhatsAppBot): Promise<InstanceView> {
  if (bot.platform === 'whatsapp') return createWhatsAppBot(tx, running, bot)
  const { actor } = running
  const { platform, token, name, username, tenant } = bot
  const given = { platform, server: 'demo', name, token, keyring: running.keyring(), verified: { username } } as const
  if (tenant === masterTenant) return createInstance(tx, actor, { ...given, tenant })
  return (await createAgent(tx, actor, { ...given, id: agentIdOf(tenant) })).instance
}

/** Its first worker knows of the request to pair. */
async function createWhatsAppBot(tx: Tx, running: RunningServer, bot: WhatsAppBot): Promise<InstanceView> {
  const { actor } = running
  const { platform, name, tenant, number } = bot
  const keyring = running.keyring()
  const given = { platform, server: 'demo', name, tenant, phone: `+${number}`, keyring } as const
  const instance = await createInstance(tx, actor, given)
  await requestPairing(tx, actor, { id: instance.id, method: 'code', keyring })
  return instance
}

/** Waits for all of them, the phone in hand; of one that waits for a person it is said why, once. */
async function untilRunning(
  cli: Cli,
  running: RunningServer,
  { ids, phone }: { readonly ids: readonly string[]; readonly phone: DemoPhone },
): Promise<void> {
  let told = ''
  while (!cli.signal.aborted) {
    const instances = await listInstances(running.database, running.actor, { server: 'demo' })
    const mine = instances.filter(({ id }) => ids.includes(id))
    if (mine.length === ids.length && mine.every(({ state }) => state === 'running')) return
    const resting = mine.filter(({ state }) => restingStates.includes(state))
    const unlinked = await phone.look(resting.some(({ id }) => id === phone.instanceId))
    const trouble = resting
      // Whoever holds the phone mends that, or says why not.
      .filter(({ id, state }) => id !== phone.instanceId || state !== 'logged_out')
      .map(({ id, name, state, last_error }) => `${name} (${id}) does not run yet: ${last_error ?? state}`)
      .concat(unlinked ?? [])
      .join('\n')
    if (trouble !== '' && trouble !== told) cli.output.note(trouble)
    told = trouble
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

interface Shown {
  readonly ids: readonly string[]
  readonly people: DemoPeople
  readonly panel: { readonly url: string; readonly hint: string }
}

function welcome(cli: Cli, chatUrl: string, { ids, people, panel }: Shown): void {
  const { customer, owner } = people
  const value = {
    chat_url: chatUrl,
    panel_url: panel.url,
    bots: bots.map((bot, index) => {
      const { platform, name, tenant } = bot
      const address = bot.platform === 'telegram' ? { username: bot.username } : { phone_number: `+${bot.number}` }
      return { id: ids[index], platform, name, tenant, ...address }
    }),
    people,
  }
  const lines = bots.map((bot, index) => {
    const address = bot.platform === 'telegram' ? `@${bot.username}` : `WhatsApp +${bot.number}`
    return `    ${ids[index] ?? ''}  ${address}  ${bot.name} (${bot.tenant})`
  })
  cli.output.result(value, () =>
    [
      '',
      'Three bots are running. Talk to them in your browser:',
      '',
      `    ${chatUrl}`,
      '',
      ...lines,
      '',
      `You are ${customer.name}, with ${customer.balance} in each shop: Start, Shop, and buy something.`,
      `${owner.name} owns the second shop and adds 10 % to every price: be ${owner.name} and send it /agent.`,
      'The third one sells by numbers on a fake WhatsApp; Phone, in its chat, unlinks it or links it anew.',
      '',
      'Run the shops in the panel, where their orders come up by themselves:',
      '',
      `    ${panel.url}`,
      '',
      panel.hint,
      '',
      'In another terminal: ./botfleet list, ./botfleet order list',
      'Ctrl-C ends the demo.',
    ].join('\n'),
  )
}
