import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { disableUser } from '../../../services/disable-user.ts'
import { enableUser } from '../../../services/enable-user.ts'
import { findSession } from '../../../services/find-session.ts'
import { logIn } from '../../../services/log-in.ts'
import { logOut } from '../../../services/log-out.ts'
import { argon2Hasher, nobodysHash, type PasswordHasher } from '../../../services/password-hasher.ts'
import { setPassword } from '../../../services/set-password.ts'
import { setRole } from '../../../services/set-role.ts'
import { sweepRetention } from '../../../services/sweep-retention.ts'
import { createTestDatabase } from '../../support/database.ts'
import {
  addPerson,
  countingHasher,
  goodPassword,
  letTimePass,
  operatorOfTheMachine as machine,
  peopleKeyring,
} from './people-fixture.ts'

let test: Awaited<ReturnType<typeof createTestDatabase>>
beforeAll(async () => {
  test = await createTestDatabase()
  await addPerson(test.database, 'boss', 'owner')
  await addPerson(test.database, 'rosa', 'operator')
})
afterAll(() => test.drop())
beforeEach(async () => {
  await test.database.query('delete from login_attempt')
})

const enter = (
  options: { username?: string; password?: string; address?: string; replaces?: string } = {},
  hasher?: PasswordHasher,
) =>
  logIn(
    test.database,
    { username: 'rosa', password: goodPassword, address: '192.0.2.1', keyring: () => peopleKeyring, ...options },
    hasher,
  )
const fail = (options: { username?: string; address?: string } = {}) =>
  expect(enter({ ...options, password: 'not the password' })).rejects.toMatchObject({ code: 'not_authenticated' })
const session = (token: string) => findSession(test.database, { token, source: 'api:192.0.2.9' })

describe('logIn', () => {
  it('opens a session that is known by the hash of a 256-bit id', async () => {
    const { token, user, expiresAt } = await enter()
    expect(Buffer.from(token, 'base64url')).toHaveLength(32)
    expect(user).toMatchObject({ username: 'rosa', role: 'operator' })
    expect(Date.parse(expiresAt) - Date.now()).toBeGreaterThan(11.9 * 3_600_000)
    expect(Date.parse(expiresAt) - Date.now()).toBeLessThan(12.1 * 3_600_000)
    const { rows } = await test.database.query<{ stored: string }>(
      `select encode(id_hash, 'base64') || source || user_id as stored from user_session`,
    )
    expect(JSON.stringify(rows)).not.toContain(token)
    expect(await session(token)).toMatchObject({
      username: 'rosa',
      actor: { name: 'user:rosa', role: 'operator', tenant: null, userId: user.id, source: 'api:192.0.2.9' },
    })
  })

  it('takes the username in any case and the password in its own only', async () => {
    await enter({ username: 'ROSA' })
    await expect(enter({ password: goodPassword.toUpperCase() })).rejects.toMatchObject({ code: 'not_authenticated' })
    await expect(enter({ password: `${goodPassword} ` })).rejects.toMatchObject({ code: 'not_authenticated' })
  })

  it('answers the same for an unknown user, a wrong password and a disabled user, after one verification each', async () => {
    await addPerson(test.database, 'gone', 'viewer')
    await test.database.transaction((tx) => disableUser(tx, machine, { username: 'gone' }))
    const answers: unknown[] = []
    for (const attempt of [
      { username: 'nobody-here' },
      { username: 'rosa', password: 'not the password' },
      { username: 'gone' },
      { username: 'rosa', password: 'x' },
    ]) {
      const hasher = countingHasher()
      const refusal = await enter(attempt, hasher).then(
        () => undefined,
        (error: { code: string; message: string; details: unknown }) => error,
      )
      answers.push([refusal?.code, refusal?.message, refusal?.details])
      expect(hasher.verified, JSON.stringify(attempt)).toHaveLength(1)
    }
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
  })

  it('verifies an unknown user against a hash of the same cost as real ones', async () => {
    const hasher = countingHasher()
    await expect(enter({ username: 'nobody-here' }, hasher)).rejects.toThrow()
    expect(hasher.verified).toEqual([nobodysHash])
    const costOf = (phc: string) => phc.split('$').slice(0, 4).join('$')
    expect(costOf(nobodysHash)).toBe(costOf(await argon2Hasher.hash(goodPassword)))
  })

  it('keeps no name that is nobody’s in readable form', async () => {
    await fail({ username: 'my-secret-password' })
    const { rows } = await test.database.query<{ username: string }>('select username from login_attempt')
    expect(rows[0]?.username).toMatch(/^unknown:[0-9a-f]{16}$/)
  })

  it('ends the session it replaces', async () => {
    const first = await enter()
    const second = await enter({ replaces: first.token })
    expect(second.token).not.toBe(first.token)
    expect(await session(first.token)).toBeUndefined()
    expect(await session(second.token)).toBeDefined()
  })

  it('leaves the old session alone when the login fails', async () => {
    const first = await enter()
    await expect(enter({ replaces: first.token, password: 'not the password' })).rejects.toThrow()
    expect(await session(first.token)).toBeDefined()
  })

  it('opens no session for a password that was changed while it was being verified', async () => {
    const racing: PasswordHasher = {
      ...argon2Hasher,
      verify: async (phc, password) => {
        const matches = await argon2Hasher.verify(phc, password)
        await test.database.transaction((tx) => setPassword(tx, machine, { username: 'rosa', password: goodPassword }))
        return matches
      },
    }
    await expect(enter({}, racing)).rejects.toMatchObject({ code: 'not_authenticated' })
  })

  it('opens none for a person who was disabled while it was being verified', async () => {
    const racing: PasswordHasher = {
      ...argon2Hasher,
      verify: async (phc, password) => {
        await test.database.transaction((tx) => disableUser(tx, machine, { username: 'rosa' }))
        return argon2Hasher.verify(phc, password)
      },
    }
    await expect(enter({}, racing)).rejects.toMatchObject({ code: 'not_authenticated' })
    await test.database.transaction((tx) => enableUser(tx, machine, { username: 'rosa' }))
  })

  it('keeps at most twenty sessions of a person, the newest', async () => {
    await test.database.query('delete from user_session')
    const tokens: string[] = []
    for (let n = 0; n < 22; n += 1) tokens.push((await enter()).token)
    const open = await Promise.all(tokens.map(async (token) => (await session(token)) !== undefined))
    expect(open).toEqual([false, false, ...Array.from({ length: 20 }, () => true)])
  })

  it('takes back any Unicode password and no other', { timeout: 120_000 }, async () => {
    const text = fc
      .string({
        unit: fc.oneof(
          fc.constantFrom('\u0000', '\r', '\n', ' ', '\ufeff', 'e\u0301', '\u00e9'),
          fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
        ),
        minLength: 8,
        maxLength: 120,
      })
      .filter((password) => Buffer.byteLength(password) <= 512 && new Set(password.toLowerCase()).size > 1)
    await fc.assert(
      fc.asyncProperty(text, async (password) => {
        await test.database.query('delete from login_attempt')
        await test.database.transaction((tx) => setPassword(tx, machine, { username: 'rosa', password }))
        const { token } = await enter({ password })
        expect(await session(token)).toBeDefined()
        await expect(enter({ password: password.slice(0, -1) })).rejects.toMatchObject({ code: 'not_authenticated' })
        await expect(enter({ password: `${password}\u0000` })).rejects.toMatchObject({ code: 'not_authenticated' })
      }),
      { numRuns: 60 },
    )
    await test.database.transaction((tx) => setPassword(tx, machine, { username: 'rosa', password: goodPassword }))
  })
})

describe('the delay after failed logins', () => {
  it('begins with the sixth attempt, doubles, ends by itself and judges no password while it lasts', async () => {
    for (let n = 0; n < 5; n += 1) await fail()
    const hasher = countingHasher()
    await expect(enter({}, hasher)).rejects.toMatchObject({
      code: 'too_many_attempts',
      details: { retryAfterSeconds: 1 },
    })
    expect(hasher.verified).toEqual([])
    await letTimePass(test.database, 1_000)
    await fail()
    await expect(enter()).rejects.toMatchObject({ details: { retryAfterSeconds: 2 } })
    await letTimePass(test.database, 2_000)
    await enter()
  })

  it('begins anew after a success', async () => {
    for (let round = 0; round < 3; round += 1) {
      for (let n = 0; n < 5; n += 1) await fail()
      await letTimePass(test.database, 1_000)
      await enter()
    }
  })

  it('does not grow by attempts that it refuses', async () => {
    for (let n = 0; n < 5; n += 1) await fail()
    for (let n = 0; n < 5; n += 1) await expect(enter()).rejects.toMatchObject({ code: 'too_many_attempts' })
    await letTimePass(test.database, 1_000)
    await enter()
  })

  it('never exceeds five minutes', async () => {
    for (let n = 0; n < 40; n += 1) {
      await test.database.query(
        `insert into login_attempt (at, username, source, succeeded) values (clock_timestamp(), 'rosa', '192.0.2.1', false)`,
      )
    }
    await expect(enter()).rejects.toMatchObject({ details: { retryAfterSeconds: 300 } })
    await letTimePass(test.database, 300_000)
    await enter()
  })

  it('does not reach the same person at another address', async () => {
    for (let n = 0; n < 5; n += 1) await fail()
    await expect(enter()).rejects.toMatchObject({ code: 'too_many_attempts' })
    await enter({ address: '192.0.2.2' })
    await expect(enter(), 'a success elsewhere frees nothing here').rejects.toMatchObject({ code: 'too_many_attempts' })
  })

  it('slows an address down that tries many accounts, also when one of them is its own', async () => {
    for (let n = 0; n < 20; n += 1) {
      await fail({ username: `guess${n}` })
      if (n % 4 === 0) await enter({ username: 'boss' })
    }
    await expect(enter()).rejects.toMatchObject({ code: 'too_many_attempts' })
    await enter({ address: '192.0.2.2' })
  })

  it('cannot be outrun by attempts made at once', async () => {
    const hasher = countingHasher()
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, () => enter({ password: 'not the password' }, hasher)),
    )
    expect(outcomes.every((outcome) => outcome.status === 'rejected')).toBe(true)
    expect(hasher.verified).toHaveLength(5)
  })

  it('forgets after fifteen minutes', async () => {
    for (let n = 0; n < 30; n += 1) {
      await test.database.query(
        `insert into login_attempt (at, username, source, succeeded)
         values (clock_timestamp() - interval '14 minutes', 'rosa', '192.0.2.1', false)`,
      )
    }
    await letTimePass(test.database, 60_001)
    for (let n = 0; n < 5; n += 1) await fail()
  })
})

describe('findSession', () => {
  it('knows nothing of a made-up token', async () => {
    expect(await session('A'.repeat(43))).toBeUndefined()
    expect(await session('')).toBeUndefined()
  })

  it('ends after 30 idle minutes, and lives on with a request before', async () => {
    const { token } = await enter()
    await letTimePass(test.database, 29 * 60_000)
    expect(await session(token)).toBeDefined()
    await letTimePass(test.database, 29 * 60_000)
    expect(await session(token)).toBeDefined()
    await letTimePass(test.database, 30 * 60_000)
    expect(await session(token)).toBeUndefined()
  })

  it('ends twelve hours after the login however busy it is', async () => {
    const { token } = await enter()
    for (let n = 0; n < 35; n += 1) {
      await letTimePass(test.database, 20 * 60_000)
      expect(await session(token)).toBeDefined()
    }
    await letTimePass(test.database, 20 * 60_000)
    expect(await session(token)).toBeUndefined()
  })

  it('writes nothing for a second request within half a minute', async () => {
    const { token } = await enter()
    const seen = () => test.database.query('select xmin from user_session order by created_at desc limit 1')
    const before = await seen()
    await session(token)
    expect((await seen()).rows).toEqual(before.rows)
  })

  it('has the new role with the next request', async () => {
    const { token } = await enter()
    await test.database.transaction((tx) => setRole(tx, machine, { username: 'rosa', role: 'viewer', tenant: null }))
    expect((await session(token))?.actor.role).toBe('viewer')
    await test.database.transaction((tx) => setRole(tx, machine, { username: 'rosa', role: 'operator', tenant: null }))
  })

  it('is gone with a disabled person and with a changed password', async () => {
    await addPerson(test.database, 'kim', 'viewer')
    const { token } = await enter({ username: 'kim' })
    expect(
      await test.database.transaction((tx) => setPassword(tx, machine, { username: 'kim', password: goodPassword })),
    ).toEqual({ sessionsRevoked: 1 })
    expect(await session(token)).toBeUndefined()
    const again = await enter({ username: 'kim' })
    await test.database.transaction((tx) => disableUser(tx, machine, { username: 'kim' }))
    expect(await session(again.token)).toBeUndefined()
    await test.database.query('update user_session set revoked_at = null')
    expect(await session(again.token), 'disabled counts by itself').toBeUndefined()
  })
})

describe('logOut', () => {
  it('ends that session and no other, once', async () => {
    const one = await enter()
    const other = await enter()
    const actor = (await session(one.token))?.actor ?? machine
    expect(await test.database.transaction((tx) => logOut(tx, actor, { token: one.token }))).toEqual({ revoked: true })
    expect(await session(one.token)).toBeUndefined()
    expect(await session(other.token)).toBeDefined()
    expect(await test.database.transaction((tx) => logOut(tx, actor, { token: one.token }))).toEqual({ revoked: false })
  })

  it('does not end the session of somebody else', async () => {
    const mine = await enter()
    const theirs = await enter({ username: 'boss' })
    const actor = (await session(mine.token))?.actor ?? machine
    expect(await test.database.transaction((tx) => logOut(tx, actor, { token: theirs.token }))).toEqual({
      revoked: false,
    })
    expect(await session(theirs.token)).toBeDefined()
  })
})

describe('sweepRetention', () => {
  it('deletes logins and sessions that ended 30 days ago and keeps the rest', async () => {
    await enter()
    await letTimePass(test.database, 31 * 86_400_000)
    const { token } = await enter()
    const sweep = () =>
      test.database.transaction((tx) => sweepRetention(tx, { eventDays: 90, sampleHours: 48, handledUpdateHours: 192 }))
    expect(await sweep()).toBeGreaterThanOrEqual(2)
    expect(await sweep()).toBe(0)
    expect(await session(token)).toBeDefined()
    expect((await test.database.query('select 1 from login_attempt')).rowCount).toBe(1)
  })
})
