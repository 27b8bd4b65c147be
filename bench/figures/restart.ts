import { type Figure, peer, type Run } from '../figure.ts'
import { bots, coldStart, killUntilAnswer, restMs, workerLaunch } from '../support/cold-start.ts'
import { Fleet } from '../support/fleet.ts'
import { Pm2 } from '../support/pm2.ts'
import { medianOf } from '../support/spread.ts'
import { pause } from '../support/wait.ts'

export const restart: Figure = {
  name: 'restart',
  title: 'kill -9 of a Telegram worker until a person is answered again',
  unit: 'ms',
  digits: 0,
  floor: 'the same worker, a bare `child_process` loop',
  reach: { text: 'ratio <= 0.5', holds: ({ ratio }) => ratio !== undefined && ratio.median <= 0.5 },
  how: `A message is sent to a frozen worker (SIGSTOP), which is then killed; the time runs from the kill to the moment at which the sandbox takes the answer. A run is the median of ${bots} workers, each killed once. The floor is a bare loop that starts the same bundle with the same flags at once, with a gateway that grants everything and needs no database; PM2 runs that bundle, too.`,
  measure: async (run) => ({
    ours: await measureOurs(run),
    floor: (await coldStart(run)).killUntilAnswer,
    pm2: await peer(run, () => measurePm2(run)),
  }),
}

function measureOurs(run: Run): Promise<number> {
  return Fleet.use(run.bench, { bots }, async (fleet) => {
    await fleet.servers.start()
    await fleet.servers.untilAllRun()
    const times: number[] = []
    for (const bot of fleet.bots) {
      await pause(restMs, run.bench.signal)
      times.push(await killUntilAnswer({ sandbox: fleet.sandbox, bot, pid: await fleet.servers.pidOf(bot) }))
    }
    return medianOf(times)
  })
}

async function measurePm2(run: Run): Promise<number> {
  return Pm2.use(run.bench, { bots, worker: await workerLaunch(run) }, async (peers) => {
    await peers.sandbox.firstPolls(peers.bots, await peers.start())
    const pids = await peers.pids()
    const times: number[] = []
    for (const [index, bot] of peers.bots.entries()) {
      await pause(restMs, run.bench.signal)
      times.push(await killUntilAnswer({ sandbox: peers.sandbox, bot, pid: pids[index] ?? 0 }))
    }
    return medianOf(times)
  })
}
