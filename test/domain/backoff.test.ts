import fc from 'fast-check'
import { expect, test } from 'vitest'
import { backoffMs } from '../../domain/backoff.ts'

const backoff = fc.record({ baseMs: fc.integer({ min: 1, max: 5000 }), maxMs: fc.integer({ min: 5000, max: 600_000 }) })
const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

test('a pause lies between the half and the whole of what is due, and never above the longest', () => {
  fc.assert(
    fc.property(backoff, fc.integer({ min: 1, max: 10_000 }), chance, (limits, failures, random) => {
      const dueMs = Math.min(limits.maxMs, limits.baseMs * 2 ** Math.min(failures - 1, 40))
      const pauseMs = backoffMs(limits, failures, random)
      expect(pauseMs).toBeGreaterThanOrEqual(dueMs / 2)
      expect(pauseMs).toBeLessThanOrEqual(dueMs)
    }),
  )
})

test('the first pause is about the base, and each further one twice the one before', () => {
  const limits = { baseMs: 100, maxMs: 1000 }
  expect([1, 2, 3, 4, 5, 6].map((failures) => backoffMs(limits, failures, 0))).toEqual([50, 100, 200, 400, 500, 500])
})
