/** What is told of each server: its bots counted, and the load of those that run. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listServers } from '../../services/list-servers.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { ownerActor } from '../support/rig.ts'

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase()
  await db.database.query(`insert into server (name) values ('alpha'), ('beta')`)
})
afterAll(() => db.drop())

async function addBot(id: string, status: string, state: string): Promise<void> {
  await db.database.query(
    `insert into instance (id, tenant_id, platform, name, server_name, created_by, status, state, approved_at, expires_at,
       deleted_at)
     values ($1, 'master', 'telegram', $1, 'alpha', 'test', $2, $3, now(), now() + interval '1 day',
       case when $2 = 'deleted' then now() end)`,
    [id, status, state],
  )
}

async function sample(id: string, secondsAgo: number, cpuPercent: number, memoryBytes: number): Promise<void> {
  await db.database.query(
    `insert into instance_sample (instance_id, at, cpu_percent, memory_bytes)
     values ($1, now() - $2 * interval '1 second', $3, $4)`,
    [id, secondsAgo, cpuPercent, memoryBytes],
  )
}

test('a server has the load of its running bots as last sampled, and its bots counted by status and state', async () => {
  await addBot('busy', 'approved', 'running')
  await sample('busy', 40, 90, 900)
  await sample('busy', 10, 150.5, 1000)
  await addBot('calm', 'approved', 'running')
  await sample('calm', 20, 2, 200)
  await addBot('silent', 'approved', 'running')
  await sample('silent', 3_600, 50, 5000)
  await addBot('ended', 'expired', 'stopped')
  await sample('ended', 5, 70, 7000)
  await addBot('unlinked', 'approved', 'logged_out')
  await addBot('gone', 'deleted', 'stopped')
  const [alpha, beta] = await listServers(db.database, ownerActor)
  expect(alpha).toMatchObject({
    cpu_percent: 152.5,
    memory_bytes: 1200,
    by_status: { approved: 4, expired: 1 },
    by_state: { running: 3, stopped: 1, logged_out: 1 },
  })
  expect(beta).toMatchObject({ cpu_percent: 0, memory_bytes: 0, by_status: {}, by_state: {} })
})
