import type { Figure, Run } from '../figure.ts'
import { signal } from '../support/processes.ts'
import { medianOf } from '../support/spread.ts'
import { pause } from '../support/wait.ts'
import { WhatsappFleet } from '../support/whatsapp-fleet.ts'

/** Each is killed once: a second kill would meet the back-off. */
const fleetSize = 5
/** Between two kills: until another spare has rehearsed, where there is one. */
const restMs = 4000

export const whatsappRestart: Figure = {
  name: 'whatsapp-restart',
  title: 'kill -9 of a WhatsApp worker until it is connected again',
  unit: 'ms',
  digits: 0,
  floor: 'the same worker, started cold',
  reach: { text: 'ratio <= 0.6', holds: ({ ratio }) => ratio !== undefined && ratio.median <= 0.6 },
  how: `From the kill until the fake WhatsApp has logged its successor in and sent it what waited. The floor: the same bots under the same server with \`STANDBY=0\`. A run is the median of ${fleetSize} workers, each killed once.`,
  measure: (run) =>
    WhatsappFleet.use(run.bench, fleetSize, async (fleet) => ({
      floor: await killEach(run, fleet, false),
      ours: await killEach(run, fleet, true),
    })),
}

async function killEach(run: Run, { servers, bots, fake }: WhatsappFleet, isWarm: boolean): Promise<number> {
  const server = await servers.start('server1', { STANDBY: isWarm ? '1' : '0' })
  await servers.untilAllRun()
  const times: number[] = []
  for (const bot of bots) {
    await pause(restMs, run.bench.signal)
    const pid = await servers.pidOf(bot)
    const sinceMs = Date.now()
    signal(pid, 'SIGKILL')
    times.push((await fake.ask('connected', { bot: bot.number, sinceMs })) - sinceMs)
  }
  await server.stop()
  return medianOf(times)
}
