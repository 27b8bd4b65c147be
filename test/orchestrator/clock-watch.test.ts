/** Readings of the database's clock, on a monotonic clock that is moved by hand; the pause is recorded for real. */
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { clockJumpMaxMs } from '../../domain/expiry-pause.ts'
import { ClockWatch } from '../../orchestrator/clock-watch.ts'
import type { OrchestratorContext } from '../../orchestrator/context.ts'
import type { Clock } from '../../runtime/clock.ts'
import { createLog } from '../../runtime/log.ts'
import { confirmClock } from '../../services/confirm-clock.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { ownerActor } from '../support/rig.ts'

const hourMs = 3_600_000
const epochMs = Date.parse('2026-03-01T12:00:00Z')

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase()
})
afterAll(() => db.drop())
beforeEach(() => db.database.query('delete from expiry_pause'))

/** One server whose monotonic clock, wall clock and database's clock are all set by hand. */
class Bench {
  nowMs = 1000
  wallOffsetMs = epochMs
  databaseOffsetMs = epochMs
  readonly logLines: string[] = []
  jumps = 0
  readonly watch: ClockWatch

  constructor(server = 'alpha') {
    const clock: Clock = {
      monotonicMs: () => this.nowMs,
      wallMs: () => this.nowMs + this.wallOffsetMs,
      setTimer: () => () => {},
    }
    const log = createLog({ level: 'debug', name: server, write: (line) => void this.logLines.push(line) })
    const context = { server, clock, log, database: db.database } as OrchestratorContext
    this.watch = new ClockWatch(context, () => {
      this.jumps += 1
    })
  }

  /** A statement that takes `tookMs`, and reads the clock after `atMs` of it. */
  read(tookMs = 10, atMs = tookMs / 2) {
    const sentAtMs = this.nowMs
    const clockMs = sentAtMs + atMs + this.databaseOffsetMs
    this.nowMs += tookMs
    return this.watch.judge({ clockMs, sentAtMs, receivedAtMs: this.nowMs })
  }
}

const pauses = async () =>
  (await db.database.query<{ stands_at: Date; noticed_by: string }>('select stands_at, noticed_by from expiry_pause'))
    .rows
const confirm = () => db.database.transaction((tx) => confirmClock(tx, ownerActor, {}))

test('a jump is doubtful until its pause is recorded, and steady from the next reading on', async () => {
  const bench = new Bench()
  expect(await bench.read()).toBe('steady')
  bench.nowMs += 15_000
  bench.databaseOffsetMs += hourMs
  expect(await bench.read()).toBe('doubtful')
  const [pause] = await pauses()
  expect(Math.abs((pause?.stands_at.getTime() ?? 0) - (bench.nowMs + epochMs))).toBeLessThan(20)
  expect(bench.jumps).toBe(1)
  expect(await bench.read()).toBe('steady')
  expect(await pauses()).toHaveLength(1)
})

test('readings that meet while the pause is being recorded are all doubtful, and make one pause', async () => {
  const bench = new Bench()
  await bench.read()
  bench.databaseOffsetMs -= hourMs
  expect(await Promise.all([bench.read(), bench.read(), bench.read()])).toEqual(['doubtful', 'doubtful', 'doubtful'])
  expect(bench.jumps).toBe(1)
  expect(await pauses()).toHaveLength(1)
})

test('a process that was stopped in the middle of a statement sees no jump, and takes no plan of that age', async () => {
  const bench = new Bench()
  await bench.read()
  expect(await bench.read(hourMs, 5)).toBe('doubtful')
  expect(await bench.read(hourMs, hourMs - 5)).toBe('doubtful')
  expect(await bench.read()).toBe('steady')
  expect(await pauses()).toEqual([])
})

test('a jump while the process was stopped is noticed by the next reading', async () => {
  const bench = new Bench()
  await bench.read()
  bench.databaseOffsetMs += hourMs
  expect(await bench.read(2 * hourMs, 5)).toBe('doubtful')
  expect(await pauses()).toEqual([])
  expect(await bench.read()).toBe('doubtful')
  expect(await pauses()).toHaveLength(1)
})

test('a reading from before the jump that comes late is no jump back', async () => {
  const bench = new Bench()
  await bench.read()
  const late = {
    clockMs: bench.nowMs + bench.databaseOffsetMs,
    sentAtMs: bench.nowMs - 1,
    receivedAtMs: bench.nowMs + 50,
  }
  bench.nowMs += 20
  bench.databaseOffsetMs += hourMs
  await bench.read()
  expect(await bench.watch.judge(late)).toBe('doubtful')
  expect(bench.jumps).toBe(1)
})

test('a pause that cannot be recorded leaves every reading doubtful', async () => {
  const bench = new Bench()
  await bench.read()
  bench.databaseOffsetMs += hourMs
  await db.database.query('alter table expiry_pause rename to expiry_pause_away')
  await expect(bench.read()).rejects.toThrow(/expiry_pause/)
  await db.database.query('alter table expiry_pause_away rename to expiry_pause')
  expect(await bench.read()).toBe('doubtful')
  expect(await pauses()).toHaveLength(1)
})

test('a server that was cut off does not pause again for a jump that was confirmed meanwhile', async () => {
  const [alpha, beta] = [new Bench('alpha'), new Bench('beta')]
  for (const bench of [alpha, beta]) {
    await bench.read()
    bench.nowMs += 60_000
    bench.databaseOffsetMs += hourMs
  }
  await alpha.read()
  await confirm()
  beta.nowMs += 600_000
  expect(await beta.read()).toBe('doubtful')
  expect(beta.logLines.join('')).toContain('an operator has confirmed it before')
  expect(await beta.read()).toBe('steady')
  expect(await pauses()).toHaveLength(1)
  // The next jump of the same length is another one.
  beta.nowMs += 60_000
  beta.databaseOffsetMs += hourMs
  await beta.read()
  expect(await pauses()).toHaveLength(2)
})

test('at the start a difference from the host pauses where the earlier of the two clocks stands', async () => {
  const bench = new Bench()
  bench.databaseOffsetMs += hourMs
  expect(await bench.read()).toBe('doubtful')
  expect((await pauses())[0]?.stands_at.getTime()).toBe(1000 + epochMs)
  expect(await bench.read()).toBe('steady')
})

test('a clock that moves by less than 5 minutes is steady, by more is not, however long readings take', async () => {
  const tookMs = fc.nat(5000)
  const moves = fc.array(fc.record({ ms: fc.integer({ min: -290_000, max: 290_000 }), tookMs }), { maxLength: 10 })
  const jump = fc.record({
    ms: fc.integer({ min: clockJumpMaxMs + 10_001, max: 10 * hourMs }),
    back: fc.boolean(),
    tookMs,
  })
  await fc.assert(
    fc.asyncProperty(moves, jump, async (steps, last) => {
      await db.database.query('delete from expiry_pause')
      const bench = new Bench()
      await bench.read(last.tookMs)
      for (const { ms, tookMs: took } of steps) {
        bench.databaseOffsetMs += ms
        expect(await bench.read(took)).toBe('steady')
      }
      expect(bench.jumps).toBe(0)
      bench.databaseOffsetMs += last.back ? -last.ms : last.ms
      expect(await bench.read(last.tookMs)).toBe('doubtful')
      expect(bench.jumps).toBe(1)
    }),
    { numRuns: 50 },
  )
})
