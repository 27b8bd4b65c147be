/** Looking at processes through /proc, and ending those that the bench has started. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { readProcStat } from '../../runtime/proc-stat.ts'
import { identityOf, signalProcess } from '../../runtime/process-identity.ts'
import { kill, processOf } from '../../test/support/faults.ts'

/** Proportional set size in MiB: what is shared with others counts by its share. */
export function pssMib(pid: number): number {
  const kib = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1]
  return Number(kib) / 1024
}

/** Processor time used so far, of all its threads, in its own code and the kernel's. */
export function cpuMs(pid: number): number {
  const stat = readProcStat(pid)
  if (stat === undefined) throw new Error(`process ${pid} is gone`)
  return stat.cpuMs
}

/** How a program was started: enough to start the same. */
export interface Launch {
  readonly command: string
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string>>
}

/** Reads how a process of ours was started, so that its floor runs under the very same flags. */
export function launchOf(pid: number): Launch {
  const words = (file: string) =>
    readFileSync(`/proc/${pid}/${file}`, 'utf8')
      .split('\0')
      .filter((word) => word !== '')
  const [command, ...args] = words('cmdline')
  if (command === undefined) throw new Error(`process ${pid} is gone`)
  const pairs = words('environ').map((pair): [string, string] => {
    const at = pair.indexOf('=')
    return [pair.slice(0, at), pair.slice(at + 1)]
  })
  return { command, args, environment: Object.fromEntries(pairs) }
}

/**
 * Processes whose output goes into a file below the folder: the workers of a supervisor that was killed, its spares
 * too, are found by the logs they write.
 */
export function writersBelow(folder: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid && writesBelow(pid, folder))
}

function writesBelow(pid: number, folder: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/fd/1`).startsWith(`${folder}/`)
  } catch {
    return false
  }
}

/** Kills a process, if it is still there, and waits until it is gone. */
export async function endByPid(pid: number): Promise<void> {
  const identity = identityOf(pid)
  if (identity !== undefined) await kill(identity)
}

/** Signals a process of ours; throws when it is gone. */
export function signal(pid: number, name: NodeJS.Signals): void {
  if (!signalProcess(processOf(pid), name)) throw new Error(`process ${pid} is gone`)
}
