import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Tx } from '../../../db/transaction.ts'
import { anchorText, parseAnchor } from '../../../domain/audit.ts'
import { appendAudit } from '../../../services/append-audit.ts'
import { chainAudit } from '../../../services/audit/chain-audit.ts'
import { readAuditHead, verifyAudit } from '../../../services/audit/verify-audit.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { operatorOfTheMachine as machine, personActor } from '../people/people-fixture.ts'

let test: TestDatabase
beforeEach(async () => {
  test = await createTestDatabase()
})
afterEach(() => test.drop())

const write = (tx: Tx, n: number) =>
  appendAudit(tx, machine, {
    action: 'test.write',
    targetKind: 'test',
    targetId: `target-${n}`,
    tenantId: null,
    details: { n, words: 'ünï "quoted" \u0007', nested: { list: [1, 2.5, null] } },
  })
const writeRows = (count: number) =>
  test.database.transaction(async (tx) => {
    for (let n = 1; n <= count; n += 1) await write(tx, n)
  })
const verify = (anchor?: string) =>
  verifyAudit(test.database, machine, { anchor: anchor === undefined ? undefined : parseAnchor(anchor) })
const ids = async () => {
  const { rows } = await test.database.query<{ id: number }>('select id from audit_log order by id')
  return rows.map(({ id }) => id)
}

/** As somebody does who may do everything to the tables: past every trigger and foreign key. */
const tamper = (statement: string, values: readonly unknown[] = []) =>
  test.database.transaction(async (tx) => {
    await tx.query(`set local session_replication_role = 'replica'`)
    const { rowCount } = await tx.query(statement, values)
    expect(rowCount).toBeGreaterThan(0)
  })

describe('the chain', () => {
  it('holds every row once, and its head tells all of it', async () => {
    expect(await verify()).toEqual({ ok: true, checked: 0, head: null, findings: [], more: false })
    await writeRows(25)
    expect(await chainAudit(test.database)).toBe(25)
    expect(await chainAudit(test.database)).toBe(0)
    const head = await readAuditHead(test.database)
    expect(head).toMatchObject({ position: 25, hash: expect.stringMatching(/^[0-9a-f]{64}$/) })
    expect(await verify()).toEqual({ ok: true, checked: 25, head, findings: [], more: false })
  })

  it('is whole however many chain and write at once', async () => {
    const writers = Array.from({ length: 5 }, async () => {
      for (let n = 0; n < 12; n += 1) await writeRows(3)
    })
    const chainers = Array.from({ length: 3 }, async () => {
      let chained = 0
      for (let n = 0; n < 15; n += 1) chained += await chainAudit(test.database)
      return chained
    })
    await Promise.all(writers)
    const early = (await Promise.all(chainers)).reduce((sum, chained) => sum + chained, 0)
    expect(early + (await chainAudit(test.database))).toBe(180)
    expect(await verify()).toMatchObject({ ok: true, checked: 180 })
  })

  it('takes a row that commits late behind those of higher numbers', async () => {
    const isWritten = Promise.withResolvers<void>()
    const mayCommit = Promise.withResolvers<void>()
    const late = test.database.transaction(async (tx) => {
      await write(tx, 0)
      isWritten.resolve()
      await mayCommit.promise
    })
    await isWritten.promise
    await writeRows(3)
    await chainAudit(test.database)
    mayCommit.resolve()
    await late
    expect(await verify()).toMatchObject({ ok: true, checked: 4 })
    const { rows } = await test.database.query<{ audit_id: number }>(
      'select audit_id from audit_chain order by position',
    )
    const [first = 0] = await ids()
    expect(rows.map((row) => row.audit_id)).toEqual([first + 1, first + 2, first + 3, first])
  })

  it('has nothing of a transaction that was rolled back', async () => {
    await test.database
      .transaction(async (tx) => {
        await write(tx, 1)
        throw new Error('undone')
      })
      .catch(() => {})
    await writeRows(1)
    expect(await verify()).toMatchObject({ ok: true, checked: 1 })
  })

  it('goes through more than one batch', async () => {
    await test.database.query(
      `insert into audit_log (actor, source, action, target_kind) select 'a', 's', 'x.y', 'k' from generate_series(1, 10001)`,
    )
    const steps: number[] = []
    const verdict = await verifyAudit(test.database, machine, { onProgress: (checked) => steps.push(checked) })
    expect(verdict).toMatchObject({ ok: true, checked: 10_001, head: { position: 10_001 } })
    expect(steps).toEqual([5_000, 10_000, 10_001, 10_001])
  })

  it('cannot be changed, and neither can what it is of', async () => {
    await writeRows(2)
    await chainAudit(test.database)
    for (const statement of [
      'update audit_chain set hash = hash',
      'delete from audit_chain',
      'truncate audit_chain',
      'truncate audit_log',
      `update audit_log set actor = 'x'`,
      'delete from audit_log',
    ]) {
      await expect(test.database.query(statement), statement).rejects.toThrow(/append-only/)
    }
  })

  it('gives a row its number and time itself: nothing is put into the past', async () => {
    await writeRows(3)
    await chainAudit(test.database)
    await test.database.query(
      `insert into audit_log (id, at, actor, source, action, target_kind)
       values (1, '2001-01-01', 'user:ann', 'cli', 'stock.export', 'product')`,
    )
    const { rows } = await test.database.query<{ id: number; is_new: boolean }>(
      `select id, at > now() - interval '1 minute' as is_new from audit_log order by id desc limit 1`,
    )
    expect(rows).toEqual([{ id: 4, is_new: true }])
  })
})

describe('verifyAudit', () => {
  beforeEach(async () => {
    await writeRows(10)
    await chainAudit(test.database)
  })

  it.each([
    `actor = 'user:somebody-else'`,
    `user_id = 'somebody'`,
    `source = 'api:203.0.113.1'`,
    `action = 'test.nothing'`,
    `target_kind = 'other'`,
    `target_id = 'target-55'`,
    'target_id = null',
    `tenant_id = 'master'`,
    `at = at + interval '1 microsecond'`,
    `details = jsonb_set(details, '{n}', '66')`,
    'details = null',
  ])('names a row whose %s', async (change) => {
    const [, , , , fifth] = await ids()
    await tamper(`update audit_log set ${change} where id = $1`, [fifth])
    expect(await verify()).toMatchObject({ ok: false, findings: [{ kind: 'changed', position: 5, id: fifth }] })
  })

  it('names a row that was taken out, with and without its link', async () => {
    const [, second, , , , sixth] = await ids()
    await tamper('delete from audit_log where id = $1', [second])
    await tamper('delete from audit_log where id = $1', [sixth])
    await tamper('delete from audit_chain where audit_id = $1', [sixth])
    expect((await verify()).findings).toEqual([
      { kind: 'missing', position: 2, id: second },
      { kind: 'missing', position: 6, id: null },
    ])
  })

  it('names a row that was taken out before it was chained', async () => {
    await writeRows(1)
    const last = (await ids()).at(-1)
    await tamper('delete from audit_log where id = $1', [last])
    expect((await verify()).findings).toEqual([{ kind: 'missing', position: null, id: last }])
  })

  it('names a row that was put in past the triggers', async () => {
    await tamper(
      `insert into audit_log (id, actor, source, action, target_kind) values (1000, 'user:ann', 'cli', 'x.y', 'k')`,
    )
    expect((await verify()).findings).toEqual([{ kind: 'inserted', position: null, id: 1000 }])
  })

  it('names what was put into the chain, and what was exchanged in it', async () => {
    const [first, second] = await ids()
    await tamper('update audit_chain set audit_id = 1000 - audit_id where audit_id = any($1)', [[first, second]])
    await tamper(
      'update audit_chain set audit_id = case when audit_id = 1000 - $1::bigint then $2::bigint else $1 end where audit_id > 900',
      [first, second],
    )
    expect((await verify()).findings).toEqual([
      { kind: 'changed', position: 1, id: second },
      { kind: 'changed', position: 2, id: first },
    ])
  })

  it('finds a chain that was computed anew by an anchor only', async () => {
    const anchor = anchorText((await readAuditHead(test.database)) ?? { position: 0, hash: '', chained_at: '' })
    expect(await verify(anchor)).toMatchObject({ ok: true })
    await writeRows(2)
    expect(await verify(anchor), 'history may grow').toMatchObject({ ok: true })
    await tamper(`update audit_log set actor = 'user:somebody-else' where target_id = 'target-5'`)
    await tamper('insert into audit_unchained select audit_id from audit_chain')
    await tamper('delete from audit_chain')
    expect(await verify()).toMatchObject({ ok: true })
    expect((await verify(anchor)).findings).toEqual([{ kind: 'rewritten', position: 10, id: null }])
  })

  it('names the first hundred and says that there is more', async () => {
    await writeRows(150)
    await chainAudit(test.database)
    await tamper(`update audit_log set source = 'elsewhere'`)
    const verdict = await verify()
    expect(verdict.findings).toHaveLength(100)
    expect(verdict).toMatchObject({ ok: false, more: true })
  })

  it('is for who may read the audit', async () => {
    const operator = personActor('rosa', 'x', 'operator')
    await expect(verifyAudit(test.database, operator)).rejects.toMatchObject({ code: 'not_allowed' })
  })
})

it('any one change of any row is found', async () => {
  await writeRows(30)
  await chainAudit(test.database)
  const known = await ids()
  const change = fc.oneof(
    fc.constantFrom('actor', 'source', 'action', 'target_kind', 'target_id', 'tenant_id').map((column) => ({
      statement: `update audit_log set ${column} = coalesce(${column}, '') || 'x' where id = $1`,
    })),
    fc.constant({ statement: 'delete from audit_log where id = $1' }),
    fc.constant({ statement: 'delete from audit_chain where audit_id = $1' }),
    fc.constant({ statement: `update audit_chain set hash = sha256(hash) where audit_id = $1` }),
    fc.constant({ statement: 'update audit_chain set position = position + 1000 where audit_id = $1' }),
  )
  class Undone extends Error {}
  await fc.assert(
    fc.asyncProperty(change, fc.nat(28), async ({ statement }, at) => {
      const verdict = await test.database
        .transaction(async (tx) => {
          await tx.query(`set local session_replication_role = 'replica'`)
          await tx.query(statement, [known[at]])
          throw Object.assign(new Undone(), { verdict: await verifyAudit(tx, machine) })
        })
        .catch((error: Undone & { verdict: Awaited<ReturnType<typeof verifyAudit>> }) => error.verdict)
      expect(verdict.ok).toBe(false)
    }),
    { numRuns: 60 },
  )
  expect(await verify()).toMatchObject({ ok: true })
})
