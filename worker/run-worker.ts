/**
 * The program of a worker process: it waits for its identity, reports by heartbeats, lets its channel run while its
 * deadline allows, and ends with a typed reason that it reports before it exits.
 */
import { createLog, type Log, writeWhole } from '../runtime/log.ts'
import type { Channel, ChannelContext } from './channel.ts'
import { readIdentity } from './read-identity.ts'
import { type PlatformStage, rehearse } from './rehearsal.ts'
import { WorkerProcess } from './worker-process.ts'

/** A worker that is to start at once has its identity by then; one that has not is a spare and has time. */
const rehearseAfterMs = 200

export interface WorkerProgram {
  readonly makeChannel: (context: ChannelContext) => Channel
  /** The platform that a spare rehearses with. */
  readonly stage: () => PlatformStage
}

/** Runs a worker to its end; the process exits when it resolves. */
export async function runWorker(program: WorkerProgram): Promise<void> {
  process.stdout.on('error', () => {})
  process.stderr.on('error', () => {})
  const drain = new AbortController()
  process.on('SIGTERM', () => drain.abort())
  process.on('SIGINT', () => {})
  const named = new AbortController()
  const rehearsal = setTimeout(() => void rehearse(program.makeChannel, program.stage, named.signal), rehearseAfterMs)
  const identity = await readIdentity(process.stdin)
  clearTimeout(rehearsal)
  named.abort()
  if (identity === undefined || drain.signal.aborted) return end(0)
  let logTrouble: string | undefined
  const log = createLog({
    level: identity.logLevel,
    name: identity.instanceId,
    write: (line) => writeWhole(1, line),
    onWritten: (trouble) => {
      logTrouble = trouble
    },
  })
  replaceConsole(log)
  const worker = new WorkerProcess(identity, { log, logTrouble: () => logTrouble }, drain)
  process.on('uncaughtException', (error) => worker.fail(error))
  process.on('unhandledRejection', (error) => worker.fail(error))
  const code = await worker.run(program.makeChannel)
  end(code)
}

/** Libraries that print go through the log, as text only: they must not hang their objects on it. */
function replaceConsole(log: Log): void {
  const say = (...parts: unknown[]) => {
    const text = parts.map((part) => (typeof part === 'string' ? part : `[${typeof part}]`)).join(' ')
    log.debug({ lib: text.slice(0, 500) }, 'a library printed')
  }
  Object.assign(globalThis.console, { log: say, info: say, warn: say, error: say, debug: say, trace: say, dir: say })
}

/** The one place where a worker exits: sockets and timers of libraries would keep it alive past its end. */
function end(code: number): void {
  // oxlint-disable-next-line unicorn/no-process-exit
  process.exit(code)
}
