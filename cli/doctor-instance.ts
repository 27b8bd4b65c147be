import type { InstanceView } from '../domain/instance.ts'
import { restingStates } from '../domain/instance.ts'
import { checkTelegramToken } from '../services/check-telegram-token.ts'
import { listInstanceEvents } from '../services/list-instance-events.ts'
import { listServers } from '../services/list-servers.ts'
import { readCredential } from '../services/read-credential.ts'
import { showInstance } from '../services/show-instance.ts'
import { showPairing } from '../services/whatsapp/show-pairing.ts'
import type { Cli } from './command.ts'
import { type Context, withContext } from './context.ts'
import { examine, type Finding, printFindings } from './diagnosis.ts'
import { formatDuration, formatRelative } from './format.ts'
import { nextStep, stateWord } from './instance-words.ts'
import { renderEvents } from './render-history.ts'
import { stepSentence } from './render-pairing.ts'

const askLimitMs = 5000
const eventsShown = 5

type Look = Omit<Finding, 'name'>

/** Looks at one bot: its subscription, what is observed, its server, its token and webhook, and what happened last. */
export async function examineInstance(cli: Cli, id: string): Promise<void> {
  await withContext(cli, async (context) => {
    const view = await context.run(showInstance, { id })
    const events = await context.run(listInstanceEvents, { id, limit: eventsShown })
    const findings: Finding[] = [
      await examine('status', async () => examineStatus(view)),
      await examine('state', async () => examineState(view)),
      await examine('server', () => examineServerOf(context, view)),
      ...(view.status === 'deleted' ? [] : await examinePlatform(context, view)),
    ]
    const text = events.length === 0 ? '' : `\n\n${renderEvents(cli.output, events)}`
    printFindings(cli.output, findings, { fields: { instance: view, events }, text })
  })
}

function withTodo(look: Look, todo: string | undefined): Look {
  return todo === undefined ? look : { ...look, todo }
}

function examineStatus(view: InstanceView): Look {
  const end = view.expires_at === null ? '' : `, ends ${formatRelative(view.expires_at, Date.now())}`
  const detail = `${view.status}${end}, wanted ${view.desired}`
  if (view.status === 'approved') return { verdict: 'ok', detail }
  return withTodo({ verdict: 'warn', detail }, nextStep(view))
}

function examineState(view: InstanceView): Look {
  const reason = view.last_error === null ? '' : `: ${view.last_error}`
  const detail = `${stateWord(view)} for ${formatDuration(Date.now() - Date.parse(view.state_at))}${reason}`
  if (restingStates.includes(view.state)) return withTodo({ verdict: 'fail', detail }, nextStep(view))
  if (view.next_try_at !== null && view.state === 'backoff') {
    return { verdict: 'warn', detail, todo: `next try ${formatRelative(view.next_try_at, Date.now())}` }
  }
  return { verdict: view.last_error === null ? 'ok' : 'warn', detail }
}

async function examineServerOf(context: Context, view: InstanceView): Promise<Look> {
  const servers = await context.run(listServers, {})
  const server = servers.find(({ name }) => name === view.server_name)
  const lease = view.pid === null ? 'no worker' : `worker pid ${view.pid}, epoch ${view.epoch}`
  if (server?.alive !== true) {
    const verdict = view.status === 'approved' && view.desired === 'running' ? 'fail' : 'warn'
    return { verdict, detail: `${view.server_name} is not running, ${lease}`, todo: `./botfleet serve on that machine` }
  }
  const seconds = Math.round(server.lease_left_ms / 1000)
  const detail = `${view.server_name} is running (lease ${seconds} s), ${lease}`
  if (!server.draining) return { verdict: 'ok', detail }
  return { verdict: 'warn', detail: `${detail}, drained`, todo: `./botfleet server undrain ${view.server_name}` }
}

async function examinePlatform(context: Context, view: InstanceView): Promise<Finding[]> {
  if (view.platform === 'telegram') return examineTelegramBot(context, view)
  return [
    await examine('link', () => examineLink(context, view)),
    await examine('client', async () => examineClient(context)),
  ]
}

async function examineLink(context: Context, view: InstanceView): Promise<Look> {
  const pairing = await context.run(showPairing, { id: view.id })
  const detail = stepSentence(pairing, Date.now())
  if (pairing.linked) return { verdict: 'ok', detail }
  const waits = view.status === 'approved' && view.desired === 'running'
  return { verdict: waits ? 'fail' : 'warn', detail, todo: `./botfleet pair ${view.id}` }
}

/** What this server's settings change about the client. */
function examineClient({ config: { settings } }: Context): Look {
  const { WHATSAPP_WS_URL: url, WA_WEB_VERSION: version } = settings
  const says = version === undefined ? "the library's own version" : `version ${version.join('.')} (WA_WEB_VERSION)`
  if (url === undefined) return { verdict: 'ok', detail: `connects to WhatsApp, as ${says}` }
  return { verdict: 'warn', detail: `connects to ${new URL(url).host} (WHATSAPP_WS_URL), as ${says}` }
}

async function examineTelegramBot(context: Context, view: InstanceView): Promise<Finding[]> {
  const apiRoot = context.config.settings.TELEGRAM_API_ROOT.replace(/\/+$/, '')
  let token: string | undefined
  const checked = await examine('token', async () => {
    const keyring = await context.keyring()
    token = await readCredential(context.database, keyring, { instanceId: view.id, kind: 'telegram_token' })
    if (token === undefined) return { verdict: 'fail', detail: 'none is stored', todo: tokenTodo(view.id) }
    const check = await checkTelegramToken({ apiRoot, token, timeoutMs: askLimitMs })
    if (check.kind === 'valid') return { verdict: 'ok', detail: `accepted by Telegram as @${check.username ?? ''}` }
    if (check.kind === 'invalid') return { verdict: 'fail', detail: 'refused by Telegram', todo: tokenTodo(view.id) }
    return { verdict: 'warn', detail: `Telegram cannot be asked (${check.reason})` }
  })
  if (checked.verdict !== 'ok' || token === undefined) return [checked]
  const usable = token
  return [checked, await examine('webhook', () => examineWebhook(apiRoot, usable, view.id))]
}

async function examineWebhook(apiRoot: string, token: string, id: string): Promise<Look> {
  let answer: { result?: { url?: string } }
  try {
    const response = await fetch(`${apiRoot}/bot${token}/getWebhookInfo`, {
      redirect: 'error',
      signal: AbortSignal.timeout(askLimitMs),
    })
    answer = (await response.json()) as typeof answer
  } catch {
    // The error's own words would hold the token, which is part of the address.
    return { verdict: 'warn', detail: 'Telegram did not say' }
  }
  const url = answer.result?.url ?? ''
  if (url === '') return { verdict: 'ok', detail: 'none is set' }
  const host = URL.canParse(url) ? new URL(url).host : 'another address'
  return {
    verdict: 'fail',
    detail: `somebody else receives this bot's messages at ${host}`,
    todo: `./botfleet start ${id} --take-webhook`,
  }
}

function tokenTodo(id: string): string {
  return `./botfleet set-token ${id} --token-file FILE`
}
