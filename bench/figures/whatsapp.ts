import type { Figure } from '../figure.ts'
import { bareHttpPss } from '../support/bare-http.ts'
import { pssMib } from '../support/processes.ts'
import { medianOf } from '../support/spread.ts'
import { pause } from '../support/wait.ts'
import { LinkedWorkers } from '../support/whatsapp-processes.ts'

const idleCount = 20
/** What a start leaves behind is given back after 20 quiet seconds. */
const settleMs = 30_000
const killsEach = 5
/** Until a spare has rehearsed. */
const rehearsedMs = 2500

export const whatsappIdle: Figure = {
  name: 'whatsapp-idle',
  title: 'WhatsApp worker, connected, idle, PSS, 20 running',
  unit: 'MiB',
  digits: 1,
  floor: 'bare Node HTTP process, 50 running',
  reach: { text: 'ratio <= 3.2', holds: ({ ratio }) => ratio !== undefined && ratio.median <= 3.2 },
  how: 'The median PSS of 20 linked workers 30 s after the last has connected to the fake server, with a gateway that keeps their sessions in memory.',
  measure: async (run) => ({
    ours: await LinkedWorkers.use(idleCount, async ({ workers }) => {
      await pause(settleMs, run.bench.signal)
      return medianOf(workers.map(({ process }) => pssMib(process.identity.pid)))
    }),
    floor: await bareHttpPss(run),
  }),
}

export const whatsappRestart: Figure = {
  name: 'whatsapp-restart',
  title: 'kill -9 of a WhatsApp worker until it is connected again',
  unit: 'ms',
  digits: 0,
  floor: 'the same worker, started cold',
  reach: { text: 'ratio <= 0.6', holds: ({ ratio }) => ratio !== undefined && ratio.median <= 0.6 },
  how: `From the kill until the gateway hears that the successor's connection is open: a spare that has rehearsed, against a process that is spawned then. Medians of ${killsEach} each, in turns.`,
  measure: (run) =>
    LinkedWorkers.use(1, async (linked) => {
      const [worker] = linked.workers
      if (worker === undefined) throw new Error('no worker was linked')
      const [warm, cold]: [number[], number[]] = [[], []]
      for (let time = 0; time < killsEach; time += 1) {
        const spare = linked.spare()
        await pause(rehearsedMs, run.bench.signal)
        warm.push(await linked.restart(worker, spare))
        cold.push(await linked.restart(worker))
      }
      return { ours: medianOf(warm), floor: medianOf(cold) }
    }),
}
