/** What restart and approve are held against: how long the same worker takes when a bare loop starts it cold. */
import type { Run } from '../figure.ts'
import { type BareLoop, useBareLoop } from './bare-loop.ts'
import { Fleet } from './fleet.ts'
import { type Launch, launchOf, signal } from './processes.ts'
import type { SandboxBot, SandboxClient } from './sandbox-client.ts'
import { medianOf } from './spread.ts'
import { pause } from './wait.ts'

/** Bots of a run, each killed once: a second kill would meet the back-off. */
export const bots = 5
/** Between two kills: long enough for whatever is prepared anew after one. */
export const restMs = 2000

/** A worker that runs, and someone who talks to it. */
export interface Victim {
  readonly sandbox: SandboxClient
  readonly bot: SandboxBot
  readonly pid: number
}

/**
 * Kills a worker and measures until a person is answered. It is frozen first, so that the message which is sent then
 * still waits when it dies.
 */
export async function killUntilAnswer({ sandbox, bot, pid }: Victim): Promise<number> {
  const person = await sandbox.addPerson()
  signal(pid, 'SIGSTOP')
  await sandbox.say(bot.botId, person, '/id')
  const killedAtMs = Date.now()
  signal(pid, 'SIGKILL')
  return (await sandbox.answerAfter(bot.botId, killedAtMs)) - killedAtMs
}

export interface ColdStart {
  /** The medians of a run, in milliseconds. */
  readonly killUntilAnswer: number
  readonly spawnUntilPoll: number
}

/** Measured once a run. */
export function coldStart(run: Run): Promise<ColdStart> {
  return run.once('cold start', async () => {
    const options = { how: 'child_process', bots, launch: await workerLaunch(run) } as const
    const kills = await useBareLoop(run.bench, options, (loop) => killEach(run, loop))
    return {
      killUntilAnswer: medianOf(kills.map((kill) => kill.untilAnswer)),
      spawnUntilPoll: medianOf(kills.map((kill) => kill.untilPoll)),
    }
  })
}

/** How our own workers are started: flags and environment of one that runs. */
export function workerLaunch(run: Run): Promise<Launch> {
  return run.once('worker launch', () =>
    Fleet.use(run.bench, { bots: 1 }, async (fleet) => {
      await fleet.servers.start()
      const [pid = 0] = [...(await fleet.servers.untilAllRun()).values()]
      return launchOf(pid)
    }),
  )
}

async function killEach(run: Run, loop: BareLoop): Promise<{ untilAnswer: number; untilPoll: number }[]> {
  const { sandbox } = loop
  await sandbox.firstPolls(loop.bots, loop.startedAtMs)
  const kills: { untilAnswer: number; untilPoll: number }[] = []
  for (const [index, bot] of loop.bots.entries()) {
    await pause(restMs, run.bench.signal)
    const untilAnswer = await killUntilAnswer({ sandbox, bot, pid: loop.pidOf(index) })
    const spawnedAtMs = loop.spawnedAtMs(index)
    const [polledAtMs = 0] = await sandbox.firstPolls([bot], spawnedAtMs)
    kills.push({ untilAnswer, untilPoll: polledAtMs - spawnedAtMs })
  }
  return kills
}
