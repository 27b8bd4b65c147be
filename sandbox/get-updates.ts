/**
 * Long polling as the real server does it (facts: tdlib's Client.cpp): a poll with an offset confirms what lies below
 * it; of two open polls the OLDER one ends with 409 and the newer stays; only a waiting poll can conflict, so when
 * updates are there both pollers get them; an aborted connection confirms nothing more than its offset did.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { type Bot, isOnline, onlineGraceMs, type PollEnd, setAllowedUpdates, type Update } from './bot.ts'
import { type Call, integerOf, jsonOf } from './call.ts'
import { refusals } from './telegram-error.ts'
import type { World } from './world.ts'

const pollSecondsMax = 50
const limitMax = 100
/** An offset further behind the oldest waiting update, or further ahead of the newest, is not believed. */
const offsetBehindMax = 100_000
const offsetAheadMax = 10
/** With strict timing: a second 409, and a poll that repeats an offset, take this long. */
const strictWaitMs = 3000
/** With strict timing: a poll that repeats an offset so soon gets one update only. */
const strictSingleMs = 500

let nextPollId = 1

interface Request {
  readonly pollId: number
  readonly connection: number
  readonly offset: number
  readonly limit: number
  readonly timeoutMs: number
  readonly gone: AbortSignal
}

/** Answers a poll: at once when updates wait, else when one comes or the time is up. */
export async function getUpdates(call: Call): Promise<unknown[]> {
  const { world, bot, values } = call
  if (bot.webhook !== undefined) throw refusals.webhookActive()
  const kinds = jsonOf(values, 'allowed_updates', "can't parse allowed_updates: expected an Array of String")
  if (Array.isArray(kinds)) setAllowedUpdates(bot, kinds.map(String))
  const request = readRequest(call)
  const { pollId, connection, offset } = request
  bot.poll?.end('conflict')
  world.audit.note(bot.id, { kind: 'polled', pollId, connection, offset, timeoutSeconds: request.timeoutMs / 1000 })
  forgetExpired(bot)
  confirm(world, bot, offset)
  notePoll(world, bot, offset)
  try {
    if (bot.updates.length === 0 && request.timeoutMs > 0) await wait(call, request)
  } finally {
    bot.lastPoll.endedAtMs = Date.now()
    announceOffline(world, bot)
  }
  if (request.gone.aborted) return []
  const delivered = bot.updates.slice(0, request.limit)
  if (delivered.length > 0) {
    const updateIds = delivered.map(({ update_id: id }) => id)
    world.audit.note(bot.id, { kind: 'delivered', pollId, connection, updateIds })
  }
  return delivered.map(updateJson)
}

/** What an update looks like on the wire. */
export function updateJson(update: Update): Record<string, unknown> {
  return { update_id: update.update_id, [update.kind]: update.body }
}

function readRequest({ bot, values, gone, connection, strictTiming }: Call): Request {
  const most = Number.MAX_SAFE_INTEGER
  const offset = integerOf(values, 'offset', { fallback: 0, least: -most, most })
  const limit = integerOf(values, 'limit', { fallback: limitMax, least: 1, most: limitMax })
  const timeoutMs = integerOf(values, 'timeout', { fallback: 0, least: 0, most: pollSecondsMax }) * 1000
  const sinceStartMs = Date.now() - bot.lastPoll.startedAtMs
  const sinceEndMs = Date.now() - bot.lastPoll.endedAtMs
  const repeats = strictTiming && offset === bot.lastPoll.offset
  return {
    pollId: nextPollId++,
    connection,
    offset,
    limit: repeats && sinceEndMs < strictSingleMs ? 1 : limit,
    timeoutMs: repeats && sinceStartMs < strictWaitMs ? Math.max(timeoutMs, strictWaitMs) : timeoutMs,
    gone,
  }
}

function notePoll(world: World, bot: Bot, offset: number): void {
  const wasOnline = isOnline(bot)
  bot.lastPoll = { offset, startedAtMs: Date.now(), endedAtMs: Date.now() }
  if (!wasOnline) world.changed({ botId: bot.id, chatId: 0 })
}

/** Says that the bot went offline, once no poll came for a while. */
function announceOffline(world: World, bot: Bot): void {
  clearTimeout(bot.offlineTimer)
  bot.offlineTimer = setTimeout(() => {
    if (!isOnline(bot)) world.changed({ botId: bot.id, chatId: 0 })
  }, onlineGraceMs + 50)
  bot.offlineTimer.unref()
}

/** Forgets what lies below the offset; a negative one keeps that many of the newest. */
function confirm(world: World, bot: Bot, offset: number): void {
  const first = bot.updates[0]?.update_id
  if (offset === 0 || first === undefined) return
  const isAbsurd = offset > bot.nextUpdateId + offsetAheadMax || (offset > 0 && offset < first - offsetBehindMax)
  if (isAbsurd) return
  const kept = offset < 0 ? bot.updates.slice(offset) : bot.updates.filter(({ update_id: id }) => id >= offset)
  const confirmed = bot.updates.slice(0, bot.updates.length - kept.length)
  if (confirmed.length === 0) return
  bot.updates.splice(0, confirmed.length)
  world.audit.note(bot.id, { kind: 'confirmed', updateIds: confirmed.map(({ update_id: id }) => id) })
}

/** A message waits for a day, a press of a button for 150 seconds. */
function forgetExpired(bot: Bot): void {
  const alive = bot.updates.filter(({ expiresAtMs }) => expiresAtMs > Date.now())
  if (alive.length < bot.updates.length) bot.updates.splice(0, bot.updates.length, ...alive)
}

async function wait({ world, bot, strictTiming }: Call, request: Request): Promise<void> {
  const outcome = await untilPollEnds(bot, request)
  switch (outcome) {
    case 'conflict': {
      const { pollId, connection } = request
      world.audit.note(bot.id, { kind: 'conflict', pollId, connection })
      if (strictTiming) await waitForConflictTurn(bot)
      throw refusals.otherPoller()
    }
    case 'webhook':
      throw refusals.webhookTakesOver()
    case 'unauthorized':
      throw refusals.unauthorized()
    case 'updates':
    case 'time':
    case 'gone':
      return undefined
    default:
      throw new Error(`unknown outcome ${String(outcome satisfies never)}`)
  }
}

function untilPollEnds(bot: Bot, request: Request): Promise<PollEnd | 'time' | 'gone'> {
  return new Promise((resolve) => {
    const poll = { id: request.pollId, end: (how: PollEnd) => finish(how) }
    const timer = setTimeout(() => finish('time'), request.timeoutMs)
    const onGone = () => finish('gone')
    function finish(how: PollEnd | 'time' | 'gone'): void {
      clearTimeout(timer)
      request.gone.removeEventListener('abort', onGone)
      if (bot.poll === poll) bot.poll = undefined
      resolve(how)
    }
    request.gone.addEventListener('abort', onGone, { once: true })
    bot.poll = poll
    if (request.gone.aborted) finish('gone')
  })
}

/** The first 409 comes at once, a further one within three seconds comes late. */
async function waitForConflictTurn(bot: Bot): Promise<void> {
  const isFirst = Date.now() >= bot.nextConflictAtMs
  bot.nextConflictAtMs = Date.now() + strictWaitMs
  if (!isFirst) await delay(strictWaitMs, undefined, { ref: false })
}
