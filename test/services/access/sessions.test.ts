import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { changeOwnPassword } from '../../../services/access/change-own-password.ts'
import { listSessions } from '../../../services/access/list-sessions.ts'
import { revokeOtherSessions } from '../../../services/access/revoke-other-sessions.ts'
import { revokeSession } from '../../../services/access/revoke-session.ts'
import { createLinkCode } from '../../../services/create-link-code.ts'
import { disableUser } from '../../../services/disable-user.ts'
import { enableUser } from '../../../services/enable-user.ts'
import { findSession } from '../../../services/find-session.ts'
import { argon2Hasher, type PasswordHasher } from '../../../services/password-hasher.ts'
import { setPassword } from '../../../services/set-password.ts'
import { goodPassword, letTimePass, operatorOfTheMachine as machine } from '../people/people-fixture.ts'
import { People } from './access-fixture.ts'

let people: People
beforeAll(async () => {
  people = await People.open({ boss: 'owner', deputy: 'admin', rosa: 'operator' })
})
afterAll(() => people.close())
beforeEach(async () => {
  await people.database.query('delete from user_session')
  await people.database.query('delete from login_attempt')
})

const isOpen = async (token: string) => (await findSession(people.database, { token, source: 'api' })) !== undefined

describe('the list of sessions', () => {
  it('has one’s own, by ids that open nothing, and marks the one that asks', async () => {
    const old = await people.signIn('rosa', { userAgent: 'curl/8 \u001b[31m\n', address: '198.51.100.4' })
    await letTimePass(people.database, 60_000)
    const now = await people.signIn('rosa', { userAgent: 'x'.repeat(500) })
    await people.signIn('boss')
    const sessions = await people.run(listSessions, now.actor, { current: now.token })
    expect(sessions).toMatchObject([
      { username: 'rosa', current: true, user_agent: 'x'.repeat(200), source: 'api:192.0.2.1' },
      { username: 'rosa', current: false, user_agent: 'curl/8 [31m', source: 'api:198.51.100.4' },
    ])
    for (const { id } of sessions) {
      expect(id).toMatch(/^[0-9a-f]{16}$/)
      expect(await isOpen(id)).toBe(false)
    }
    expect(JSON.stringify(sessions)).not.toContain(old.token)
  })

  it('leaves out what has ended, by logging out, by time or by doing nothing', async () => {
    const { actor, token } = await people.signIn('rosa')
    const [session] = await people.run(listSessions, actor, {})
    await people.run(revokeSession, actor, { id: session?.id ?? '' })
    expect(await people.run(listSessions, actor, {})).toEqual([])
    await people.database.query('update user_session set revoked_at = null')
    expect(await people.run(listSessions, actor, { current: token })).toHaveLength(1)
    await letTimePass(people.database, 30 * 60_000)
    expect(await people.run(listSessions, actor, {})).toEqual([])
  })

  it('of others is for admins and owners', async () => {
    const rosa = await people.signIn('rosa')
    const deputy = await people.signIn('deputy')
    expect(await people.run(listSessions, deputy.actor, { username: 'rosa' })).toHaveLength(1)
    expect(await people.run(listSessions, machine, { username: 'rosa' })).toHaveLength(1)
    await expect(people.run(listSessions, rosa.actor, { username: 'deputy' })).rejects.toMatchObject({
      code: 'not_allowed',
    })
    await expect(people.run(listSessions, machine, { username: 'nobody' })).rejects.toMatchObject({ code: 'not_found' })
    await expect(people.run(listSessions, machine, {})).rejects.toMatchObject({ code: 'usage' })
    await expect(people.run(listSessions, { ...rosa.actor, token: 'aaaaaaaa' }, {})).rejects.toMatchObject({
      code: 'not_allowed',
    })
  })
})

describe('ending sessions', () => {
  it('ends one of one’s own and no other', async () => {
    const [one, two] = [await people.signIn('rosa'), await people.signIn('rosa')]
    const sessions = await people.run(listSessions, one.actor, { current: one.token })
    const other = sessions.find(({ current }) => !current)
    await people.run(revokeSession, one.actor, { id: other?.id ?? '' })
    expect([await isOpen(one.token), await isOpen(two.token)]).toEqual([true, false])
    await expect(people.run(revokeSession, one.actor, { id: other?.id ?? '' })).rejects.toMatchObject({
      code: 'not_found',
    })
  })

  it('of others is for owners', async () => {
    const rosa = await people.signIn('rosa')
    const deputy = await people.signIn('deputy')
    const [session] = await people.run(listSessions, rosa.actor, {})
    const end = { id: session?.id ?? '' }
    await expect(people.run(revokeSession, deputy.actor, end)).rejects.toMatchObject({ code: 'not_found' })
    expect(await isOpen(rosa.token)).toBe(true)
    await people.run(revokeSession, machine, end)
    expect(await isOpen(rosa.token)).toBe(false)
    expect((await people.audited('user.end_session')).at(-1)).toMatchObject({
      actor: machine.name,
      target_id: rosa.actor.userId,
    })
  })

  it('ends all others of one’s own and keeps this one', async () => {
    const tokens = [await people.signIn('rosa'), await people.signIn('rosa'), await people.signIn('boss')]
    const here = await people.signIn('rosa')
    expect(await people.run(revokeOtherSessions, here.actor, { keep: here.token })).toEqual({ sessionsRevoked: 2 })
    expect(await Promise.all([...tokens, here].map(({ token }) => isOpen(token)))).toEqual([false, false, true, true])
  })
})

describe('changing one’s own password', () => {
  const change = (from: { token: string; actor: Parameters<typeof changeOwnPassword>[1] }, password = goodPassword) =>
    changeOwnPassword(people.database, from.actor, {
      password,
      newPassword: 'another-lamp-orbit-78',
      address: '192.0.2.1',
      keep: from.token,
    })

  it('needs the present one, and ends the other sessions', async () => {
    const other = await people.signIn('rosa')
    const here = await people.signIn('rosa')
    await expect(change(here, 'not the password')).rejects.toMatchObject({ code: 'not_allowed' })
    expect(await isOpen(other.token)).toBe(true)
    expect(await change(here)).toEqual({ sessionsRevoked: 1 })
    expect([await isOpen(here.token), await isOpen(other.token)]).toEqual([true, false])
    await expect(people.logIn('rosa')).rejects.toMatchObject({ code: 'not_authenticated' })
    await people.logIn('rosa', { password: 'another-lamp-orbit-78' })
    await expect(change(here)).rejects.toMatchObject({ code: 'not_allowed' })
    await changeOwnPassword(people.database, here.actor, {
      password: 'another-lamp-orbit-78',
      newPassword: goodPassword,
      address: '192.0.2.1',
      keep: here.token,
    })
  })

  it('is refused a weak one before anything is asked, and to a token', async () => {
    const here = await people.signIn('rosa')
    for (const newPassword of ['admin123', 'rosa', 'short']) {
      await expect(
        changeOwnPassword(people.database, here.actor, {
          password: goodPassword,
          newPassword,
          address: '192.0.2.1',
          keep: here.token,
        }),
      ).rejects.toMatchObject({ code: 'usage' })
    }
    await expect(change({ ...here, actor: { ...here.actor, token: 'aaaaaaaa' } })).rejects.toMatchObject({
      code: 'not_allowed',
    })
  })

  it('voids what was to link a chat', async () => {
    const here = await people.signIn('rosa')
    await people.run(createLinkCode, machine, { username: 'rosa' })
    await changeOwnPassword(people.database, here.actor, {
      password: goodPassword,
      newPassword: goodPassword,
      address: '192.0.2.1',
      keep: here.token,
    })
    expect((await people.database.query('select from link_code where used_at is null')).rowCount).toBe(0)
  })

  it('loses to an owner who changes it or shuts the person out meanwhile', async () => {
    for (const meanwhile of [
      () => people.run(setPassword, machine, { username: 'rosa', password: goodPassword }),
      () => people.run(disableUser, machine, { username: 'rosa' }),
    ]) {
      const here = await people.signIn('rosa')
      const racing: PasswordHasher = {
        ...argon2Hasher,
        hash: async (password) => {
          await meanwhile()
          return argon2Hasher.hash(password)
        },
      }
      const input = {
        password: goodPassword,
        newPassword: 'another-lamp-orbit-78',
        address: '192.0.2.1',
        keep: here.token,
      }
      await expect(changeOwnPassword(people.database, here.actor, input, racing)).rejects.toMatchObject({
        code: 'conflict',
      })
    }
    await people.run(enableUser, machine, { username: 'rosa' })
    await people.logIn('rosa')
  })

  it('that two make at once is made once', async () => {
    const here = await people.signIn('rosa')
    const outcomes = await Promise.allSettled([change(here), change(here)])
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: expect.stringMatching(/^(conflict|not_allowed)$/) },
    })
  })
})
