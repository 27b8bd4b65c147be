import { toJson } from './get-updates.ts'
import type { Bot } from './world.ts'

const attemptLimitMs = 5000
const loopback = new Set(['127.0.0.1', 'localhost', '[::1]'])

/**
 * Posts waiting updates to a bot's webhook, one at a time and in order; stops at the first that is not taken, to try
 * again with the next update. Only loopback addresses are ever called.
 */
export async function deliverWebhook(bot: Bot): Promise<void> {
  while (bot.webhook !== undefined && loopback.has(new URL(bot.webhook.url).hostname)) {
    const update = bot.updates[0]
    if (update === undefined) return
    const { url, secret } = bot.webhook
    const taken = await fetch(url, {
      method: 'POST',
      redirect: 'error',
      signal: AbortSignal.timeout(attemptLimitMs),
      headers: {
        'content-type': 'application/json',
        ...(secret === undefined ? {} : { 'x-telegram-bot-api-secret-token': secret }),
      },
      body: JSON.stringify(toJson(update)),
    }).then(
      (response) => response.ok,
      () => false,
    )
    if (!taken) return
    if (bot.updates[0] === update) bot.updates.shift()
  }
}
