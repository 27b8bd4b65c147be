import type { Figure, Run, Sample } from '../figure.ts'
import { bareHttpPss } from '../support/bare-http.ts'
import { pssMib } from '../support/processes.ts'
import { medianOf } from '../support/spread.ts'
import { pause } from '../support/wait.ts'
import { type WhatsappBot, WhatsappFleet } from '../support/whatsapp-fleet.ts'

const fleetSize = 20
const messages = 500
const peopleOfBot = 20
/** What is said in turn. */
const words = ['/start', '/help', '/id', '/shop', 'hello?']
const minuteMs = 60_000

/** Of the reconnects. */
const rounds = 100
const messagesOfRound = 20
const peopleOfRounds = 50
const firstMessages = 50
/** Every so many rounds the connection breaks without a word; else the server asks for another one. */
const dropsEvery = 25

const floor = 'bare Node HTTP process, 50 running'

export const whatsappIdle: Figure = {
  name: 'whatsapp-idle',
  title: `WhatsApp worker, connected, idle, PSS, ${fleetSize} running`,
  unit: 'MiB',
  digits: 1,
  floor,
  reach: { text: 'ratio <= 3.2', holds: ({ ratio }) => ratio !== undefined && ratio.median <= 3.2 },
  how: `The median PSS of ${fleetSize} linked workers a minute after the last one of them runs.`,
  measure: async (run) => ({
    ours: await measured(run, (fleet) => medianOf(fleet.map(({ pid }) => pssMib(pid)))),
    floor: await bareHttpPss(run),
  }),
}

export const whatsappTraffic: Figure = {
  name: 'whatsapp-traffic',
  title: `the same one minute after ${messages} messages in and out`,
  unit: 'MiB',
  digits: 1,
  floor,
  reach: { text: 'ratio <= 4.0', holds: ({ ratio }) => ratio !== undefined && ratio.median <= 4 },
  how: `Of ${fleetSize} running workers 5 are each sent ${messages} messages by ${peopleOfBot} people, and answer them; a minute after the last answer the median of those 5 workers' PSS is taken.`,
  measure: async (run) => ({
    ...(await measured(run, (workers) => afterTraffic(run, workers.slice(0, 5)))),
    floor: await bareHttpPss(run),
  }),
}

export const whatsappReconnects: Figure = {
  name: 'whatsapp-reconnects',
  title: `the same after ${rounds} reconnects and ${(rounds * messagesOfRound).toLocaleString('en')} messages`,
  unit: 'MiB',
  digits: 1,
  floor: 'before: connected and idle',
  reach: { text: 'ratio <= 1.3', holds: ({ ratio }) => ratio !== undefined && ratio.median <= 1.3 },
  how: `Of ${fleetSize} running workers 3 answer ${rounds} times ${messagesOfRound} messages of ${peopleOfRounds} people, and after each time the fake WhatsApp asks them to connect anew (515) or, every ${dropsEvery} times, breaks the connection. The median of those 3 workers' PSS a minute after the last answer, by the one before the first message.`,
  measure: (run) => measured(run, (workers) => afterReconnects(run, workers.slice(0, 3))),
}

interface Running extends WhatsappBot {
  readonly pid: number
  readonly fake: WhatsappFleet['fake']
}

/** Workers that have been idle for a minute; afterwards they must be the same. */
function measured<T>(run: Run, work: (workers: Running[]) => T | Promise<T>): Promise<T> {
  return WhatsappFleet.use(run.bench, fleetSize, async ({ servers, bots, fake }) => {
    await servers.start()
    const pids = await servers.untilAllRun()
    await pause(minuteMs, run.bench.signal)
    const found = await work(bots.map((bot) => ({ ...bot, fake, pid: pids.get(bot.id) ?? 0 })))
    const now = await servers.untilAllRun()
    // A worker that was restarted meanwhile has forgotten what it is measured for.
    if (bots.some(({ id }) => now.get(id) !== pids.get(id))) throw new Error('a worker did not stay up')
    return found
  })
}

async function afterTraffic(run: Run, workers: readonly Running[]): Promise<Sample> {
  const talk = { people: peopleOfBot, messages, words }
  const answers = await Promise.all(workers.map(({ fake, number }) => fake.ask('talk', { bot: number, ...talk })))
  await pause(minuteMs, run.bench.signal)
  return { ours: pssOf(workers), besides: { 'answers of each': medianOf(answers) } }
}

async function afterReconnects(run: Run, workers: readonly Running[]): Promise<Sample> {
  const { signal } = run.bench
  const before = pssOf(workers)
  const talk = async ({ fake, number }: Running, count: number) =>
    fake.ask('talk', { bot: number, people: peopleOfRounds, messages: count, words })
  await Promise.all(workers.map((worker) => talk(worker, firstMessages)))
  await pause(minuteMs, signal)
  const warm = pssOf(workers)
  await Promise.all(
    workers.map(async (worker) => {
      for (let round = 1; round <= rounds; round += 1) {
        await talk(worker, messagesOfRound)
        await reconnect(worker, round % dropsEvery === 0 ? 'dropped' : 'asked')
      }
    }),
  )
  const atOnce = pssOf(workers)
  await pause(minuteMs, signal)
  return {
    ours: pssOf(workers),
    floor: before,
    besides: { [`MiB after the first ${firstMessages} messages`]: warm, 'MiB at once after the last': atOnce },
  }
}

async function reconnect({ fake, number: bot }: Running, how: 'asked' | 'dropped'): Promise<void> {
  const sinceMs = await fake.ask('end', { bot, how })
  await fake.ask('connected', { bot, sinceMs })
}

function pssOf(workers: readonly Running[]): number {
  return medianOf(workers.map(({ pid }) => pssMib(pid)))
}
