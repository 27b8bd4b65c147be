import fc from 'fast-check'
import { expect, test } from 'vitest'
import { monotonicClock, systemClock } from '../../runtime/clock.ts'

/** A host whose clocks are set by hand. */
class Host {
  running = 5000
  wall = 1_700_000_000_000
  boot: number | undefined = 90_000
  readonly read = monotonicClock({
    runningMs: () => this.running,
    wallMs: () => this.wall,
    // The kernel gives hundredths of a second.
    sinceBootMs: () => (this.boot === undefined ? undefined : Math.floor(this.boot / 10) * 10),
  })

  pass(ms: number): void {
    this.running += ms
    this.wall += ms
    if (this.boot !== undefined) this.boot += ms
  }

  suspend(ms: number): void {
    this.wall += ms
    if (this.boot !== undefined) this.boot += ms
  }
}

test('time that the host slept is counted, at the first look after it woke', () => {
  const host = new Host()
  const before = host.read()
  host.suspend(3_600_000)
  expect(host.read() - before).toBeGreaterThan(3_599_000)
  expect(host.read() - before).toBeLessThan(3_601_000)
})

test('a wall clock that is set does not count', () => {
  const host = new Host()
  const before = host.read()
  host.wall += 3_600_000
  expect(host.read()).toBe(before)
  host.wall -= 7_200_000
  expect(host.read()).toBe(before)
})

test('where no time since boot is known, suspended time is not counted, and nothing else either', () => {
  const host = new Host()
  host.boot = undefined
  const read = monotonicClock({
    runningMs: () => host.running,
    wallMs: () => host.wall,
    sinceBootMs: () => host.boot,
  })
  const before = read()
  host.suspend(10_000)
  host.pass(2000)
  expect(read() - before).toBe(2000)
})

test('it never goes back, and never ahead of what has passed', () => {
  const step = fc.record({ kind: fc.constantFrom('pass', 'suspend', 'set'), ms: fc.nat(20_000) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const host = new Host()
      const start = host.read()
      let [passed, last] = [0, start]
      for (const { kind, ms } of steps) {
        if (kind === 'pass') host.pass(ms)
        else if (kind === 'suspend') host.suspend(ms)
        else host.wall += ms - 10_000
        if (kind !== 'set') passed += ms
        const now = host.read()
        expect(now).toBeGreaterThanOrEqual(last)
        expect(now - start).toBeLessThanOrEqual(passed + 20)
        last = now
      }
    }),
  )
})

test('the system clock goes on by itself', async () => {
  const before = systemClock.monotonicMs()
  await new Promise((resolve) => setTimeout(resolve, 30))
  const passed = systemClock.monotonicMs() - before
  expect(passed).toBeGreaterThan(25)
  expect(passed).toBeLessThan(5000)
})
