import { expect, test } from 'vitest'
import { formatBytes, formatDuration, formatLocalTime, formatPercent, formatRelative } from '../../cli/format.ts'
import { parseDuration } from '../../domain/duration.ts'

const hour = 3_600_000

test('durations show their two largest units', () => {
  expect(formatDuration(0)).toBe('0s')
  expect(formatDuration(-5)).toBe('0s')
  expect(formatDuration(61_000)).toBe('1m 1s')
  expect(formatDuration(2 * hour)).toBe('2h')
  expect(formatDuration(27 * hour)).toBe('1d 3h')
  expect(formatDuration(360 * 24 * hour)).toBe('360d')
})

test('relative times say which side of now they are on', () => {
  const now = Date.parse('2026-03-01T00:00:00Z')
  expect(formatRelative('2026-03-13T00:00:00Z', now)).toBe('in 12 days')
  expect(formatRelative('2026-02-28T23:59:00Z', now)).toBe('1 minute ago')
  expect(formatRelative('2026-03-01T00:00:02Z', now)).toBe('just now')
  expect(formatRelative('2026-03-02T12:00:00Z', now)).toBe('in 36 hours')
})

test('sizes and shares are short', () => {
  expect(formatBytes(61 * 1024 * 1024)).toBe('61 MB')
  expect(formatBytes(2000)).toBe('2 kB')
  expect(formatBytes(1536 * 1024 * 1024)).toBe('1.5 GB')
  expect(formatPercent(0.42)).toBe('0.4%')
  expect(formatPercent(9.97)).toBe('10%')
})

test('local times name their zone', () => {
  expect(formatLocalTime('2026-03-01T12:00:00Z')).toMatch(/^2026-0[23]-\d\d \d\d:\d\d:\d\d \S+$/)
})

test('durations are read with their unit only', () => {
  expect(parseDuration('7d')).toBe(7 * 24 * hour)
  expect(parseDuration('90s')).toBe(90_000)
  expect(parseDuration('2w')).toBe(14 * 24 * hour)
  for (const wrong of ['7', 'd', '-7d', '1.5h', '7days', '', '99999999d']) expect(parseDuration(wrong)).toBeUndefined()
})
