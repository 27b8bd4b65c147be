/** The floor of memory: bare Node HTTP processes, as many as workers run in ours. */
import { join } from 'node:path'
import type { Run } from '../figure.ts'
import { Child } from './child.ts'
import { pssMib } from './processes.ts'
import { medianOf } from './spread.ts'
import { pause } from './wait.ts'

const program = join(import.meta.dirname, '..', 'programs', 'bare-http.mjs')
const copies = 50
const settleMs = 10_000

/** The median PSS in MiB of 50 bare HTTP processes that have answered once; measured once a run. */
export function bareHttpPss(run: Run): Promise<number> {
  return run.once('bare HTTP', () => measure(run.bench.signal))
}

async function measure(signal: AbortSignal): Promise<number> {
  const children: Child[] = []
  try {
    for (let index = 0; index < copies; index += 1) {
      children.push(new Child({ command: process.execPath, args: [program], environment: production, signal }))
    }
    for (const child of children) {
      const [port] = await child.line(/^\d+$/)
      await (await fetch(`http://127.0.0.1:${port}/`)).text()
    }
    await pause(settleMs, signal)
    return medianOf(children.map(({ pid }) => pssMib(pid)))
  } finally {
    await Promise.all(children.map((child) => child.close()))
  }
}

const production = { NODE_ENV: 'production' }
