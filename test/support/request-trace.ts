/**
 * Which process stands behind each request that the sandbox saw. A request names only its connection; the process is
 * the one whose descriptor holds that socket, and it is looked up while the request is being answered.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { formatProcessIdentity } from '../../domain/process-identity.ts'
import { identityOf } from '../../runtime/process-identity.ts'
import type { AuditLine } from '../../sandbox/audit.ts'

const roundsEveryMs = 10

/** Something a bot's process did or received. */
export interface TracedRequest {
  /** When it was read. */
  readonly atMs: number
  /** When it came at the earliest: a busy machine lets it wait before it is read. */
  readonly earliestMs: number
  readonly botId: number
  readonly kind: 'polled' | 'delivered' | 'sent' | 'edited' | 'conflict'
  /** The process identity as the database writes it; undefined when it was gone before we looked. */
  readonly process: string | undefined
  /** Of a conflict: whose poll it was that ended this one. */
  readonly by?: string | undefined
}

export class RequestTrace {
  readonly requests: TracedRequest[] = []
  readonly #program: string
  /** The process behind each poll that was seen to begin. */
  readonly #pollers = new Map<number, string | undefined>()
  /** The process behind each bot's newest poll. */
  readonly #newest = new Map<number, string | undefined>()
  /** The pid that was behind a bot's last request: most often it is behind the next one, too. */
  readonly #lastPids = new Map<number, number>()

  #sandboxPort = 0
  /** When our own event loop last came round, and the time before: what came between the two is read after both. */
  #roundMs: readonly [number, number] = [Date.now(), Date.now()]
  readonly #rounds = setInterval(() => {
    this.#roundMs = [this.#roundMs[1], Date.now()]
  }, roundsEveryMs)

  /** `program`: what the command line of the processes in question contains. */
  constructor(program: string) {
    this.#program = program
  }

  /** Where the requests go. Another connection of this host may have the same local port towards elsewhere. */
  goingTo(apiRoot: string): void {
    this.#sandboxPort = Number(new URL(apiRoot).port)
  }

  stop(): void {
    clearInterval(this.#rounds)
  }

  /** For the sandbox's `onAudit`. */
  readonly note = (line: AuditLine): void => {
    const { atMs, botId, kind } = line
    const at = { atMs, earliestMs: Math.min(atMs, this.#roundMs[0]) }
    switch (kind) {
      case 'polled': {
        const process = this.#processBehind(botId, line.connection)
        this.#pollers.set(line.pollId, process)
        this.#newest.set(botId, process)
        return void this.requests.push({ ...at, botId, kind, process })
      }
      case 'delivered':
        return void this.requests.push({ ...at, botId, kind, process: this.#pollers.get(line.pollId) })
      case 'conflict': {
        const by = this.#newest.get(botId)
        return void this.requests.push({ ...at, botId, kind, process: this.#pollers.get(line.pollId), by })
      }
      case 'sent':
      case 'edited':
        return void this.requests.push({ ...at, botId, kind, process: this.#processBehind(botId, line.connection) })
      default:
        return undefined
    }
  }

  #processBehind(botId: number, port: number): string | undefined {
    const inode = inodeOf(port, this.#sandboxPort)
    if (inode === undefined) return undefined
    const last = this.#lastPids.get(botId)
    const pid = last !== undefined && holds(last, inode) ? last : this.#pids().find((one) => holds(one, inode))
    if (pid === undefined) return undefined
    this.#lastPids.set(botId, pid)
    const identity = identityOf(pid)
    return identity === undefined ? undefined : formatProcessIdentity(identity)
  }

  #pids(): number[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && readQuietly(`/proc/${name}/cmdline`).includes(this.#program))
      .map(Number)
  }
}

/** The inode of the open socket between these ports of 127.0.0.1; one that only lingers has none. */
function inodeOf(from: number, to: number): string | undefined {
  const ends = `${addressOf(from)} ${addressOf(to)} `
  const line = readQuietly('/proc/net/tcp')
    .split('\n')
    .find((one) => one.includes(ends))
  const inode = line?.trim().split(/\s+/)[9]
  return inode === '0' ? undefined : inode
}

function addressOf(port: number): string {
  return `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`
}

function holds(pid: number, inode: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => linkOf(`/proc/${pid}/fd/${fd}`) === `socket:[${inode}]`)
  } catch {
    return false
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

function readQuietly(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
