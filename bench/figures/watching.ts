import { type ClientRequest, request } from 'node:http'
import { Database } from '../../db/database.ts'
import type { Actor } from '../../domain/actor.ts'
import { createUser } from '../../services/create-user.ts'
import type { Figure, Run } from '../figure.ts'
import { Fleet, type FleetBot } from '../support/fleet.ts'
import { logIn, withPanel } from '../support/panel.ts'
import { medianOf } from '../support/spread.ts'
import { pause, until } from '../support/wait.ts'

const actor: Actor = { name: 'system:bench', userId: null, role: 'owner', tenant: null, source: 'bench' }
const password = 'password-of-the-watchers'
const watchers = 500
/** A session may hold so many streams. */
const ofSession = 10
const botsEach = 10
const half = botsEach / 2
const restMs = 1000
const scraped = 500
const scrapes = 50

export const sse: Figure = {
  name: 'sse-500',
  title: `approve until polling while ${watchers} people watch`,
  unit: 'ms',
  digits: 0,
  floor: 'the same server with nobody watching',
  reach: { text: 'ratio <= 1.2', holds: ({ ratio }) => ratio !== undefined && ratio.median <= 1.2 },
  how: `From before the transaction that approves a bot to its first poll, the median of ${botsEach} bots, with ${watchers} streams of events open on the panel of the same process, each of which is told of every step; against ${botsEach} bots of the same server, half of them before anybody watches and half after. Every watcher must have been told that the last bot runs.`,
  measure: (run) => Fleet.use(run.bench, { bots: 2 * botsEach, approved: false }, (fleet) => watched(run, fleet)),
}

export const metricsScrape: Figure = {
  name: 'metrics-scrape',
  title: `scrape of /metrics, ${scraped} bots, p95`,
  unit: 'ms',
  digits: 1,
  reach: { text: '<= 50 ms', holds: ({ ours }) => ours.median <= 50 },
  how: `\`GET /metrics\` of a real \`serve\` whose database holds ${scraped} bots, ${scrapes} times one after the other, with the statement that counts them.`,
  measure: async (run) => ({ ours: await timeScrapes(run) }),
}

async function watched(run: Run, fleet: Fleet) {
  const { signal } = run.bench
  const server = await fleet.servers.start()
  const [, url = ''] = await server.line(/panel is at (\S+?)\.? /)
  const [before, during, after] = [0, half, half + botsEach].map((first, at) =>
    fleet.bots.slice(first, first + (at === 1 ? botsEach : half)),
  )
  const alone = await approveAll(run, fleet, before ?? [])
  const crowd = await Crowd.gather(url, await addPeople(fleet.servers.database))
  try {
    const ours = medianOf(await approveAll(run, fleet, during ?? []))
    const last = during?.at(-1)?.id ?? ''
    const isTold = async () => (crowd.toldOf(last) === watchers ? true : undefined)
    await until(isTold, { signal, what: 'everybody to be told', limitMs: 20_000, everyMs: 50 })
    crowd.leave()
    alone.push(...(await approveAll(run, fleet, after ?? [])))
    return { ours, floor: medianOf(alone), besides: { 'events told': crowd.events } }
  } finally {
    crowd.leave()
  }
}

async function approveAll(run: Run, fleet: Fleet, bots: readonly FleetBot[]): Promise<number[]> {
  const times: number[] = []
  for (const bot of bots) {
    await pause(restMs, run.bench.signal)
    const approvedAtMs = Date.now()
    await fleet.servers.approve(bot)
    const [polledAtMs = 0] = await fleet.sandbox.firstPolls([bot], approvedAtMs)
    times.push(polledAtMs - approvedAtMs)
  }
  return times
}

/** People whose pages are open. */
class Crowd {
  events = 0
  readonly #requests: ClientRequest[] = []
  /** Who was told that a bot runs, by the bot. */
  readonly #running = new Map<string, Set<ClientRequest>>()

  static async gather(url: string, people: readonly string[]): Promise<Crowd> {
    const crowd = new Crowd()
    for (let session = 0; session < watchers / ofSession; session += 1) {
      const token = await logIn(url, { username: people[session % people.length] ?? '', password })
      await Promise.all(Array.from({ length: ofSession }, () => crowd.#join(url, token)))
    }
    return crowd
  }

  /** How many were told that a bot runs. */
  toldOf(bot: string): number {
    return this.#running.get(bot)?.size ?? 0
  }

  leave(): void {
    for (const each of this.#requests) each.destroy()
  }

  /** Resolves when the stream has begun. */
  #join(url: string, token: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const sent = request(
      `${url}/api/events`,
      { headers: { authorization: `Bearer ${token}` }, agent: false },
      (response) => {
        if (response.statusCode !== 200) return reject(new Error(`a stream was answered ${response.statusCode}`))
        response.setEncoding('utf8')
        let rest = ''
        response.on('data', (text: string) => {
          const lines = (rest + text).split('\n')
          rest = lines.pop() ?? ''
          for (const line of lines) this.#read(sent, line, resolve)
        })
      },
    )
    sent.on('error', reject)
    sent.end()
    this.#requests.push(sent)
    return promise
  }

  #read(by: ClientRequest, line: string, onReady: () => void): void {
    if (line === 'event: ready') onReady()
    if (line === 'event: change') this.events += 1
    if (!line.startsWith('data: ') || !line.includes('"state":"running"')) return
    const { subject } = JSON.parse(line.slice('data: '.length)) as { subject: string }
    this.#running.set(subject, (this.#running.get(subject) ?? new Set()).add(by))
  }
}

/** One person has only so many sessions and streams. */
async function addPeople(database: Database): Promise<string[]> {
  const names = Array.from({ length: 5 }, (_, at) => `watcher-${at}`)
  for (const username of names) {
    await database.transaction((tx) => createUser(tx, actor, { username, password, role: 'viewer', tenant: null }))
  }
  return names
}

async function timeScrapes(run: Run): Promise<number> {
  return withPanel(run, scraped, async ({ url }) => {
    const times: number[] = []
    for (let turn = 0; turn < scrapes; turn += 1) {
      const startedAtMs = performance.now()
      const response = await fetch(`${url}/metrics`)
      const text = await response.text()
      times.push(performance.now() - startedAtMs)
      if (!text.includes('botfleet_bots{')) throw new Error('the scrape counts no bots')
    }
    return times.sort((a, b) => a - b)[Math.ceil(times.length * 0.95) - 1] ?? 0
  })
}
