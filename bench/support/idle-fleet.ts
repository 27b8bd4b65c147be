/** 50 idle bots on one server for a minute, with one bot on a server of its own beside them: three figures look at it. */
import type { Run } from '../figure.ts'
import type { Bench } from './bench.ts'
import { Fleet } from './fleet.ts'
import { Pm2 } from './pm2.ts'
import { cpuMs, pssMib } from './processes.ts'
import { medianOf } from './spread.ts'
import { StatementCount } from './statement-count.ts'
import { pause } from './wait.ts'

export const fleetSize = 50
/** After the last one has polled: what a start leaves behind is over. */
const settleMs = 20_000
const windowMs = 60_000

export interface IdleFleet {
  /** The median worker's PSS in MiB. */
  readonly workerPss: number
  readonly supervisorPss: number
  /** Percent of a core. */
  readonly supervisorCpu: number
  /** A minute. */
  readonly statements: number
  readonly statementsOfOneBot: number
}

/** Measured once a run. */
export function idleFleet(run: Run): Promise<IdleFleet> {
  return run.once('idle fleet', () =>
    Fleet.use(run.bench, { bots: fleetSize }, (many) =>
      Fleet.use(run.bench, { bots: 1 }, (one) => watch(run.bench, many, one)),
    ),
  )
}

async function watch(bench: Bench, many: Fleet, one: Fleet): Promise<IdleFleet> {
  const count = await StatementCount.begin(bench)
  try {
    const supervisor = await many.servers.start()
    await one.servers.start()
    await one.servers.untilAllRun()
    const pids = [...(await many.servers.untilAllRun()).values()]
    await pause(settleMs, bench.signal)
    count.take()
    const [beforeCpuMs, beforeMs] = [cpuMs(supervisor.pid), performance.now()]
    await pause(windowMs, bench.signal)
    const tookMs = performance.now() - beforeMs
    const usedMs = cpuMs(supervisor.pid) - beforeCpuMs
    const statements = count.take()
    const perMinute = (fleet: Fleet) => ((statements.get(fleet.servers.databaseName)?.length ?? 0) * 60_000) / tookMs
    return {
      workerPss: medianOf(pids.map(pssMib)),
      supervisorPss: pssMib(supervisor.pid),
      supervisorCpu: (usedMs / tookMs) * 100,
      statements: perMinute(many),
      statementsOfOneBot: perMinute(one),
    }
  } finally {
    await count.end()
  }
}

export interface IdlePm2 {
  readonly botPss: number
  readonly daemonCpu: number
}

/** The same of PM2 with 50 telegraf bots; measured once a run. */
export function idlePm2(run: Run): Promise<IdlePm2> {
  const { signal } = run.bench
  return run.once('idle PM2', () =>
    Pm2.use(run.bench, { bots: fleetSize }, async (pm2) => {
      await pm2.sandbox.firstPolls(pm2.bots, await pm2.start())
      const pids = await pm2.pids()
      await pause(settleMs, signal)
      const [beforeCpuMs, beforeMs] = [cpuMs(pm2.daemonPid), performance.now()]
      await pause(windowMs, signal)
      const usedMs = cpuMs(pm2.daemonPid) - beforeCpuMs
      const daemonCpu = (usedMs / (performance.now() - beforeMs)) * 100
      return { botPss: medianOf(pids.map(pssMib)), daemonCpu }
    }),
  )
}
