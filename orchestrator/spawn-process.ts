import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { execa } from 'execa'
import { Failure } from '../domain/failure.ts'
import type { ProcessIdentity } from '../domain/process-identity.ts'
import { identityOf } from '../runtime/process-identity.ts'
import type { WorkerEnd } from './slot.ts'

/** A worker process that has no name yet: it waits for its identity on stdin and ends when stdin closes. */
export interface NamelessProcess {
  readonly identity: ProcessIdentity
  readonly ended: Promise<WorkerEnd>
  /** Writes the one line by which it becomes somebody's worker, and closes stdin. */
  name(identityLine: string): void
  /** Closes stdin without a name: the process ends. */
  dismiss(): void
}

/** Names of the environment that reach a worker; nothing else does. */
const allowedEnvironment = [
  'HTTPS_PROXY',
  'https_proxy',
  'HTTP_PROXY',
  'http_proxy',
  'NO_PROXY',
  'no_proxy',
  'TZ',
  'LANG',
]

/**
 * Spawns a worker program: detached, so that it outlives us; under Node's permission model with the one file it needs
 * to read; with its output on file descriptors of an append-only log; with an environment of a few allowed names
 * (design section 6).
 */
export function spawnProcess(options: { bundle: string; logFile: string; heapMb: number }): NamelessProcess {
  mkdirSync(dirname(options.logFile), { recursive: true, mode: 0o700 })
  // execa's types name the descriptors 3 to 9 only; any open one works.
  const logFd = openSync(options.logFile, 'a', 0o600) as 3
  const subprocess = execa(
    process.execPath,
    [
      '--permission',
      `--allow-fs-read=${options.bundle}`,
      '--no-experimental-sqlite',
      '--report-exclude-env',
      '--no-deprecation',
      `--max-old-space-size=${options.heapMb}`,
      '--max-semi-space-size=1',
      options.bundle,
    ],
    {
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
    },
  )
  closeSync(logFd)
  const ended = subprocess.then((result): WorkerEnd => ({ exitCode: result.exitCode, signal: result.signal }))
  // A write to a process that is already gone is not our trouble: its end is.
  subprocess.stdin.on('error', () => {})
  const identity = subprocess.pid === undefined ? undefined : identityOf(subprocess.pid)
  if (identity === undefined) throw new Failure('unavailable', 'the worker process could not be started')
  subprocess.nodeChildProcess.unref()
  return {
    identity,
    ended,
    name: (line) => void subprocess.stdin.end(`${line}\n`),
    dismiss: () => void subprocess.stdin.end(),
  }
}

function workerEnvironment(source: NodeJS.ProcessEnv): Record<string, string> {
  const environment: Record<string, string> = { NODE_ENV: 'production' }
  for (const name of allowedEnvironment) {
    const value = source[name]
    if (value !== undefined) environment[name] = value
  }
  return environment
}
