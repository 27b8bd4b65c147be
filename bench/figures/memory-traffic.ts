import type { Figure, Run } from '../figure.ts'
import { bareHttpPss } from '../support/bare-http.ts'
import { Fleet, type FleetBot } from '../support/fleet.ts'
import { fleetSize } from '../support/idle-fleet.ts'
import { pssMib } from '../support/processes.ts'
import { medianOf } from '../support/spread.ts'
import { pause } from '../support/wait.ts'

const messages = 2000
/** How many of the 50 are talked to; the rest stay idle, as in life. */
const busyBots = 5
const peopleOfBot = 20
/** What is said in turn: every screen that the conversation has. */
const words = ['/start', '/help', '/id', '/language', 'hello?']
const restAfterMs = 60_000

export const memoryTraffic: Figure = {
  name: 'memory-traffic',
  title: `the same one minute after ${messages.toLocaleString('en')} messages`,
  unit: 'MiB',
  digits: 1,
  floor: 'bare Node HTTP process, 50 running',
  reach: { text: 'ratio <= 3.0', holds: ({ ratio }) => ratio !== undefined && ratio.median <= 3 },
  how: `Of 50 running workers ${busyBots} are each sent ${messages.toLocaleString('en')} messages by ${peopleOfBot} people, and answer them; a minute after the last answer the median of those ${busyBots} workers' PSS is taken.`,
  measure: async (run) => ({ ...(await measureOurs(run)), floor: await bareHttpPss(run) }),
}

function measureOurs(run: Run) {
  return Fleet.use(run.bench, { bots: fleetSize }, async (fleet) => {
    await fleet.servers.start()
    const pids = await fleet.servers.untilAllRun()
    const busy = fleet.bots.slice(0, busyBots)
    const startedAtMs = performance.now()
    await Promise.all(busy.map((bot) => talk(fleet, bot)))
    const tookMs = performance.now() - startedAtMs
    await pause(restAfterMs, run.bench.signal)
    // A worker that was restarted meanwhile has forgotten what it is measured for.
    const now = await fleet.servers.untilAllRun()
    if (busy.some(({ id }) => now.get(id) !== pids.get(id))) throw new Error('a worker did not stay up')
    return {
      ours: medianOf(busy.map(({ id }) => pssMib(pids.get(id) ?? 0))),
      besides: { 'messages answered a second': (busyBots * messages * 1000) / tookMs },
    }
  })
}

/** All people of a bot write at once, each the next message when the last one was answered. */
async function talk(fleet: Fleet, bot: FleetBot): Promise<void> {
  const one = async () => {
    const person = await fleet.sandbox.addPerson()
    for (let said = 1; said <= messages / peopleOfBot; said += 1) {
      await fleet.sandbox.ask(bot.botId, person, words[said % words.length] ?? '/id')
    }
  }
  await Promise.all(Array.from({ length: peopleOfBot }, one))
}
