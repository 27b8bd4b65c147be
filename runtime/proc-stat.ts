import { readFileSync } from 'node:fs'
import { uptime } from 'node:os'

/** What `/proc/<pid>/stat` says of a process. */
export interface ProcStat {
  /** `R`, `S`, `T`, `Z` ... */
  readonly state: string
  /** When it began, in ticks since the host's boot; two processes of one pid differ in it. */
  readonly startTicks: string
  /** Processor time of all its threads, in its own code and the kernel's. */
  readonly cpuMs: number
  /** Resident set size, in pages of `readPageBytes()`. */
  readonly memoryPages: number
}

/** The kernel counts in hundredths of a second towards programs, whatever its own clock does (time(7)). */
const tickMs = 10

/** Reads it in one piece; undefined when there is no such process. */
export function readProcStat(pid: number): ProcStat | undefined {
  const fields = fieldsOf(pid)
  if (fields === undefined) return undefined
  return {
    state: fields[0] ?? '?',
    startTicks: fields[19] ?? '',
    cpuMs: (Number(fields[11]) + Number(fields[12])) * tickMs,
    memoryPages: Number(fields[21]),
  }
}

/** For how long a process that began at `startTicks` has been there. */
export function ageMs(startTicks: string): number {
  return uptime() * 1000 - Number(startTicks) * tickMs
}

function fieldsOf(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The command name stands in parentheses and may itself hold spaces and parentheses.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ESRCH') return undefined
    throw error
  }
}

/**
 * How large a page of memory is on this host. A power of two: what this process weighs in bytes over what it weighs in
 * pages, which are read a moment apart.
 */
export function readPageBytes(): number {
  const pages = readProcStat(process.pid)?.memoryPages ?? Number.NaN
  return 2 ** Math.round(Math.log2(process.memoryUsage.rss() / pages))
}
