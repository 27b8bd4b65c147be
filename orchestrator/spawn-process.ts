import { randomBytes } from 'node:crypto'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { Failure } from '../domain/failure.ts'
import type { ProcessIdentity } from '../domain/process-identity.ts'
import { identityOf } from '../runtime/process-identity.ts'
import { dropLogFile, namelessPrefix, placeLogFile } from './place-log-file.ts'
import type { WorkerEnd } from './slot.ts'
import { workerEnvironment, workerFlags } from './worker-flags.ts'

/** A worker process that has no name yet: it waits for its identity on stdin and ends when stdin closes. */
export interface NamelessProcess {
  readonly identity: ProcessIdentity
  readonly ended: Promise<WorkerEnd>
  /** Writes the one line by which it becomes somebody's worker, and closes stdin; its log becomes `<log>`. */
  name(identityLine: string, logPath: string): void
  /** Closes stdin without a name: the process ends. */
  dismiss(): void
}

export interface SpawnOptions {
  readonly bundle: string
  readonly logFolder: string
  /** Log files that are kept of a bot besides the present one. */
  readonly logFilesMax: number
  readonly heapMb: number
}

/**
 * Spawns a worker program: detached, so that it outlives us; under Node's permission model with the one file it needs
 * to read; with its output on file descriptors of an append-only log of its own; with an environment of a few allowed
 * names (design section 6). All workers of a platform start alike, so that a spare may become anybody's.
 */
export function spawnProcess(options: SpawnOptions): NamelessProcess {
  mkdirSync(options.logFolder, { recursive: true, mode: 0o700 })
  const logFile = join(options.logFolder, `${namelessPrefix}${randomBytes(6).toString('hex')}.log`)
  // execa's types name the descriptors 3 to 9 only; any open one works.
  const logFd = openLog(logFile) as 3
  try {
    const subprocess = execa(process.execPath, [...workerFlags(options), options.bundle], {
      detached: true,
      cleanup: false,
      reject: false,
      buffer: false,
      extendEnv: false,
      env: workerEnvironment(process.env),
      cwd: '/',
      stdin: 'pipe',
      stdout: logFd,
      stderr: logFd,
    })
    const ended = subprocess.then((result): WorkerEnd => ({ exitCode: result.exitCode, signal: result.signal }))
    // A write to a process that is already gone is not our trouble: its end is.
    subprocess.stdin.on('error', () => {})
    const identity = subprocess.pid === undefined ? undefined : identityOf(subprocess.pid)
    if (identity === undefined) throw new Failure('unavailable', 'the worker process could not be started')
    subprocess.nodeChildProcess.unref()
    return {
      identity,
      ended,
      name: (line, logPath) => {
        placeLogFile(logFile, logPath, options.logFilesMax)
        subprocess.stdin.end(`${line}\n`)
      },
      dismiss: () => {
        dropLogFile(logFile)
        subprocess.stdin.end()
      },
    }
  } catch (error) {
    dropLogFile(logFile)
    throw error
  } finally {
    closeSync(logFd)
  }
}

/** A full disk must not keep a bot from running: it then runs without a log. */
function openLog(path: string): number {
  try {
    return openSync(path, 'ax', 0o600)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    return openSync('/dev/null', 'a')
  }
}
