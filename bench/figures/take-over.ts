import type { AuditLine } from '../../sandbox/audit.ts'
import type { Figure, Run } from '../figure.ts'
import { endWriters } from '../support/bench.ts'
import { Fleet } from '../support/fleet.ts'
import { signal } from '../support/processes.ts'
import { pause, until } from '../support/wait.ts'

const ttlSeconds = 30
const settleMs = 5000
/** After the take-over: long enough to see whether a second one polls. */
const watchMs = 10_000

export const takeOver: Figure = {
  name: 'take-over',
  title: 'take-over of a floating bot after its server was killed',
  unit: 's',
  digits: 1,
  reach: {
    text: `<= TTL (${ttlSeconds} s) + 5 s, never two pollers`,
    holds: ({ ours, besides }) => ours.max <= ttlSeconds + 5 && besides.get('polls that met another')?.max === 0,
  },
  how: `Two servers with the default lease of ${ttlSeconds} s on one database; the supervisor that runs a floating bot is killed with its workers. The time runs from that kill to the bot's first poll from the other server. Two pollers would show in the sandbox's audit as polls of one connection between those of another, or as a conflict.`,
  measure: (run) => measureOurs(run),
}

function measureOurs(run: Run) {
  const { signal: interrupted } = run.bench
  const options = { bots: 1, placement: 'floating', server: 'one' } as const
  return Fleet.use(run.bench, options, async (fleet) => {
    const servers = new Map([
      ['one', await fleet.servers.start('one')],
      ['two', await fleet.servers.start('two')],
    ])
    await fleet.servers.untilAllRun()
    await pause(settleMs, interrupted)
    const [view] = await fleet.servers.views()
    const home = servers.get(view?.server_name ?? '')
    if (home === undefined) throw new Error('the bot runs nowhere')
    const killedAtMs = Date.now()
    signal(home.pid, 'SIGKILL')
    await endWriters(fleet.servers.logsOf(view?.server_name ?? ''))
    const what = 'a poll from the other server'
    const polled = await until(async () => pollAfter(await fleet.sandbox.audit(), killedAtMs), {
      signal: interrupted,
      what,
      limitMs: (ttlSeconds + 60) * 1000,
      everyMs: 100,
    })
    await pause(watchMs, interrupted)
    return {
      ours: (polled - killedAtMs) / 1000,
      besides: { 'polls that met another': pollsThatMetAnother(await fleet.sandbox.audit()) },
    }
  })
}

/** The dead server's last poll may have been sent before the kill and noted after it. */
const inFlightMs = 200

function pollAfter(lines: readonly AuditLine[], sinceMs: number): number | undefined {
  return lines.find(({ kind, atMs }) => kind === 'polled' && atMs > sinceMs + inFlightMs)?.atMs
}

/** Conflicts, and polls of a connection that had already given way to another. */
function pollsThatMetAnother(lines: readonly AuditLine[]): number {
  const left = new Set<number>()
  let current: number | undefined
  let met = 0
  for (const line of lines) {
    if (line.kind === 'conflict') met += 1
    if (line.kind !== 'polled' || line.connection === current) continue
    if (current !== undefined) left.add(current)
    if (left.has(line.connection)) met += 1
    current = line.connection
  }
  return met
}
