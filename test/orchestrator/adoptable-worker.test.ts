import { expect, it } from 'vitest'
import { isLeftBehind } from '../../orchestrator/adoptable-worker.ts'

const held = { phase: 'held', serverName: 'alpha', epoch: 4 } as const

it('a row that is held here is of a worker that was left behind', () => {
  expect(isLeftBehind(held, 'alpha', 0)).toBe(true)
  expect(isLeftBehind({ ...held, phase: 'idle' }, 'alpha', 0)).toBe(false)
  expect(isLeftBehind({ ...held, serverName: 'beta' }, 'alpha', 0)).toBe(false)
})

it('a plan that was read before the release of a row brings its worker back no more', () => {
  expect(isLeftBehind(held, 'alpha', 4)).toBe(false)
  expect(isLeftBehind({ ...held, epoch: 5 }, 'alpha', 4)).toBe(true)
})
