import { type Figure, peer } from '../figure.ts'
import { idleFleet, idlePm2 } from '../support/idle-fleet.ts'

export const supervisorCpu: Figure = {
  name: 'supervisor-cpu',
  title: 'supervisor with 50 idle workers, CPU',
  unit: '% of a core',
  digits: 2,
  reach: { text: '<= 0.3 % of a core', holds: ({ ours }) => ours.median <= 0.3 },
  how: "The supervisor's user and system time (`/proc/<pid>/stat`) over 60 s, 20 s after its 50th bot ran. PM2: its daemon's, with 50 telegraf bots.",
  measure: async (run) => ({
    ours: (await idleFleet(run)).supervisorCpu,
    pm2: await peer(run, async () => (await idlePm2(run)).daemonCpu),
  }),
}
