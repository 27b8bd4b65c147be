/** A supervisor in a process of its own (test/fixtures/supervisor.ts), to be killed, stopped and replaced. */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { SupervisorOrders } from '../fixtures/supervisor.ts'

const program = join(import.meta.dirname, '..', 'fixtures', 'supervisor.ts')

interface Word {
  readonly word: 'started' | 'refused' | 'gave up'
  readonly message?: string
  readonly serverEpoch?: number
}

export class SupervisorProcess {
  readonly child: ChildProcess
  readonly words: Word[] = []
  /** What it logged. */
  log = ''
  readonly ended: Promise<number | null>

  /** `wrap` runs it inside another program, such as `unshare --pid --fork`. */
  constructor(orders: SupervisorOrders, wrap: readonly string[] = []) {
    const [command = process.execPath, ...parameters] = [...wrap, process.execPath, '--no-warnings', program]
    this.child = spawn(command, parameters, { stdio: ['pipe', 'pipe', 'pipe'] })
    this.child.stderr?.on('data', (chunk: Buffer) => (this.log += chunk.toString()))
    if (this.child.stdout !== null) {
      createInterface({ input: this.child.stdout }).on('line', (text) => this.words.push(JSON.parse(text) as Word))
    }
    this.child.stdin?.on('error', () => {})
    this.child.stdin?.write(`${JSON.stringify(orders)}\n`)
    this.ended = new Promise((resolve) => this.child.on('close', (code) => resolve(code)))
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error('the supervisor did not start')
    return this.child.pid
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal)
  }

  /** Kills it without a word, and waits until it is gone. */
  async kill(): Promise<void> {
    this.signal('SIGKILL')
    await this.ended
  }

  /** Whether it still runs. */
  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null
  }
}
