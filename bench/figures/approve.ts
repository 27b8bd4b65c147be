import type { Figure, Run } from '../figure.ts'
import { bots, coldStart, restMs } from '../support/cold-start.ts'
import { Fleet } from '../support/fleet.ts'
import { medianOf } from '../support/spread.ts'
import { pause } from '../support/wait.ts'

export const approve: Figure = {
  name: 'approve',
  title: 'approve until polling, supervisor running',
  unit: 'ms',
  digits: 0,
  floor: 'the same worker, spawned cold',
  reach: { text: 'ratio <= 1.0', holds: ({ ratio }) => ratio !== undefined && ratio.median <= 1 },
  how: `From before the transaction that approves a bot to its first poll in the sandbox, the median of ${bots} bots of one running server, one after another. The floor: from the spawning of the same worker by a bare loop to its first poll.`,
  measure: async (run) => ({ ours: await measureOurs(run), floor: (await coldStart(run)).spawnUntilPoll }),
}

function measureOurs(run: Run): Promise<number> {
  return Fleet.use(run.bench, { bots, approved: false }, async (fleet) => {
    await fleet.servers.start()
    const times: number[] = []
    for (const bot of fleet.bots) {
      await pause(restMs, run.bench.signal)
      const approvedAtMs = Date.now()
      await fleet.servers.approve(bot)
      const [polledAtMs = 0] = await fleet.sandbox.firstPolls([bot], approvedAtMs)
      times.push(polledAtMs - approvedAtMs)
    }
    return medianOf(times)
  })
}
