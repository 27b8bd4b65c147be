import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Tx } from '../../../db/transaction.ts'
import { makeKeyring } from '../../../domain/keyring.ts'
import { beginSecondFactor } from '../../../services/access/begin-second-factor.ts'
import { confirmSecondFactor } from '../../../services/access/confirm-second-factor.ts'
import { endSecondFactor } from '../../../services/access/end-second-factor.ts'
import { renewRecoveryCodes } from '../../../services/access/renew-recovery-codes.ts'
import { resetSecondFactor } from '../../../services/access/reset-second-factor.ts'
import { judgeCode } from '../../../services/access/second-factor.ts'
import { showSecondFactor } from '../../../services/access/show-second-factor.ts'
import { unlockUser } from '../../../services/access/unlock-user.ts'
import { countOldSeals } from '../../../services/count-old-seals.ts'
import { findSession } from '../../../services/find-session.ts'
import { rotateKeys } from '../../../services/rotate-keys.ts'
import { authenticatorOf } from '../../support/authenticator.ts'
import {
  goodPassword,
  letTimePass,
  operatorOfTheMachine as machine,
  overlap,
  peopleKeyring,
} from '../people/people-fixture.ts'
import { type Authenticator, People } from './access-fixture.ts'

const keyring = () => peopleKeyring
const own = { password: goodPassword, address: '192.0.2.1', keyring }
const needsCode = { code: 'not_authenticated', details: { needed: 'code' } }

let people: People
let rosa: Authenticator
beforeAll(async () => {
  people = await People.open({ boss: 'owner', rosa: 'operator', kim: 'viewer' })
})
afterAll(() => people.close())
beforeEach(async () => {
  await people.database.query('delete from login_attempt')
  await people.database.query('delete from user_totp')
  await people.database.query('delete from user_session')
  rosa = await people.enrol('rosa')
})

describe('a login with a second factor', () => {
  it('asks for a code once the password was right, and opens no session without it', async () => {
    await people.database.query('delete from user_session')
    await expect(people.logIn('rosa')).rejects.toMatchObject(needsCode)
    await expect(people.logIn('rosa', { code: rosa.code(7) })).rejects.toMatchObject(needsCode)
    expect((await people.database.query('select from user_session')).rowCount).toBe(0)
    const { user } = await people.logIn('rosa', { code: rosa.code() })
    expect(user).toMatchObject({ username: 'rosa', second_factor: true })
    expect((await people.audited('user.log_in')).at(-1)?.details).toEqual({ second_factor: 'totp' })
  })

  it('says nothing of a second factor to who has not the password', async () => {
    const wrong = { password: 'not the password', code: rosa.code() }
    const refusals = await Promise.all(
      ['rosa', 'kim', 'nobody-here'].map((username) => people.logIn(username, wrong).catch((error: unknown) => error)),
    )
    for (const refusal of refusals) expect(refusal).toMatchObject({ code: 'not_authenticated', details: {} })
    // And the code that came with it is still good.
    await people.logIn('rosa', { code: wrong.code })
  })

  it('asks nobody else for a code', async () => {
    expect((await people.logIn('kim')).user.second_factor).toBe(false)
    await people.logIn('kim', { code: '000000' })
  })

  it('takes a code once, however often and from wherever it comes at once', async () => {
    for (let round = 0; round < 3; round += 1) {
      await people.database.query('update user_totp set last_counter = 0, failures = 0')
      const code = rosa.code()
      const outcomes = await Promise.allSettled(
        Array.from({ length: 8 }, (_, n) => people.logIn('rosa', { code, address: `192.0.2.${n + 10}` })),
      )
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    }
  })

  it('is judged one code after the other', async () => {
    const code = rosa.code()
    const userId = (await people.audited('user.confirm_second_factor')).at(-1)?.target_id ?? ''
    const judge = (tx: Tx) => judgeCode(tx, { userId, code, keyring })
    const verdicts = await overlap(people.database, judge, judge)
    expect(verdicts).toEqual([{ kind: 'right', by: 'totp' }, { kind: 'wrong' }])
  })

  it('takes no code again after it, nor one of before', async () => {
    const codes = [1, 0, -1].map((step) => rosa.code(step))
    await people.logIn('rosa', { code: codes[0] })
    for (const code of codes) await expect(people.logIn('rosa', { code })).rejects.toMatchObject(needsCode)
  })

  it('slows down who guesses codes from many addresses, and lets a recovery code in at once', async () => {
    for (let n = 0; n < 5; n += 1) {
      await expect(people.logIn('rosa', { code: '000000', address: `198.51.100.${n}` })).rejects.toMatchObject(
        needsCode,
      )
    }
    const early = people.logIn('rosa', { code: rosa.code(), address: '203.0.113.9' })
    await expect(early).rejects.toMatchObject({ code: 'too_many_attempts', details: { retryAfterSeconds: 1 } })
    await people.logIn('rosa', { code: rosa.recoveryCodes[0], address: '203.0.113.9' })
    await people.logIn('rosa', { code: rosa.code(), address: '203.0.113.9' })
  })

  it('cannot be outrun by codes that are guessed at once from many addresses', async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, n) => people.logIn('rosa', { code: '000000', address: `198.51.100.${n}` })),
    )
    const reasons = outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason.code : 'in'))
    expect(reasons.filter((code) => code === 'not_authenticated')).toHaveLength(5)
    expect(reasons.filter((code) => code === 'too_many_attempts')).toHaveLength(15)
  })

  it('does not count the step without a code as a failure, and does not let it forgive wrong ones', async () => {
    for (let n = 0; n < 8; n += 1) await expect(people.logIn('rosa')).rejects.toMatchObject(needsCode)
    for (let n = 0; n < 5; n += 1) {
      await expect(people.logIn('rosa', { code: '000000' })).rejects.toMatchObject(needsCode)
      if (n < 4) await expect(people.logIn('rosa')).rejects.toMatchObject(needsCode)
    }
    await expect(people.logIn('rosa')).rejects.toMatchObject({ code: 'too_many_attempts' })
    await letTimePass(people.database, 1_000)
    await people.logIn('rosa', { code: rosa.code() })
  })

  it('goes on at once for whom an owner unlocks', async () => {
    for (let n = 0; n < 5; n += 1) await people.logIn('rosa', { code: '000000' }).catch(() => {})
    expect(await people.run(unlockUser, machine, { username: 'rosa' })).toEqual({ failuresForgotten: 5 })
    await people.logIn('rosa', { code: rosa.code() })
  })
})

describe('a recovery code', () => {
  it('lets in once each, however it is typed', async () => {
    const [first = '', second = ''] = rosa.recoveryCodes
    await people.logIn('rosa', { code: first.toUpperCase().replaceAll('-', ' ') })
    await expect(people.logIn('rosa', { code: first })).rejects.toMatchObject(needsCode)
    const at = await Promise.allSettled(
      Array.from({ length: 6 }, (_, n) => people.logIn('rosa', { code: second, address: `192.0.2.${n + 10}` })),
    )
    expect(at.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const { actor } = await people.signIn('rosa', { code: rosa.code() })
    expect(await showSecondFactor(people.database, actor)).toMatchObject({ enabled: true, recovery_codes_left: 8 })
  })

  it('is kept as a hash, as the secret is kept sealed', async () => {
    const { rows } = await people.database.query(
      `select to_jsonb(t)::text || (select string_agg(to_jsonb(r)::text, ' ') from recovery_code r) as text,
         encode(convert_to(sealed, 'UTF8'), 'hex') as bytes from user_totp t`,
    )
    const kept = JSON.stringify(rows)
    for (const code of rosa.recoveryCodes) expect(kept).not.toContain(code.replaceAll('-', ''))
    expect(kept).not.toContain(rosa.secret)
  })

  it('of before is void once new ones were made', async () => {
    const { actor } = await people.signIn('rosa', { code: rosa.code() })
    const { recoveryCodes } = await renewRecoveryCodes(people.database, actor, own)
    await expect(people.logIn('rosa', { code: rosa.recoveryCodes[0] })).rejects.toMatchObject(needsCode)
    await people.logIn('rosa', { code: recoveryCodes[9] })
  })
})

describe('beginning and ending a second factor', () => {
  it('asks nobody for a code before one was confirmed, and confirms by a right one only', async () => {
    const { token, actor } = await people.signIn('kim')
    const other = await people.signIn('kim')
    await beginSecondFactor(people.database, actor, own)
    await people.logIn('kim')
    await expect(
      confirmSecondFactor(people.database, actor, { code: '000000', keyring, keep: token }),
    ).rejects.toMatchObject({
      code: 'usage',
    })
    expect((await people.logIn('kim')).user.second_factor).toBe(false)
    await people.enrol('kim')
    // The code that confirmed is used up, and sessions without one are over.
    expect(await findSession(people.database, { token: other.token, source: 'api' })).toBeUndefined()
  })

  it('lets an open session guess no code of one that was begun', async () => {
    const { token, actor } = await people.signIn('kim')
    const code = authenticatorOf((await beginSecondFactor(people.database, actor, own)).secret)
    const confirm = (typed: string) =>
      confirmSecondFactor(people.database, actor, { code: typed, keyring, keep: token })
    for (let n = 0; n < 5; n += 1) await expect(confirm('000000')).rejects.toMatchObject({ code: 'usage' })
    await expect(confirm(code())).rejects.toMatchObject({
      code: 'too_many_attempts',
      details: { retryAfterSeconds: 1 },
    })
    await letTimePass(people.database, 1_000)
    expect((await confirm(code())).recoveryCodes).toHaveLength(10)
    await expect(confirm(code())).rejects.toMatchObject({ code: 'conflict' })
  })

  it('needs the present password, which an open session cannot guess', async () => {
    const { actor } = await people.signIn('kim')
    const wrong = { ...own, password: 'not the password' }
    for (let n = 0; n < 5; n += 1) {
      await expect(beginSecondFactor(people.database, actor, wrong)).rejects.toMatchObject({ code: 'not_allowed' })
    }
    await expect(beginSecondFactor(people.database, actor, own)).rejects.toMatchObject({ code: 'too_many_attempts' })
  })

  it('is not for a machine nor for a token', async () => {
    const { actor } = await people.signIn('kim')
    for (const nobody of [machine, { ...actor, token: 'aaaaaaaa' }]) {
      await expect(beginSecondFactor(people.database, nobody, own)).rejects.toMatchObject({ code: 'not_allowed' })
      await expect(showSecondFactor(people.database, nobody)).rejects.toMatchObject({ code: 'not_allowed' })
    }
  })

  it('does not replace one that is in use', async () => {
    const { actor } = await people.signIn('rosa', { code: rosa.code() })
    await expect(beginSecondFactor(people.database, actor, own)).rejects.toMatchObject({ code: 'conflict' })
  })

  it('ends by the password and a code', async () => {
    const { actor } = await people.signIn('rosa', { code: rosa.code() })
    await expect(endSecondFactor(people.database, actor, { ...own, code: '000000' })).rejects.toMatchObject({
      code: 'not_allowed',
    })
    await expect(people.logIn('rosa')).rejects.toMatchObject(needsCode)
    await endSecondFactor(people.database, actor, { ...own, code: rosa.code(1) })
    await people.logIn('rosa')
  })

  it('an owner takes it away, with the sessions', async () => {
    const { token, actor } = await people.signIn('rosa', { code: rosa.code() })
    await expect(people.run(resetSecondFactor, actor, { username: 'rosa' })).rejects.toMatchObject({
      code: 'not_allowed',
    })
    expect(await people.run(resetSecondFactor, machine, { username: 'rosa' })).toEqual({ sessionsRevoked: 2 })
    expect(await findSession(people.database, { token, source: 'api' })).toBeUndefined()
    await people.logIn('rosa')
    await expect(people.run(resetSecondFactor, machine, { username: 'rosa' })).rejects.toMatchObject({
      code: 'not_found',
    })
  })
})

it('a rotation seals authenticators anew, and the old key is not needed any more', async () => {
  const fresh = makeKeyring([Buffer.alloc(32, 77), ...peopleKeyring.keys.values()])
  const old = () => people.run(countOldSeals, machine, { keyId: fresh.activeKeyId })
  expect((await old()).credentials).toBe(1)
  for (let after: number | undefined = 0; after !== undefined; ) {
    after = (await people.run(rotateKeys, machine, { keyring: fresh, batchSize: 10, after })).next
  }
  expect((await old()).credentials).toBe(0)
  const bare = makeKeyring([Buffer.alloc(32, 77)])
  await people.logIn('rosa', { code: rosa.code(), keyring: () => bare })
  await people.database.query('delete from key_fingerprint')
})
