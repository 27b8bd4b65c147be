import { readFileSync, readlinkSync } from 'node:fs'
import { judgeLiveness, type Liveness, type ProcessIdentity, type ProcessSighting } from '../domain/process-identity.ts'
import { type ProcStat, readProcStat } from './proc-stat.ts'

let ownPlace: Pick<ProcessIdentity, 'bootId' | 'pidNamespace'> | undefined

/** Boot id and pid namespace of this process; they do not change while it lives. */
function readOwnPlace(): Pick<ProcessIdentity, 'bootId' | 'pidNamespace'> {
  ownPlace ??= {
    bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
    pidNamespace: /\[(\d+)\]/.exec(readlinkSync('/proc/self/ns/pid'))?.[1] ?? '0',
  }
  return ownPlace
}

/** The identity of this process. */
export function readOwnIdentity(): ProcessIdentity {
  const identity = identityOf(process.pid)
  if (identity === undefined) throw new Error('/proc does not show this process')
  return identity
}

/** The identity of a process on this host; undefined when it is gone. */
export function identityOf(pid: number): ProcessIdentity | undefined {
  const stat = readProcStat(pid)
  return stat === undefined ? undefined : { ...readOwnPlace(), pid, startTicks: stat.startTicks }
}

function sightingOf(stat: ProcStat | undefined): ProcessSighting {
  return stat === undefined ? { kind: 'gone' } : { kind: 'seen', state: stat.state, startTicks: stat.startTicks }
}

/** Whether that very process is alive, dead, or cannot be judged from here. */
export function livenessOf(identity: ProcessIdentity): Liveness {
  return judgeLiveness(readOwnPlace(), identity, sightingOf(readProcStat(identity.pid)))
}

/** What /proc says of that very process, in one reading; undefined unless it is alive. */
export function statOfLiving(identity: ProcessIdentity): ProcStat | undefined {
  const stat = readProcStat(identity.pid)
  return judgeLiveness(readOwnPlace(), identity, sightingOf(stat)) === 'alive' ? stat : undefined
}

/** The state letter of that very process in /proc, such as `R` or `T`; undefined when it is gone. */
export function processState(identity: ProcessIdentity): string | undefined {
  const stat = readProcStat(identity.pid)
  return stat?.startTicks === identity.startTicks ? stat.state : undefined
}

/**
 * Signals a process only after its identity was checked; nothing is ever signalled by pid alone.
 * @returns whether the signal was sent.
 */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (livenessOf(identity) !== 'alive') return false
  try {
    process.kill(identity.pid, signal)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}
