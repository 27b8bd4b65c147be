/**
 * The floor of starting and restarting: the smallest loop that starts worker processes and starts each again at once
 * when it ends. It knows no lease, no epoch, no log and no back-off. Its work comes as one JSON line on stdin; it
 * writes a line for each start, and ends its workers when stdin closes.
 */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { granting, StandInGateway } from '../../test/support/stand-in-gateway.ts'
import { bareGrantMs } from '../support/bare-identity.ts'

export interface BareLoopWork {
  readonly how: 'child_process' | 'execa'
  readonly command: string
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly socket: string
  /** A line for each worker's stdin. */
  readonly identities: readonly string[]
}

/** What it writes of each start. */
export interface BareLoopStart {
  readonly index: number
  readonly pid: number
  readonly spawnedAtMs: number
}

interface Started {
  readonly pid: number
  readonly ended: Promise<unknown>
  kill(): void
}

/** Read before the line comes, as a supervisor loads what it needs before there is work. */
const { execa } = await import('execa')
const first = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const line = await first.next()
if (line.done !== true) await loop(JSON.parse(line.value) as BareLoopWork)

async function loop(work: BareLoopWork): Promise<void> {
  const running = new Set<Started>()
  const stopping = new AbortController()
  const gateway = await StandInGateway.start(work.socket, { heartbeat: () => granting(bareGrantMs) })
  const keep = async (index: number) => {
    while (!stopping.signal.aborted) {
      const spawnedAtMs = Date.now()
      const worker = work.how === 'execa' ? startByExeca(work, index) : startByChildProcess(work, index)
      running.add(worker)
      process.stdout.write(`${JSON.stringify({ index, pid: worker.pid, spawnedAtMs } satisfies BareLoopStart)}\n`)
      await worker.ended
      running.delete(worker)
    }
  }
  void Promise.all(work.identities.map((_identity, index) => keep(index)))
  await first.next()
  stopping.abort()
  for (const worker of running) worker.kill()
  await Promise.all([...running].map(({ ended }) => ended))
  gateway.stop()
}

function startByChildProcess(work: BareLoopWork, index: number): Started {
  const child = spawn(work.command, work.args, {
    cwd: '/',
    env: work.environment,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  child.stdin.on('error', () => {})
  child.stdin.end(`${work.identities[index] ?? ''}\n`)
  const ended = new Promise((resolve) => child.once('exit', resolve))
  return { pid: child.pid ?? 0, ended, kill: () => child.kill('SIGKILL') }
}

function startByExeca(work: BareLoopWork, index: number): Started {
  const child = execa(work.command, work.args, {
    cwd: '/',
    extendEnv: false,
    env: work.environment,
    reject: false,
    buffer: false,
    stdin: 'pipe',
    stdout: 'ignore',
    stderr: 'ignore',
  })
  child.stdin.on('error', () => {})
  child.stdin.end(`${work.identities[index] ?? ''}\n`)
  return { pid: child.pid ?? 0, ended: child.then(() => {}), kill: () => child.kill('SIGKILL') }
}
