import { isPidGone } from '../../test/support/faults.ts'
import { type Figure, peer, type Run } from '../figure.ts'
import { Fleet } from '../support/fleet.ts'
import { fleetSize } from '../support/idle-fleet.ts'
import { Pm2 } from '../support/pm2.ts'
import { signal } from '../support/processes.ts'
import { Traffic } from '../support/traffic.ts'
import { pause } from '../support/wait.ts'

const beforeMs = 5000
/** How long nobody supervises. */
const gapMs = 3000
/** LEASE_TTL_SECONDS is 30 by default: whoever was not adopted has ended by itself before this is over. */
const afterMs = 45_000
const messageEveryMs = 50
const lastAnswersMs = 60_000

export const adoption: Figure = {
  name: 'adoption',
  title: `SIGKILL of the supervisor with ${fleetSize} bots, start again: pids kept`,
  unit: `of ${fleetSize}`,
  digits: 0,
  reach: {
    text: `${fleetSize} of ${fleetSize}, none lost, none twice`,
    holds: ({ ours, besides }) =>
      ours.min === fleetSize && besides.get('messages lost')?.max === 0 && besides.get('answered twice')?.max === 0,
  },
  how: `People write to all bots, ${1000 / messageEveryMs} messages a second, each person once, while the supervisor is killed and ${gapMs / 1000} s later another is started. ${afterMs / 1000} s after that, when no worker could still live on its old lease, the pids of running bots are compared with those before; then the sandbox's audit says which messages have no answer, or two. PM2: its daemon is killed, and \`pm2 resurrect\` follows.`,
  measure: async (run) => ({ ...(await measureOurs(run)), pm2: await peer(run, () => measurePm2(run)) }),
}

function measureOurs(run: Run) {
  const { signal: interrupted } = run.bench
  return Fleet.use(run.bench, { bots: fleetSize }, async (fleet) => {
    const first = await fleet.servers.start()
    const before = await fleet.servers.untilAllRun()
    const traffic = new Traffic(fleet, { everyMs: messageEveryMs, signal: interrupted })
    await pause(beforeMs, interrupted)
    signal(first.pid, 'SIGKILL')
    await pause(gapMs, interrupted)
    await fleet.servers.start()
    await pause(afterMs, interrupted)
    const after = await fleet.servers.untilAllRun()
    const kept = [...before].filter(([id, pid]) => after.get(id) === pid && !isPidGone(pid)).length
    const { sent, lost, twice, longestWaitMs } = await traffic.end(lastAnswersMs)
    return {
      ours: kept,
      besides: {
        'messages lost': lost,
        'answered twice': twice,
        'messages sent': sent,
        's the longest wait for an answer': longestWaitMs / 1000,
      },
    }
  })
}

function measurePm2(run: Run): Promise<number> {
  return Pm2.use(run.bench, { bots: fleetSize }, async (peers) => {
    await peers.sandbox.firstPolls(peers.bots, await peers.start())
    await peers.command('save')
    const before = await peers.pids()
    signal(peers.daemonPid, 'SIGKILL')
    await pause(gapMs, run.bench.signal)
    await peers.command('resurrect')
    const after = await peers.pids()
    return before.filter((pid, index) => after[index] === pid && !isPidGone(pid)).length
  })
}
