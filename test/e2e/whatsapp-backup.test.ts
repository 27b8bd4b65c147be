/** A fleet with a linked WhatsApp bot that loses its database, and goes on from a backup as the same device. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createTestDatabase } from '../support/database.ts'
import { ServedFleet } from '../support/served-fleet.ts'

const number = '491701234567'
let fleet: ServedFleet

beforeEach(async () => {
  fleet = await ServedFleet.open()
})
afterEach(() => fleet.close())

test('a restored bot is the device that it was: nothing is linked anew, and people who wrote before and meanwhile are answered', async () => {
  const first = await fleet.serve()
  const id = await fleet.pairedBot(number)
  const ann = fleet.caller(number, { name: 'Ann' })
  await ann.ask('start', '1 Shop')
  await fleet.json('backup', 'one.backup')
  // What was said since the backup moved the keys of this chat on; WhatsApp heals that by asking for it again.
  await ann.ask('100001', ' 100001 ')
  await ann.ask('100002', ' 100002 ')

  await first.stop('SIGKILL')
  const lost = fleet.db
  fleet.db = await createTestDatabase({ migrated: false })
  await lost.drop()
  const restored = await fleet.cli('restore', 'one.backup', '--yes')
  expect(restored.code, restored.stderr).toBe(0)
  expect(fleet.fake.phoneOf(number).connected).toEqual([])
  await ann.write('100003')

  await fleet.serve()
  const after = await fleet.until(id, 'running')
  expect(after.epoch).toBeGreaterThan(1_000_000)
  await ann.reads(' 100003 ')
  await ann.ask('100004', ' 100004 ')
  const ben = fleet.caller(number, { name: 'Ben' })
  await ben.ask('start', '1 Shop')
  for (const asked of ['100001', '100002', '100003', '100004']) {
    expect(ann.texts().filter((text) => text.includes(` ${asked} `))).toHaveLength(1)
  }
  for (const kind of ['registered', 'linked'] as const) expect(fleet.fake.events.count(kind)).toBe(1)
  for (const kind of ['login_refused', 'unlinked'] as const) expect(fleet.fake.events.count(kind)).toBe(0)
  expect(fleet.fake.phoneOf(number).devices).toEqual([1])
  expect(fleet.fake.mostOfOneDevice()).toBe(1)
}, 90_000)
