import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseAnchor } from '../../domain/audit.ts'
import { startAuditChain } from '../../orchestrator/audit-chain.ts'
import { createLog } from '../../runtime/log.ts'
import { Metrics } from '../../runtime/metrics.ts'
import { appendAudit } from '../../services/append-audit.ts'
import { readAuditHead, verifyAudit } from '../../services/audit/verify-audit.ts'
import { operatorOfTheMachine as machine } from '../services/people/people-fixture.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { HandClock } from '../support/hand-clock.ts'

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase()
})
afterAll(() => db.drop())

test('a server chains what is audited every half minute, and logs an anchor that verifies later', async () => {
  const clock = new HandClock()
  const lines: string[] = []
  const context = {
    database: db.database,
    clock,
    log: createLog({ level: 'info', name: 'alpha', write: (line) => void lines.push(line) }),
    metrics: new Metrics({ server: 'alpha', version: 'test', perBot: false }),
  }
  const write = () =>
    db.database.transaction((tx) =>
      appendAudit(tx, machine, { action: 'test.write', targetKind: 'test', targetId: null, tenantId: null }),
    )
  const chain = startAuditChain(context)
  await clock.move(30_000)
  expect(await readAuditHead(db.database)).toBeNull()
  expect(lines).toEqual([])
  await write()
  await clock.move(29_000)
  expect(await readAuditHead(db.database)).toBeNull()
  await clock.move(1_000)
  expect(await readAuditHead(db.database)).toMatchObject({ position: 1 })
  const { anchor } = JSON.parse(lines[0] ?? '') as { anchor: string }
  await write()
  await Promise.all([chain.stop(), chain.stop()])
  const verdict = await verifyAudit(db.database, machine, { anchor: parseAnchor(anchor) })
  expect(verdict).toMatchObject({ ok: true, checked: 2 })
})
