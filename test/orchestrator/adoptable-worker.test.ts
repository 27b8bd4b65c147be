import { expect, it } from 'vitest'
import { isLeftBehind } from '../../orchestrator/adoptable-worker.ts'

const held = { phase: 'held', serverName: 'alpha', epoch: 4 } as const
const own = { server: 'alpha', releasedEpoch: 0 }

it('a row that is held here is of a worker that was left behind', () => {
  expect(isLeftBehind(held, own)).toBe(true)
  expect(isLeftBehind({ ...held, phase: 'idle' }, own)).toBe(false)
  expect(isLeftBehind({ ...held, serverName: 'beta' }, own)).toBe(false)
})

it('a plan that was read before the release of a row brings its worker back no more', () => {
  expect(isLeftBehind(held, { ...own, releasedEpoch: 4 })).toBe(false)
  expect(isLeftBehind({ ...held, epoch: 5 }, { ...own, releasedEpoch: 4 })).toBe(true)
})
