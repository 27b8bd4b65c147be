/** How far the counter of a bot's messages has come outlives its worker (docs/adr/0004). */
import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeKeyring } from '../../domain/keyring.ts'
import { type Claim, claimInstance } from '../../services/claim-instance.ts'
import { settleTurn } from '../../services/settle-turn.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

const keyring = makeKeyring([randomBytes(32)])
const instanceId = 'bot-1'

let db: TestDatabase
beforeEach(async () => {
  db = await createTestDatabase()
  await db.database.query(
    `insert into server (name, server_epoch, holder, lease_until) values ('alpha', 1, 'us', now() + interval '1 hour')`,
  )
  await db.database.query(
    `insert into instance (id, tenant_id, platform, name, server_name, created_by, status, desired, approved_at, expires_at)
     values ($1, 'master', 'telegram', 'Bot', 'alpha', 'test', 'approved', 'running', now(), now() + interval '1 day')`,
    [instanceId],
  )
})
afterEach(() => db.drop())

async function claim(): Promise<Claim> {
  await db.database.query(`update instance_lease set phase = 'idle'`)
  const claimed = await db.database.transaction((tx) =>
    claimInstance(tx, { instanceId, server: 'alpha', serverEpoch: 1, process: 'b/1/2/3', port: 4001 }),
  )
  if (claimed === undefined) throw new Error('not claimed')
  return claimed
}
const settle = ({ epoch, nonce }: Claim, key: string, reached?: number) =>
  settleTurn(db.database, { instanceId, epoch, nonce }, () => keyring, {
    updateKeys: [key],
    asked: null,
    ...(reached === undefined ? {} : { reached }),
  })

test('a worker begins with the highest message id that an earlier one has noted with an answer', async () => {
  const first = await claim()
  expect(first.reached).toBeNull()
  await settle(first, 'tg:1', 41)
  await settle(first, 'tg:2', 7)
  await settle(first, 'tg:3')
  expect((await claim()).reached).toBe(41)
})
