/** The real `./botfleet` as a child process. */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..', '..')

export interface CliRun {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

type Environment = Readonly<Record<string, string>>

function start(parameters: readonly string[], environment: Environment, cwd: string): ChildProcess {
  return spawn(join(root, 'botfleet'), parameters, {
    cwd,
    env: { PATH: process.env['PATH'] ?? '', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** Runs a command to its end. */
export function runCli(parameters: readonly string[], environment: Environment, cwd: string): Promise<CliRun> {
  return new Promise((resolve) => {
    const child = start(parameters, environment, cwd)
    const output = { stdout: '', stderr: '' }
    child.stdout?.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()))
    child.stderr?.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()))
    child.on('close', (code) => resolve({ code, ...output }))
  })
}

/** A command that stays: `serve` or `demo`. */
export class StayingCli {
  readonly child: ChildProcess
  stdout = ''
  stderr = ''
  readonly ended: Promise<number | null>

  constructor(parameters: readonly string[], environment: Environment, cwd: string) {
    this.child = start(parameters, environment, cwd)
    this.child.stdout?.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()))
    this.child.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()))
    this.ended = new Promise((resolve) => this.child.on('close', (code) => resolve(code)))
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error('the process did not start')
    return this.child.pid
  }

  /** Ends it in order and gives its exit code. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal)
    return this.ended
  }
}
