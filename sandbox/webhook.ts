/**
 * Webhooks: set, told about, and delivered to, one update at a time and in order, with growing pauses after a
 * failure. Only loopback addresses are ever called; any other URL is stored and shown, and nothing is sent.
 */
import { type Bot, setAllowedUpdates, type Webhook } from './bot.ts'
import { type Call, integerOf, isTrue, jsonOf, textOf } from './call.ts'
import { updateJson } from './get-updates.ts'
import { refusals } from './telegram-error.ts'
import type { World } from './world.ts'

const attemptLimitMs = 10_000
const firstPauseMs = 1000
const longestPauseMs = 60_000
/** A URL may be set once a second. */
const setPauseMs = 1000
const loopback = new Set(['127.0.0.1', 'localhost', '[::1]'])

export function setWebhook(call: Call): unknown {
  const { world, bot, values } = call
  const url = (textOf(values, 'url') ?? '').trim()
  if (url === '') return deleteWebhook(call)
  const secret = checkTarget(url, textOf(values, 'secret_token'))
  if (call.strictTiming && Date.now() - bot.lastWebhookSetAtMs < setPauseMs) throw refusals.tooMany(1)
  bot.lastWebhookSetAtMs = Date.now()
  const kinds = jsonOf(values, 'allowed_updates', "can't parse allowed_updates: expected an Array of String")
  if (Array.isArray(kinds)) setAllowedUpdates(bot, kinds.map(String))
  if (isTrue(values, 'drop_pending_updates')) bot.updates.length = 0
  bot.webhook?.stop()
  const maxConnections = integerOf(values, 'max_connections', { fallback: 40, least: 1, most: 100 })
  bot.webhook = startDelivery(world, bot, { url, secret, maxConnections })
  bot.poll?.end('webhook')
  world.changed({ botId: bot.id, chatId: 0 })
  return true
}

export function deleteWebhook({ world, bot, values }: Call): unknown {
  if (isTrue(values, 'drop_pending_updates')) bot.updates.length = 0
  bot.webhook?.stop()
  bot.webhook = undefined
  world.changed({ botId: bot.id, chatId: 0 })
  return true
}

export function getWebhookInfo({ bot }: Call): unknown {
  const { webhook } = bot
  const base = { url: webhook?.url ?? '', has_custom_certificate: false, pending_update_count: bot.updates.length }
  if (webhook === undefined) return base
  const { lastError, maxConnections } = webhook
  return {
    ...base,
    max_connections: maxConnections,
    ...(lastError === undefined ? {} : { last_error_date: lastError.date, last_error_message: lastError.message }),
  }
}

/** @returns the secret. Throws for a target that the real server would not take. */
function checkTarget(url: string, secret: string | undefined): string | undefined {
  if (!URL.canParse(url)) throw refusals.badRequest('invalid webhook URL specified')
  const { protocol, hostname } = new URL(url)
  if (protocol !== 'https:' && !(protocol === 'http:' && loopback.has(hostname))) {
    throw refusals.badRequest('bad webhook: An HTTPS URL must be provided for webhook')
  }
  if (secret === undefined || secret === '') return undefined
  if (secret.length > 256) throw refusals.badRequest('secret token is too long')
  if (!/^[\w-]+$/.test(secret)) throw refusals.badRequest('secret token contains unallowed characters')
  return secret
}

interface Target {
  readonly url: string
  readonly secret: string | undefined
  readonly maxConnections: number
}

function startDelivery(world: World, bot: Bot, target: Target): Webhook {
  const stopped = new AbortController()
  let isBusy = false
  const webhook: Webhook = {
    ...target,
    lastError: undefined,
    wake: () => {
      if (isBusy || stopped.signal.aborted || !loopback.has(new URL(target.url).hostname)) return
      isBusy = true
      void deliver()
    },
    stop: () => stopped.abort(),
  }
  async function deliver(): Promise<void> {
    let pauseMs = firstPauseMs
    while (!stopped.signal.aborted) {
      const update = bot.updates[0]
      if (update === undefined) {
        isBusy = false
        return
      }
      const error = await post(target, JSON.stringify(updateJson(update)), stopped.signal)
      if (stopped.signal.aborted) return
      world.audit.note(bot.id, { kind: 'posted', updateIds: [update.update_id], taken: error === undefined })
      if (error === undefined) {
        if (bot.updates[0] === update) bot.updates.shift()
        pauseMs = firstPauseMs
      } else {
        webhook.lastError = { date: Math.floor(Date.now() / 1000), message: error }
        await pause(pauseMs, stopped.signal)
        pauseMs = Math.min(longestPauseMs, pauseMs * 2)
      }
    }
  }
  // What waited before the webhook was set goes there too.
  queueMicrotask(() => webhook.wake())
  return webhook
}

/** @returns what went wrong, in the words of getWebhookInfo; undefined when the update was taken. */
async function post({ url, secret }: Target, body: string, stopped: AbortSignal): Promise<string | undefined> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      signal: AbortSignal.any([stopped, AbortSignal.timeout(attemptLimitMs)]),
      headers: {
        'content-type': 'application/json',
        ...(secret === undefined ? {} : { 'x-telegram-bot-api-secret-token': secret }),
      },
      body,
    })
    await response.body?.cancel()
    return response.ok ? undefined : `Wrong response from the webhook: ${response.status} ${response.statusText}`.trim()
  } catch {
    return 'Connection refused'
  }
}

function pause(ms: number, stopped: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    timer.unref()
    stopped.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
