/** The decision table of pairing, judged ends and the clock of a request: pure, row by row. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { desiredStates, statuses } from '../../domain/instance.ts'
import { parseSettings } from '../../domain/settings.ts'
import { type DecideContext, decide } from '../../orchestrator/decide.ts'
import { describeEnd, judgeEnd } from '../../orchestrator/judge-end.ts'
import { RestartSchedule } from '../../orchestrator/restart-schedule.ts'
import { RunLimit } from '../../orchestrator/run-limit.ts'
import { liveSlot, type Slot, type Worker } from '../../orchestrator/slot.ts'
import type { PlannedInstance } from '../../services/read-server-plan.ts'

const context: DecideContext = {
  server: 'alpha',
  nowMs: 1_000_000,
  mayStart: true,
  draining: false,
  stopsPinned: false,
  capacity: 10,
  hasRoom: true,
  heartbeatLimitMs: 3000,
  startTimeoutMs: 60_000,
  pollLimitMs: 90_000,
  memoryLimitBytes: 1e9,
}
const bot: PlannedInstance = {
  id: 'bot-1',
  tenant: 'master',
  platform: 'whatsapp',
  serverName: 'alpha',
  placement: 'pinned',
  status: 'new',
  desired: 'pairing',
  state: 'stopped',
  lastError: null,
  attempt: 0,
  expiresInMs: 60_000,
  pairingRequest: 7,
  nextTryInMs: null,
  restartRequested: 0,
  restartDone: 0,
  port: null,
  rateLimitRps: 1,
  maxConcurrentRequests: 3,
  lease: {
    phase: 'idle',
    epoch: 0,
    serverName: null,
    serverEpoch: 0,
    nonce: null,
    process: null,
    port: null,
    mayRunForMs: null,
  },
}
const worker = { platform: 'whatsapp', epoch: 1, nonce: 'n' } as Worker
const idle: Slot = { kind: 'idle' }
const live = (): Slot => liveSlot(worker, context.nowMs)
const resting: Slot = { kind: 'resting', state: 'logged_out' }

describe('what is decided of a bot that is to pair', () => {
  test.for([
    ['a new one is started', {}, idle, { kind: 'start' }],
    ['and its worker goes on', {}, live(), { kind: 'none' }],
    ['not past its request', { expiresInMs: 0 }, idle, { kind: 'none' }],
    ['nor is its worker kept', { expiresInMs: -1 }, live(), { kind: 'end', reason: 'pairing_over' }],
    ['nor without a request', { expiresInMs: null }, live(), { kind: 'end', reason: 'pairing_over' }],
    ['a new one that is wished stopped is', { desired: 'stopped' }, live(), { kind: 'end', reason: 'stopped' }],
    ['a new one does not run', { desired: 'running' }, idle, { kind: 'none' }],
    ['nor does its worker', { desired: 'running' }, live(), { kind: 'end', reason: 'stopped' }],
    ['an approved one that is stopped is started', { status: 'approved' }, idle, { kind: 'start' }],
    [
      'and ends with its request',
      { status: 'approved', expiresInMs: 0 },
      live(),
      { kind: 'end', reason: 'pairing_over' },
    ],
    ['a suspended one ends', { status: 'suspended' }, live(), { kind: 'end', reason: 'suspended' }],
    ['a deleted one ends', { status: 'deleted' }, live(), { kind: 'end', reason: 'deleted' }],
    ['an expired one ends', { status: 'expired' }, live(), { kind: 'end', reason: 'expired' }],
    ['a request starts what rests', { restartRequested: 1 }, resting, { kind: 'start' }],
    ['what rests without one rests on', {}, resting, { kind: 'none' }],
    ['a new request replaces the worker', { restartRequested: 1 }, live(), { kind: 'end', reason: 'restart' }],
  ] as const)('%s', ([, changes, slot, action]) => {
    expect(decide({ ...bot, ...changes }, slot, context)).toEqual(action)
  })

  test('nothing starts while the server may not start anything, is drained or full', () => {
    expect(decide(bot, idle, { ...context, mayStart: false }).kind).toBe('none')
    expect(decide(bot, idle, { ...context, draining: true }).kind).toBe('hold')
    expect(decide(bot, idle, { ...context, hasRoom: false }).kind).toBe('hold')
  })

  test('no start and no kept worker without time, whatever the axes say; a new one only to pair', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...statuses),
        fc.constantFrom(...desiredStates),
        fc.option(fc.double({ min: -1e6, max: 1e6, noNaN: true })),
        fc.boolean(),
        (status, desired, expiresInMs, isLive) => {
          const action = decide({ ...bot, status, desired, expiresInMs }, isLive ? live() : idle, context)
          const runs = isLive ? action.kind === 'none' : action.kind === 'start'
          if (!runs) return
          expect(expiresInMs).toBeGreaterThan(0)
          expect(desired).not.toBe('stopped')
          expect([...(desired === 'pairing' ? ['new'] : []), 'approved']).toContain(status)
        },
      ),
    )
  })
})

describe('the end of a request on our own clock', () => {
  const plan = (limit: RunLimit, leftMs: number | null, atMs: number, more: Partial<PlannedInstance> = {}) => {
    limit.plan({ ...bot, expiresInMs: leftMs, ...more }, atMs)
    return limit.endsAtMs
  }

  test('never moves away, however often the clock of the database goes back', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1, max: 180_000, noNaN: true }),
        fc.array(
          fc.tuple(fc.double({ min: 0, max: 60_000, noNaN: true }), fc.double({ min: 0, max: 1e9, noNaN: true })),
        ),
        (firstMs, looks) => {
          const limit = new RunLimit()
          const endsAtMs = plan(limit, firstMs, 0)
          let nowMs = 0
          for (const [passedMs, toldMs] of looks) {
            nowMs += passedMs
            expect(plan(limit, toldMs, nowMs)).toBeLessThanOrEqual(endsAtMs)
          }
        },
      ),
    )
  })

  test('is another one for another request, stays where the request has ended, and binds no subscription', () => {
    const limit = new RunLimit()
    expect(plan(limit, 1000, 0)).toBe(1000)
    expect(plan(limit, 9000, 500, { pairingRequest: 8 })).toBe(9500)
    expect(plan(limit, 20_000, 600, { pairingRequest: null, desired: 'stopped' })).toBe(9500)
    expect(plan(limit, 1e9, 700, { status: 'approved', desired: 'running', pairingRequest: 8 })).toBe(1e9 + 700)
  })
})

describe('the end of a worker', () => {
  const gone = (exitCode: number) => ({ exitCode, signal: undefined })

  test.for([
    [43, 'rest', 'logged_out', './botfleet pair'],
    [44, 'rest', 'restricted', '403'],
    [45, 'rest', 'session_error', 'does not open'],
    [42, 'retry', 'conflict', '440'],
    [47, 'retry', 'outdated', 'WA_WEB_VERSION'],
  ] as const)('with exit code %s is %s, %s, and says so', ([code, kind, what, words]) => {
    const verdict = judgeEnd('whatsapp', gone(code), undefined)
    expect(verdict).toMatchObject(kind === 'rest' ? { kind, state: what } : { kind, trouble: what })
    expect(verdict.reason).toContain(words)
  })

  test('is a crash only where nobody meant it', () => {
    expect([0, 1, 40, 43].map((code) => describeEnd(gone(code)))).toEqual([
      'ended without being asked',
      'crashed with exit code 1',
      'its lease was lost',
      'ended as logged_out',
    ])
  })

  test('is called by its own report, and a Telegram conflict waits for a person at once', () => {
    const report = { reason: 'conflict', message: 'somebody polls' } as const
    expect(judgeEnd('telegram', gone(42), report)).toEqual({
      kind: 'rest',
      state: 'conflict',
      reason: 'somebody polls',
    })
    expect(judgeEnd('whatsapp', gone(1), undefined).kind).toBe('crash')
    expect(judgeEnd('telegram', gone(47), undefined).kind).toBe('crash')
  })

  test('a conflict is looked at once more after a minute, and again only when ten minutes have passed', () => {
    const schedule = new RestartSchedule(parseSettings({}))
    expect(schedule.retries('conflict', 0)).toBe(60_000)
    expect(schedule.retries('conflict', 70_000)).toBeUndefined()
    expect(schedule.retries('conflict', 600_000)).toBeUndefined()
    expect(schedule.retries('conflict', 1_200_001)).toBe(60_000)
    for (const nowMs of [0, 1, 2]) expect(schedule.retries('outdated', nowMs)).toBe(900_000)
  })
})
