import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Tx } from '../../../db/transaction.ts'
import { type Actor, assertMay, may, type Permission, permissionNames } from '../../../domain/actor.ts'
import { apiTokensMax, parseApiToken, parseScopes } from '../../../domain/api-token.ts'
import { type CreateApiToken, createApiToken } from '../../../services/access/create-api-token.ts'
import { findCaller } from '../../../services/access/find-caller.ts'
import { listApiTokens } from '../../../services/access/list-api-tokens.ts'
import { resetSecondFactor } from '../../../services/access/reset-second-factor.ts'
import { revokeApiToken } from '../../../services/access/revoke-api-token.ts'
import { createLinkCode } from '../../../services/create-link-code.ts'
import { createUser } from '../../../services/create-user.ts'
import { disableUser } from '../../../services/disable-user.ts'
import { enableUser } from '../../../services/enable-user.ts'
import { setPassword } from '../../../services/set-password.ts'
import { setRole } from '../../../services/set-role.ts'
import { sweepRetention } from '../../../services/sweep-retention.ts'
import { letTimePass, operatorOfTheMachine as machine, overlap } from '../people/people-fixture.ts'
import { People } from './access-fixture.ts'

let people: People
let rosa: Actor
let boss: Actor
beforeAll(async () => {
  people = await People.open({ boss: 'owner', rosa: 'operator', ada: 'agent' })
  rosa = (await people.signIn('rosa')).actor
  boss = (await people.signIn('boss')).actor
})
afterAll(() => people.close())
beforeEach(() => people.database.query('delete from api_token'))

const make = (actor = rosa, input: Partial<CreateApiToken> = {}) =>
  people.run(createApiToken, actor, { name: 'ci', scopes: null, ttlMs: null, ...input })
const call = (token: string, source = 'api:192.0.2.7') => findCaller(people.database, { token, source })

describe('an API token', () => {
  it('is bfl_, an id and 256 bits, and is kept as a hash', async () => {
    const { text, token } = await make()
    expect(text).toMatch(/^bfl_[a-z2-7]{8}_[\w-]{43}$/)
    expect(text).toHaveLength(56)
    const secret = parseApiToken(text)?.secret ?? ''
    expect(Buffer.from(secret, 'base64url')).toHaveLength(32)
    const { rows } = await people.database.query(
      `select to_jsonb(t)::text || encode(secret_hash, 'base64') as text from api_token t
       union all select to_jsonb(a)::text from audit_log a`,
    )
    expect(JSON.stringify(rows)).not.toContain(secret)
    expect(token).toMatchObject({
      username: 'rosa',
      name: 'ci',
      scopes: null,
      created_by: 'user:rosa',
      revoked_at: null,
    })
  })

  it('speaks for its person, and the audit has both', async () => {
    const { text, token } = await make()
    const session = await call(text)
    expect(session?.actor).toMatchObject({
      name: 'user:rosa',
      userId: rosa.userId,
      role: 'operator',
      tenant: null,
      source: `api:192.0.2.7 token:${token.id}`,
      token: token.id,
    })
    expect(session?.expiresAt).toBeNull()
    await people.run(revokeApiToken, session?.actor ?? machine, { id: token.id })
    expect((await people.audited('token.revoke')).at(-1)).toMatchObject({
      actor: 'user:rosa',
      source: `api:192.0.2.7 token:${token.id}`,
    })
  })

  it('is not found by a wrong secret, another id, or a part of it', async () => {
    const { text, token } = await make()
    const other = await make()
    const secret = parseApiToken(text)?.secret ?? ''
    for (const wrong of [
      `bfl_${token.id}_${secret.slice(0, -1)}${secret.endsWith('A') ? 'B' : 'A'}`,
      `bfl_${other.token.id}_${secret}`,
      `bfl_aaaaaaaa_${secret}`,
      text.slice(0, -1),
      `${text}A`,
      text.toUpperCase(),
      secret,
      '',
    ]) {
      expect(await call(wrong), wrong).toBeUndefined()
    }
    expect(await call(text)).toBeDefined()
  })

  it('ends when it is revoked, once', async () => {
    const { text, token } = await make()
    expect(await people.run(revokeApiToken, rosa, { id: token.id })).toMatchObject({ revoked_at: expect.any(String) })
    expect(await call(text)).toBeUndefined()
    await expect(people.run(revokeApiToken, rosa, { id: token.id })).rejects.toMatchObject({ code: 'conflict' })
  })

  it('ends by its expiry', async () => {
    const { text } = await make(rosa, { ttlMs: 3_600_000 })
    expect((await call(text))?.expiresAt).toMatch(/Z$/)
    await letTimePass(people.database, 3_599_000)
    expect(await call(text)).toBeDefined()
    await letTimePass(people.database, 2_000)
    expect(await call(text)).toBeUndefined()
  })

  it('is dead with its disabled person, and stays so', async () => {
    const { text } = await make(machine, { username: 'ada' })
    expect(await call(text)).toBeDefined()
    await people.run(disableUser, machine, { username: 'ada' })
    expect(await call(text)).toBeUndefined()
    await people.run(enableUser, machine, { username: 'ada' })
    expect(await call(text)).toBeUndefined()
    await expect(people.run(enableUser, machine, { username: 'ada' })).rejects.toMatchObject({ code: 'conflict' })
    await people.run(disableUser, machine, { username: 'ada' })
    await people.database.query('update api_token set revoked_at = null')
    expect(await call(text), 'disabled counts by itself').toBeUndefined()
    await people.run(enableUser, machine, { username: 'ada' })
  })

  it('has the role that its person has now', async () => {
    const { text } = await make()
    await people.run(setRole, machine, { username: 'rosa', role: 'viewer', tenant: null })
    expect((await call(text))?.actor.role).toBe('viewer')
    await people.run(setRole, machine, { username: 'rosa', role: 'operator', tenant: null })
  })

  it('of an agent has that agent’s tenant', async () => {
    const { text } = await make(machine, { username: 'ada' })
    expect((await call(text))?.actor).toMatchObject({ role: 'agent', tenant: 'agent:t1' })
  })

  it('notes its last use and from where, at most twice a minute', async () => {
    const { text } = await make()
    const used = async () => (await people.run(listApiTokens, rosa, {}))[0]
    await call(text)
    const first = await used()
    expect(first?.last_used_from).toBe('api:192.0.2.7')
    await call(text, 'api:198.51.100.1')
    expect(await used()).toEqual(first)
    await letTimePass(people.database, 30_000)
    await call(text, 'api:198.51.100.1')
    expect((await used())?.last_used_from).toBe('api:198.51.100.1')
  })
})

describe('scopes', () => {
  it('take away from the role and never add to it', () => {
    fc.assert(
      fc.property(
        fc.subarray(permissionNames),
        fc.constantFrom('owner', 'admin', 'operator', 'viewer', 'agent'),
        (scopes, role) => {
          const person: Actor = {
            name: 'user:x',
            userId: 'x',
            role,
            tenant: role === 'agent' ? 'agent:t1' : null,
            source: 'api',
          }
          for (const permission of permissionNames) {
            const allowed = may(person, permission, 'agent:t1') && scopes.includes(permission)
            expect(may({ ...person, scopes }, permission, 'agent:t1')).toBe(allowed)
          }
        },
      ),
    )
  })

  it('come with the token', async () => {
    const scopes: Permission[] = ['instance.read', 'user.manage']
    const { text } = await make(rosa, { scopes })
    const actor = (await call(text))?.actor ?? machine
    expect(actor.scopes).toEqual(scopes)
    expect(may(actor, 'instance.read')).toBe(true)
    expect(may(actor, 'instance.approve')).toBe(false)
    expect(may(actor, 'user.manage')).toBe(false)
    expect(() => assertMay(actor, 'instance.approve')).toThrow(/not among the scopes of this token/)
    expect(() => assertMay(actor, 'user.manage')).toThrow(/not among its rights/)
  })

  it('are rights, once each', () => {
    expect(parseScopes(['audit.read', 'audit.read'])).toEqual(['audit.read'])
    expect(() => parseScopes(['audit.write'])).toThrow(/no scope/)
    expect(() => parseScopes(['toString'])).toThrow(/no scope/)
  })

  it('are not none', async () => {
    await expect(make(rosa, { scopes: [] })).rejects.toMatchObject({ code: 'usage' })
  })
})

describe('who may have, see and revoke tokens', () => {
  it('a person has their own; those of others are for owners to make and revoke, and for admins to see', async () => {
    const { token } = await make(boss)
    const admin: Actor = { ...boss, userId: 'somebody-else', role: 'admin' }
    for (const actor of [rosa, admin]) {
      await expect(make(actor, { username: 'boss' })).rejects.toMatchObject({ code: 'not_allowed' })
    }
    await expect(people.run(revokeApiToken, rosa, { id: token.id })).rejects.toMatchObject({ code: 'not_found' })
    await expect(people.run(listApiTokens, rosa, { username: 'boss' })).rejects.toMatchObject({ code: 'not_allowed' })
    expect(await people.run(listApiTokens, rosa, {})).toEqual([])
    const mine = await make(rosa)
    expect(await people.run(listApiTokens, rosa, {})).toMatchObject([{ id: mine.token.id }])
    expect(await people.run(listApiTokens, { ...boss, role: 'admin' }, {})).toHaveLength(2)
    expect(await people.run(revokeApiToken, boss, { id: mine.token.id })).toMatchObject({ username: 'rosa' })
  })

  it('a token makes no other for its person, and revokes none but itself', async () => {
    const { text, token } = await make(rosa, { scopes: ['instance.read'] })
    const other = await make(rosa)
    const actor = (await call(text))?.actor ?? machine
    await expect(make(actor)).rejects.toMatchObject({ code: 'not_allowed' })
    await expect(people.run(revokeApiToken, actor, { id: other.token.id })).rejects.toMatchObject({ code: 'not_found' })
    await expect(people.run(listApiTokens, actor, {})).rejects.toMatchObject({ code: 'not_allowed' })
    await people.run(revokeApiToken, actor, { id: token.id })
  })

  it('a token makes none for others either, whatever its person may', async () => {
    for (const scopes of [null, ['user.read', 'user.manage']] as const) {
      const { text } = await make(boss, { scopes })
      const actor = (await call(text))?.actor ?? machine
      await expect(make(actor, { username: 'rosa' })).rejects.toMatchObject({ code: 'not_allowed' })
    }
  })

  it('a token with scopes gets into no account that may more than they say', async () => {
    const tokenWith = async (scopes: Permission[]) =>
      (await call((await make(boss, { scopes })).text))?.actor ?? machine
    const narrow = await tokenWith(['user.read', 'user.manage'])
    const password = 'another-lamp-orbit-78'
    for (const attempt of [
      () => people.run(createUser, narrow, { username: 'mallory', password, role: 'owner', tenant: null }),
      () => people.run(createUser, narrow, { username: 'mallory', password, role: 'agent', tenant: 'agent:t1' }),
      () => people.run(setRole, narrow, { username: 'rosa', role: 'admin', tenant: null }),
      () => people.run(setPassword, narrow, { username: 'rosa', password }),
      () => people.run(resetSecondFactor, narrow, { username: 'rosa' }),
      () => people.run(createLinkCode, narrow, { username: 'boss' }),
    ]) {
      await expect(attempt()).rejects.toMatchObject({ code: 'not_allowed', message: /scopes of this token/ })
    }
    const wide = await tokenWith([
      'user.manage',
      ...permissionNames.filter((name) => may({ ...rosa, role: 'viewer' }, name)),
    ])
    await people.run(createUser, wide, { username: 'vera', password, role: 'viewer', tenant: null })
    await people.run(setPassword, wide, { username: 'vera', password })
    await expect(people.run(setRole, wide, { username: 'vera', role: 'operator', tenant: null })).rejects.toMatchObject(
      {
        code: 'not_allowed',
      },
    )
  })

  it('a name that nobody may know of is refused alike, whether there is such a person or not', async () => {
    for (const username of ['boss', 'nobody-here']) {
      await expect(make(rosa, { username })).rejects.toMatchObject({ code: 'not_allowed' })
    }
    await expect(make(boss, { username: 'nobody-here' })).rejects.toMatchObject({ code: 'not_found' })
    await expect(make(machine)).rejects.toMatchObject({ code: 'usage' })
  })

  it('there are at most fifty of a person, also when they are made at once', async () => {
    for (let n = 0; n < apiTokensMax - 1; n += 1) await make()
    const one = (tx: Tx) => createApiToken(tx, rosa, { name: 'ci', scopes: null, ttlMs: null })
    await expect(overlap(people.database, one, one)).rejects.toMatchObject({ code: 'conflict' })
    expect(await people.run(listApiTokens, rosa, {})).toHaveLength(apiTokensMax)
  })
})

it('retention forgets tokens that ended 30 days ago, and no other', async () => {
  const sweep = () =>
    people.database.transaction((tx) => sweepRetention(tx, { eventDays: 90, sampleHours: 48, handledUpdateHours: 192 }))
  const lasting = await make()
  const ended = await make(rosa, { ttlMs: 1_000 })
  const revoked = await make()
  await people.run(revokeApiToken, rosa, { id: revoked.token.id })
  await letTimePass(people.database, 31 * 86_400_000)
  await sweep()
  const left = (await people.run(listApiTokens, rosa, {})).map(({ id }) => id)
  expect(left).toEqual([lasting.token.id])
  expect(left).not.toContain(ended.token.id)
})
