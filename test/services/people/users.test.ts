import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Tx } from '../../../db/transaction.ts'
import { type Role, roles } from '../../../domain/actor.ts'
import { createUser } from '../../../services/create-user.ts'
import { disableUser } from '../../../services/disable-user.ts'
import { ensureFirstOwner } from '../../../services/ensure-first-owner.ts'
import { listUsers } from '../../../services/list-users.ts'
import { setPassword } from '../../../services/set-password.ts'
import { setRole } from '../../../services/set-role.ts'
import { createTestDatabase } from '../../support/database.ts'
import { addPerson, goodPassword, operatorOfTheMachine as machine, overlap, personActor } from './people-fixture.ts'

let test: Awaited<ReturnType<typeof createTestDatabase>>
beforeAll(async () => {
  test = await createTestDatabase()
})
afterAll(() => test.drop())
beforeEach(async () => {
  await test.database.query('delete from chat_identity')
  await test.database.query('delete from link_code')
  await test.database.query('delete from user_session')
  await test.database.query('alter table audit_log disable trigger audit_log_append_only')
  await test.database.query('delete from audit_log')
  await test.database.query('alter table audit_log enable trigger audit_log_append_only')
  await test.database.query('delete from app_user')
})

const create = (username: string, role: Role = 'viewer', password = goodPassword, tenant: string | null = null) =>
  test.database.transaction((tx) => createUser(tx, machine, { username, password, role, tenant }))
const firstOwner = (username: string, password: string) =>
  test.database.transaction((tx) => ensureFirstOwner(tx, machine, { username, password }))

describe('createUser', () => {
  it('makes a person whose password is kept as argon2id with the decided cost', async () => {
    const view = await create('rosa', 'operator')
    expect(view).toMatchObject({ username: 'rosa', role: 'operator', tenant: null, disabled_at: null, linked: [] })
    const { rows } = await test.database.query<{ password_hash: string }>('select password_hash from app_user')
    expect(rows[0]?.password_hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  })

  it('leaves an audit row that names who did it and holds no password', async () => {
    const view = await create('rosa')
    const { rows } = await test.database.query('select * from audit_log')
    expect(rows).toMatchObject([
      { actor: machine.name, source: 'cli', action: 'user.create', target_kind: 'user', target_id: view.id },
    ])
    expect(JSON.stringify(rows)).not.toContain(goodPassword)
  })

  it('refuses a taken username', async () => {
    await create('rosa')
    await expect(create('rosa')).rejects.toMatchObject({ code: 'conflict' })
  })

  it.each(['', 'a', 'Rosa', 'ro sa', '-rosa', 'rosa\n', 'rösa', 'x'.repeat(64)])(
    'refuses the username %j',
    async (username) => {
      await expect(create(username)).rejects.toMatchObject({ code: 'usage' })
    },
  )

  it.each([
    ['short', 'at least 8'],
    ['x'.repeat(513), 'at most 512'],
    ['admin123', 'everybody tries'],
    ['Password', 'everybody tries'],
    ['rosa.luxemburg', 'is the username'],
    ['ROSA.LUXEMBURG', 'is the username'],
    ['zzzzzzzzzz', 'repeats one character'],
    ['broken \ud800 text', 'well-formed'],
  ])('refuses the password %j without repeating it', async (password, reason) => {
    const refusal = await create('rosa.luxemburg', 'viewer', password).then(
      () => undefined,
      (error: Error) => error,
    )
    expect(refusal).toMatchObject({ code: 'usage' })
    expect(refusal?.message).toContain(reason)
    expect(refusal?.message).not.toContain(password)
  })

  it('wants a tenant for an agent and for nobody else', async () => {
    await expect(create('rosa', 'agent')).rejects.toMatchObject({ code: 'usage' })
    await expect(create('rosa', 'agent', goodPassword, 'master')).rejects.toMatchObject({ code: 'usage' })
    await expect(create('rosa', 'agent', goodPassword, 'agent:nowhere')).rejects.toMatchObject({ code: 'not_found' })
    await expect(create('rosa', 'admin', goodPassword, 'agent:nowhere')).rejects.toMatchObject({ code: 'usage' })
  })

  it.each(roles.filter((role) => role !== 'owner'))('is refused to the role %s', async (role) => {
    await expect(
      test.database.transaction((tx) =>
        createUser(tx, personActor('p', 'p', role), {
          username: 'rosa',
          password: goodPassword,
          role: 'viewer',
          tenant: null,
        }),
      ),
    ).rejects.toMatchObject({ code: 'not_allowed' })
  })
})

describe('ensureFirstOwner', () => {
  it('makes an owner once', async () => {
    expect(await firstOwner('boss', goodPassword)).toEqual({ created: true })
    expect(await firstOwner('boss', goodPassword)).toEqual({ created: false })
    const { rows } = await test.database.query('select username, role from app_user')
    expect(rows).toEqual([{ username: 'boss', role: 'owner' }])
  })

  it('makes one owner when eight servers start at once with different names', async () => {
    const outcomes = await Promise.all(Array.from({ length: 8 }, (_, n) => firstOwner(`boss${n}`, goodPassword)))
    expect(outcomes.filter((outcome) => outcome.created)).toHaveLength(1)
    expect((await test.database.query('select 1 from app_user')).rowCount).toBe(1)
  })

  it('waits for another server that is making the owner, and finds it', async () => {
    const [first, second] = await overlap(
      test.database,
      (tx) => ensureFirstOwner(tx, machine, { username: 'boss1', password: goodPassword }),
      (tx) => ensureFirstOwner(tx, machine, { username: 'boss2', password: goodPassword }),
    )
    expect([first, second]).toEqual([{ created: true }, { created: false }])
    expect((await test.database.query('select username from app_user')).rows).toEqual([{ username: 'boss1' }])
  })

  it('refuses the password of the seeds and writes nothing', async () => {
    await expect(firstOwner('boss', 'admin123')).rejects.toMatchObject({ code: 'usage' })
    expect((await test.database.query('select 1 from app_user')).rowCount).toBe(0)
  })

  it('does not look at the password while somebody exists', async () => {
    await create('rosa')
    expect(await firstOwner('boss', 'admin123')).toEqual({ created: false })
  })
})

describe('listUsers', () => {
  it('shows everybody in order, without hashes', async () => {
    await create('zoe')
    await create('adam', 'admin')
    const users = await test.database.transaction((tx) => listUsers(tx, machine))
    expect(users.map((user) => user.username)).toEqual(['adam', 'zoe'])
    expect(JSON.stringify(users)).not.toContain('argon2')
  })

  it('is refused to operators, viewers and agents', async () => {
    for (const role of ['operator', 'viewer', 'agent'] as const) {
      await expect(listUsers(test.database, personActor('p', 'p', role))).rejects.toMatchObject({ code: 'not_allowed' })
    }
  })
})

describe('setRole and disableUser', () => {
  const demote = (username: string, role: Role = 'admin') =>
    test.database.transaction((tx) => setRole(tx, machine, { username, role, tenant: null }))
  const disable = (username: string) => test.database.transaction((tx) => disableUser(tx, machine, { username }))
  const owners = async () =>
    (await test.database.query(`select 1 from app_user where role = 'owner' and disabled_at is null`)).rowCount

  it('change the role and the tenant together', async () => {
    await addPerson(test.database, 'someone', 'agent')
    expect(await demote('someone', 'viewer')).toMatchObject({ role: 'viewer', tenant: null })
    expect(
      await test.database.transaction((tx) =>
        setRole(tx, machine, { username: 'someone', role: 'agent', tenant: 'agent:t1' }),
      ),
    ).toMatchObject({ role: 'agent', tenant: 'agent:t1' })
  })

  it('keep the last enabled owner', async () => {
    await create('first', 'owner')
    await create('second', 'owner')
    await disable('second')
    await expect(demote('first')).rejects.toMatchObject({ code: 'conflict' })
    await expect(disable('first')).rejects.toMatchObject({ code: 'conflict' })
    expect(await demote('first', 'owner')).toMatchObject({ role: 'owner' })
    expect(await owners()).toBe(1)
  })

  it('judge the second of two owners by what became of the first', async () => {
    await create('first', 'owner')
    await create('second', 'owner')
    await expect(
      overlap(
        test.database,
        (tx) => setRole(tx, machine, { username: 'first', role: 'admin', tenant: null }),
        (tx) => disableUser(tx, machine, { username: 'second' }),
      ),
    ).rejects.toMatchObject({ code: 'conflict' })
    expect(await owners()).toBe(1)
  })

  it('keep one owner when two owners go at the same moment', async () => {
    for (let round = 0; round < 10; round += 1) {
      await create(`a${round}`, 'owner')
      await create(`b${round}`, 'owner')
      const outcomes = await Promise.allSettled([
        round % 2 === 0 ? demote(`a${round}`) : disable(`a${round}`),
        round % 3 === 0 ? demote(`b${round}`) : disable(`b${round}`),
      ])
      expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1)
      expect(await owners()).toBe(1)
      await test.database.query(`update app_user set role = 'viewer'`)
    }
  })

  it('name an unknown user as not found and a disabled one as a conflict', async () => {
    await expect(disable('nobody')).rejects.toMatchObject({ code: 'not_found' })
    await expect(demote('nobody')).rejects.toMatchObject({ code: 'not_found' })
    await create('rosa')
    expect((await disable('rosa')).disabled_at).not.toBeNull()
    await expect(disable('rosa')).rejects.toMatchObject({ code: 'conflict' })
  })

  it('are refused to an admin, and leave an audit row for an owner', async () => {
    await create('rosa')
    const admin = personActor('ada', 'ada', 'admin')
    const attempts = [
      (tx: Tx) => disableUser(tx, admin, { username: 'rosa' }),
      (tx: Tx) => setRole(tx, admin, { username: 'rosa', role: 'owner', tenant: null }),
      (tx: Tx) => setPassword(tx, admin, { username: 'rosa', password: goodPassword }),
      (tx: Tx) => ensureFirstOwner(tx, admin, { username: 'ada', password: goodPassword }),
    ]
    for (const attempt of attempts) {
      await expect(test.database.transaction<unknown>(attempt)).rejects.toMatchObject({ code: 'not_allowed' })
    }
    await demote('rosa')
    await disable('rosa')
    const { rows } = await test.database.query<{ action: string }>('select action from audit_log order by id')
    expect(rows.map((row) => row.action)).toEqual(['user.create', 'user.set_role', 'user.disable'])
  })
})
