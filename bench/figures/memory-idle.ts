import { type Figure, peer } from '../figure.ts'
import { bareHttpPss } from '../support/bare-http.ts'
import { idleFleet, idlePm2 } from '../support/idle-fleet.ts'

export const memoryIdle: Figure = {
  name: 'memory-idle',
  title: 'Telegram worker, idle, PSS, 50 running',
  unit: 'MiB',
  digits: 1,
  floor: 'bare Node HTTP process, 50 running',
  reach: { text: 'ratio <= 1.8', holds: ({ ratio }) => ratio !== undefined && ratio.median <= 1.8 },
  how: 'The median PSS (`smaps_rollup`) of 50 workers after 80 idle seconds; the floor is the median of 50 bare HTTP processes on the same Node, run alone. PM2: the median of its 50 telegraf bots.',
  measure: async (run) => ({
    ours: (await idleFleet(run)).workerPss,
    floor: await bareHttpPss(run),
    pm2: await peer(run, async () => (await idlePm2(run)).botPss),
    besides: { 'MiB PSS of the supervisor': (await idleFleet(run)).supervisorPss },
  }),
}
