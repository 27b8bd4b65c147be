/** Faults on processes: frozen, thawed, killed, and never by pid alone. Faults on connections: `tcp-proxy.ts`. */
import { execFileSync } from 'node:child_process'
import type { Queryable } from '../../db/transaction.ts'
import { type ProcessIdentity, parseProcessIdentity } from '../../domain/process-identity.ts'
import { identityOf, livenessOf, signalProcess } from '../../runtime/process-identity.ts'

const lookEveryMs = 10

/** The identity of a living process; throws when there is none. */
export function processOf(pid: number | null | undefined): ProcessIdentity {
  const identity = pid === null || pid === undefined ? undefined : identityOf(pid)
  if (identity === undefined) throw new Error(`no process ${pid ?? 'at all'}`)
  return identity
}

/** Gone, or a zombie that its parent has not reaped yet. */
export function isGone(identity: ProcessIdentity): boolean {
  return livenessOf(identity) === 'dead'
}

/** The same of whatever process has this pid; also when there is none. */
export function isPidGone(pid: number | null): boolean {
  const identity = pid === null ? undefined : identityOf(pid)
  return identity === undefined || isGone(identity)
}

/** Stops a process in its tracks; its connections stay open and its timers run on. @returns whether it was alive. */
export function freeze(identity: ProcessIdentity): boolean {
  return signalProcess(identity, 'SIGSTOP')
}

/** Lets a frozen process go on. @returns whether it was alive. */
export function thaw(identity: ProcessIdentity): boolean {
  return signalProcess(identity, 'SIGCONT')
}

/** Kills a process, frozen or not, and waits until it is gone. @returns whether it was alive. */
export async function kill(identity: ProcessIdentity): Promise<boolean> {
  const wasAlive = signalProcess(identity, 'SIGKILL')
  while (!isGone(identity)) await new Promise((resolve) => setTimeout(resolve, lookEveryMs))
  return wasAlive
}

/** The process that holds an instance, as the database names it; undefined when none does or it is gone. */
export async function workerOf(database: Queryable, instanceId: string): Promise<ProcessIdentity | undefined> {
  const { rows } = await database.query<{ process: string | null }>(
    `select process from instance_lease where instance_id = $1 and phase <> 'idle'`,
    [instanceId],
  )
  const identity = parseProcessIdentity(rows[0]?.process ?? '')
  return identity === undefined || isGone(identity) ? undefined : identity
}

/**
 * Lowers or raises what a running process may use: open descriptors, or the size of the files that it writes, beyond
 * which a write fails as on a full disk. Works for root and for everybody else; needs `prlimit` of util-linux.
 */
export function limit(identity: ProcessIdentity, resource: 'nofile' | 'fsize', most: number | 'unlimited'): void {
  if (isGone(identity)) throw new Error(`process ${identity.pid} is gone`)
  execFileSync('prlimit', ['--pid', String(identity.pid), `--${resource}=${most}:`])
}
