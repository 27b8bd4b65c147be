import { type Figure, peer, type Run } from '../figure.ts'
import { useBareLoop } from '../support/bare-loop.ts'
import { workerLaunch } from '../support/cold-start.ts'
import { Fleet } from '../support/fleet.ts'
import { fleetSize } from '../support/idle-fleet.ts'
import { Pm2 } from '../support/pm2.ts'

export const fifty: Figure = {
  name: 'fifty',
  title: `${fleetSize} bots from \`serve\` to all polling`,
  unit: 'ms',
  digits: 0,
  floor: 'the same workers, a bare execa loop',
  reach: { text: 'ratio <= 1.5', holds: ({ ratio }) => ratio !== undefined && ratio.median <= 1.5 },
  how: 'From the spawning of `./botfleet serve` on a database with 50 approved bots to the first poll of the last one. The floor: from the spawning of a Node process whose only work is a loop of execa calls over the same bundle with the same flags. PM2: from `pm2 start` of the same 50 workers, its daemon included.',
  measure: async (run) => ({
    ours: await measureOurs(run),
    floor: await measureFloor(run),
    pm2: await peer(run, () => measurePm2(run)),
  }),
}

function measureOurs(run: Run): Promise<number> {
  return Fleet.use(run.bench, { bots: fleetSize }, async (fleet) => {
    const { startedAtMs } = fleet.servers.spawn()
    return Math.max(...(await fleet.sandbox.firstPolls(fleet.bots, startedAtMs))) - startedAtMs
  })
}

async function measureFloor(run: Run): Promise<number> {
  const options = { how: 'execa', bots: fleetSize, launch: await workerLaunch(run) } as const
  return useBareLoop(
    run.bench,
    options,
    async ({ sandbox, bots, startedAtMs }) => Math.max(...(await sandbox.firstPolls(bots, startedAtMs))) - startedAtMs,
  )
}

async function measurePm2(run: Run): Promise<number> {
  return Pm2.use(run.bench, { bots: fleetSize, worker: await workerLaunch(run) }, async (peers) => {
    const startedAtMs = await peers.start()
    return Math.max(...(await peers.sandbox.firstPolls(peers.bots, startedAtMs))) - startedAtMs
  })
}
