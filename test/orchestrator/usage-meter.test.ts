import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test, vi } from 'vitest'
import { UsageMeter } from '../../orchestrator/usage-meter.ts'
import { systemClock } from '../../runtime/clock.ts'
import { readOwnIdentity } from '../../runtime/process-identity.ts'
import { kill, processOf } from '../support/faults.ts'

const own = readOwnIdentity()

test('memory is what the process itself says, within what changes meanwhile', () => {
  const [usage] = new UsageMeter(systemClock).measure([own])
  expect(Math.abs(Number(usage?.memoryBytes) / process.memoryUsage.rss() - 1)).toBeLessThan(0.2)
})

test('a process that works is seen to work, one that sleeps is not, and one that is gone is left out', async () => {
  const busy = spawn('sh', ['-c', 'while :; do :; done'], { stdio: 'ignore' })
  const idle = spawn('sleep', ['600'], { stdio: 'ignore' })
  const worker = processOf(busy.pid)
  const identities = [worker, processOf(idle.pid)]
  try {
    const meter = new UsageMeter(systemClock)
    meter.measure(identities)
    await vi.waitFor(
      () => {
        const [worked, slept] = meter.measure(identities)
        expect(worked?.cpuPercent).toBeGreaterThan(1)
        expect(slept?.cpuPercent).toBe(0)
      },
      { timeout: 30_000, interval: 200 },
    )
    const exit = once(busy, 'exit')
    await kill(worker)
    await exit
    expect(meter.measure(identities).map((usage) => usage !== undefined)).toEqual([false, true])
  } finally {
    for (const identity of identities) await kill(identity)
  }
})

test('a pid that belongs to somebody else now is not measured for its old owner', () => {
  expect(new UsageMeter(systemClock).measure([{ ...own, startTicks: '1' }])).toEqual([undefined])
})
