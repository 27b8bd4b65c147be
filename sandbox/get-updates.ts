/**
 * Long polling as the real server does it (facts: tdlib's Client.cpp): a poll with an offset confirms what lies below
 * it; of two open polls the older one ends with 409; an aborted connection confirms nothing more than its offset did.
 */
import { refusals } from './telegram-error.ts'
import type { Bot, Poll, Update, World } from './world.ts'

const pollSecondsMax = 50
const limitMax = 100
let nextPollId = 1

export interface GetUpdates {
  readonly offset: number
  readonly limit: number
  readonly timeoutSeconds: number
  readonly allowedUpdates: readonly string[] | undefined
  /** Aborts when the client goes away. */
  readonly gone: AbortSignal
}

/** Answers a poll: at once when updates wait, else when one comes or the time is up. */
export async function getUpdates(world: World, bot: Bot, request: GetUpdates): Promise<unknown[]> {
  if (bot.webhook !== undefined) throw refusals.webhookActive()
  if (request.allowedUpdates !== undefined) world.setAllowedUpdates(bot, request.allowedUpdates)
  bot.poll?.end('conflict')
  world.note({ botId: bot.id, kind: 'polled' })
  confirm(world, bot, request.offset)
  if (bot.updates.length === 0 && request.timeoutSeconds > 0) await wait(world, bot, request)
  const limit = Math.max(1, Math.min(limitMax, request.limit))
  const delivered = bot.updates.slice(0, limit)
  if (delivered.length > 0) {
    world.note({ botId: bot.id, kind: 'delivered', updateIds: delivered.map(({ update_id: id }) => id) })
  }
  return delivered.map(toJson)
}

/** What an update looks like on the wire. */
export function toJson(update: Update): Record<string, unknown> {
  return { update_id: update.update_id, [update.kind]: update.body }
}

function confirm(world: World, bot: Bot, offset: number): void {
  if (offset === 0) return
  const keep = offset < 0 ? bot.updates.slice(offset) : bot.updates.filter(({ update_id: id }) => id >= offset)
  const confirmed = bot.updates.filter((update) => !keep.includes(update)).map(({ update_id: id }) => id)
  if (confirmed.length === 0) return
  bot.updates.splice(0, bot.updates.length, ...keep)
  world.note({ botId: bot.id, kind: 'confirmed', updateIds: confirmed })
}

async function wait(world: World, bot: Bot, request: GetUpdates): Promise<void> {
  const outcome = await new Promise<Parameters<Poll['end']>[0] | 'time' | 'gone'>((resolve) => {
    const poll: Poll = { id: nextPollId++, end }
    const timer = setTimeout(() => finish('time'), Math.min(pollSecondsMax, request.timeoutSeconds) * 1000)
    const onGone = () => finish('gone')
    function end(how: Parameters<Poll['end']>[0]): void {
      finish(how)
    }
    function finish(how: Parameters<Poll['end']>[0] | 'time' | 'gone'): void {
      clearTimeout(timer)
      request.gone.removeEventListener('abort', onGone)
      if (bot.poll === poll) bot.poll = undefined
      resolve(how)
    }
    request.gone.addEventListener('abort', onGone, { once: true })
    bot.poll = poll
    world.changed(bot.id, 0)
    if (request.gone.aborted) finish('gone')
  })
  world.changed(bot.id, 0)
  if (outcome === 'conflict') {
    world.note({ botId: bot.id, kind: 'conflict' })
    throw refusals.otherPoller()
  }
  if (outcome === 'webhook') throw refusals.webhookActive()
  if (outcome === 'unauthorized') throw refusals.unauthorized()
}
