/** Who was refused what stands in the audit; and the audit can be read, narrowed and taken away. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { insertRefusal, stranger } from '../../../services/access/audit-refusal.ts'
import { appendAudit } from '../../../services/append-audit.ts'
import { type AuditFormat, exportAudit } from '../../../services/audit/export-audit.ts'
import { type AuditFilter, listAudit } from '../../../services/audit/list-audit.ts'
import { People } from '../access/access-fixture.ts'
import { letTimePass, operatorOfTheMachine as machine, personActor } from '../people/people-fixture.ts'

let people: People
beforeAll(async () => {
  people = await People.open({ rosa: 'operator' })
})
afterAll(() => people.close())
beforeEach(async () => {
  await people.database.query('delete from login_attempt')
})

describe('a refused login', () => {
  it('leaves a row with the person or nobody, from where, and why', async () => {
    await people.logIn('rosa', { password: 'not the password' }).catch(() => {})
    await people.logIn('my-secret-password', { address: '198.51.100.3' }).catch(() => {})
    const rosa = await people.signIn('rosa')
    expect(await people.audited('user.log_in.refused')).toEqual([
      {
        actor: 'nobody',
        source: 'api:192.0.2.1',
        target_id: rosa.actor.userId,
        details: { code: 'not_authenticated', account: 'rosa', wrong: 'password' },
      },
      {
        actor: 'nobody',
        source: 'api:198.51.100.3',
        target_id: null,
        details: { code: 'not_authenticated', account: expect.stringMatching(/^unknown:/), wrong: 'password' },
      },
    ])
    const { rows } = await people.database.query('select to_jsonb(a)::text as text from audit_log a')
    expect(JSON.stringify(rows)).not.toContain('my-secret-password')
  })

  it('that is slowed down leaves one row a minute', async () => {
    const before = (await people.audited('user.log_in.refused')).length
    for (let n = 0; n < 15; n += 1) await people.logIn('rosa', { password: 'not the password' }).catch(() => {})
    const rows = (await people.audited('user.log_in.refused')).slice(before)
    expect(rows.map(({ details }) => (details as { code: string }).code).sort()).toEqual([
      ...Array.from({ length: 5 }, () => 'not_authenticated'),
      'too_many_attempts',
    ])
  })

  it('with a wrong code says so; the step without a code is none', async () => {
    await people.enrol('rosa')
    await letTimePass(people.database, 60_000)
    const before = (await people.audited('user.log_in.refused')).length
    await people.logIn('rosa').catch(() => {})
    await people.logIn('rosa', { code: '000000' }).catch(() => {})
    expect((await people.audited('user.log_in.refused')).slice(before)).toMatchObject([
      { details: { code: 'not_authenticated', wrong: 'code' } },
    ])
    for (let n = 0; n < 5; n += 1) {
      await people.logIn('rosa', { code: '000000', address: `192.0.2.${n + 10}` }).catch(() => {})
    }
    expect((await people.audited('user.log_in.refused')).at(-1)?.details).toEqual({
      code: 'too_many_attempts',
      account: 'rosa',
    })
    await people.database.query('delete from user_totp')
  })
})

it('a login that fails by a fault of ours is no refusal', async () => {
  await people.enrol('rosa')
  const before = (await people.audited('user.log_in.refused')).length
  await people.database.query(`update user_totp set sealed = 'v1.0000000000000000.AAAA'`)
  await expect(people.logIn('rosa', { code: '000000' })).rejects.toMatchObject({ code: 'internal' })
  expect((await people.audited('user.log_in.refused')).slice(before)).toEqual([])
  await people.database.query('delete from user_totp')
})

describe('reading the audit', () => {
  const add = (n: number, details: Record<string, unknown> = {}) =>
    people.database.transaction((tx) =>
      appendAudit(
        tx,
        { ...machine, name: `user:ann${n % 2}` },
        {
          action: n % 3 === 0 ? 'page.third' : 'page.other',
          targetKind: 'page',
          targetId: `page-${n}`,
          tenantId: n % 2 === 0 ? 'master' : null,
          details,
        },
      ),
    )
  const list = (filter: Parameters<typeof listAudit>[2]) => listAudit(people.database, machine, filter)

  it('pages partition what matches, also while more is written', async () => {
    for (let n = 0; n < 12; n += 1) await add(n)
    const seen: (string | null)[] = []
    let before: number | undefined
    for (;;) {
      const page = await list({ action: 'page.other', before, limit: 3 })
      seen.push(...page.map((row) => row.target_id))
      await add(100)
      if (page.length < 3) break
      before = page.at(-1)?.id
    }
    expect(seen).toEqual([11, 10, 8, 7, 5, 4, 2, 1].map((n) => `page-${n}`))
  })

  it('narrows by each filter and by all of them', async () => {
    const [newest] = await list({ limit: 1 })
    const oldest = (await list({ action: 'page.third' })).at(-1)
    const cases: [AuditFilter, (row: Awaited<ReturnType<typeof list>>[number]) => boolean][] = [
      [{ actor: 'user:ann1' }, (row) => row.actor === 'user:ann1'],
      [{ target: 'page-4' }, (row) => row.target_id === 'page-4'],
      [{ tenant: 'master' }, (row) => row.tenant === 'master'],
      [{ from: new Date(oldest?.at ?? 0) }, (row) => row.at >= (oldest?.at ?? '')],
      [{ until: new Date(newest?.at ?? 0) }, (row) => row.at < (newest?.at ?? '')],
      [{ action: 'page.third', actor: 'user:ann0' }, (row) => row.action === 'page.third' && row.actor === 'user:ann0'],
    ]
    const all = await list({ limit: 10_000 })
    for (const [filter, matches] of cases) {
      const found = await list({ ...filter, limit: 10_000 })
      expect(found.length, JSON.stringify(filter)).toBeGreaterThan(0)
      expect(
        found.every((row) => matches(row)),
        JSON.stringify(filter),
      ).toBe(true)
      expect(found.length).toBeLessThan(all.length)
    }
  })

  it('names whom and what it was done to as they are called now, and finds a person by name', async () => {
    await people.database.query(
      `insert into customer (id, tenant_id, platform, platform_user_id, display_name)
       values ('c-sam', 'master', 'telegram', '7', 'Sam')`,
    )
    await people.database.query(`insert into server (name) values ('alpha')`)
    await people.database.query(
      `insert into instance (id, tenant_id, platform, name, server_name, created_by)
       values ('bot-named', 'master', 'telegram', 'Rose', 'alpha', 'test')`,
    )
    const { userId } = (await people.signIn('rosa')).actor
    const targets: [kind: string, id: string | null, name: string | null][] = [
      ['instance', 'bot-named', 'Rose'],
      ['instance', 'bot-gone', null],
      ['customer', 'c-sam', 'Sam'],
      ['user', userId, 'rosa'],
      ['user', 'nobody', null],
      ['database', null, null],
    ]
    await people.database.transaction(async (tx) => {
      for (const [targetKind, targetId] of targets) {
        await appendAudit(tx, machine, { action: 'name.probe', targetKind, targetId, tenantId: null })
      }
    })
    const found = await list({ action: 'name.probe' })
    expect(found.map((row) => [row.target_kind, row.target_id, row.target_name]).reverse()).toEqual(targets)
    expect(await list({ action: 'name.probe', target: 'rosa' })).toMatchObject([{ target_id: userId }])
  })

  const exported = async (format: AuditFormat, filter: AuditFilter = {}) => {
    let text = ''
    for await (const piece of exportAudit(people.database, machine, { filter, format })) text += piece
    return text
  }

  it('is exported as JSON lines, page by page, each row once', async () => {
    await people.database.query(
      `insert into audit_log (actor, source, action, target_kind) select 'bulk', 's', 'x.y', 'k' from generate_series(1, 2500)`,
    )
    const lines = (await exported('jsonl', { actor: 'bulk' })).trimEnd().split('\n')
    const rows = lines.map((line) => JSON.parse(line) as { id: number; actor: string })
    expect(rows).toHaveLength(2_500)
    expect(new Set(rows.map(({ id }) => id)).size).toBe(2_500)
    expect((await people.audited('audit.export')).at(-1)).toMatchObject({
      actor: machine.name,
      details: { format: 'jsonl', actor: 'bulk' },
    })
  })

  it('is exported as a table in which nothing is a formula', async () => {
    await add(1, { name: '=1+1' })
    await people.database.query(
      `insert into audit_log (actor, source, action, target_kind, target_id) values ('=cmd|x', '+1', '@sum', 'k', E'a"b\\r\\nc')`,
    )
    const [titles = '', ...lines] = (await exported('csv')).split('\r\n')
    expect(titles).toBe('id,at,actor,source,action,target_kind,target_id,target_name,tenant,details')
    expect(lines.find((line) => line.includes('cmd'))).toMatch(/,'=cmd\|x,'\+1,'@sum,k,"a""b$/)
    for (const cell of lines.flatMap((line) => line.split(','))) expect(cell).not.toMatch(/^"?[=+@]/)
  })

  it('is for who may', async () => {
    const operator = personActor('rosa', 'x', 'operator')
    await expect(listAudit(people.database, operator, {})).rejects.toMatchObject({ code: 'not_allowed' })
    const pieces = exportAudit(people.database, operator, { filter: {}, format: 'csv' })
    await expect(pieces.next()).rejects.toMatchObject({ code: 'not_allowed' })
  })
})

// The last one here: it leaves no room for strangers in this minute.
it('strangers with ever new addresses leave so many rows a minute, and hide nobody who is known', async () => {
  const refusal = { action: 'flood', targetKind: 'route', targetId: 'x', code: 'not_allowed', isCheap: false } as const
  for (let n = 0; n < 130; n += 1) await insertRefusal(people.database, stranger(`api:2001:db8:0:${n}::/64`), refusal)
  const { actor } = await people.signIn('rosa')
  await insertRefusal(people.database, actor, refusal)
  const rows = await people.audited('flood.refused')
  const strangers = rows.filter((row) => row.actor === 'nobody').length
  expect(strangers).toBeGreaterThan(60)
  expect(strangers).toBeLessThanOrEqual(120)
  expect(rows.at(-1)?.actor).toBe('user:rosa')
})
