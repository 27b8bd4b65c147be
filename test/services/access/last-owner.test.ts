import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { disableUser } from '../../../services/disable-user.ts'
import { enableUser } from '../../../services/enable-user.ts'
import { setRole } from '../../../services/set-role.ts'
import { operatorOfTheMachine as machine } from '../people/people-fixture.ts'
import { People } from './access-fixture.ts'

const owners = ['ann', 'bob', 'eve'] as const

let people: People
beforeAll(async () => {
  people = await People.open({ ann: 'owner', bob: 'owner', eve: 'owner' })
})
afterAll(() => people.close())

it('there is always an owner, whatever is done at once to those there are', { timeout: 120_000 }, async () => {
  const step = fc.record({
    username: fc.constantFrom(...owners),
    act: fc.constantFrom('disable', 'enable', 'demote', 'promote'),
  })
  const run = ({ username, act }: { username: string; act: string }) => {
    if (act === 'disable') return people.run(disableUser, machine, { username })
    if (act === 'enable') return people.run(enableUser, machine, { username })
    return people.run(setRole, machine, { username, role: act === 'demote' ? 'admin' : 'owner', tenant: null })
  }
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(step, { minLength: 2, maxLength: 6 }), { maxLength: 4 }), async (rounds) => {
      await people.database.query(`update app_user set role = 'owner', disabled_at = null`)
      for (const round of rounds) {
        const outcomes = await Promise.allSettled(round.map(run))
        for (const outcome of outcomes) {
          if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'conflict' })
        }
        const left = await people.database.query(`select from app_user where role = 'owner' and disabled_at is null`)
        expect(left.rowCount).toBeGreaterThan(0)
      }
    }),
    { numRuns: 40 },
  )
})
