import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Tx } from '../../../db/transaction.ts'
import { createLinkCode } from '../../../services/create-link-code.ts'
import { disableUser } from '../../../services/disable-user.ts'
import { listUsers } from '../../../services/list-users.ts'
import { redeemLinkCode } from '../../../services/redeem-link-code.ts'
import { setPassword } from '../../../services/set-password.ts'
import { createTestDatabase } from '../../support/database.ts'
import {
  addPerson,
  goodPassword,
  letTimePass,
  operatorOfTheMachine as machine,
  overlap,
  personActor,
} from './people-fixture.ts'

let test: Awaited<ReturnType<typeof createTestDatabase>>
let rosaId: string
beforeAll(async () => {
  test = await createTestDatabase()
  await addPerson(test.database, 'boss', 'owner')
  rosaId = await addPerson(test.database, 'rosa', 'operator')
})
afterAll(() => test.drop())

const make = (username = 'rosa', actor = machine) =>
  test.database.transaction((tx) => createLinkCode(tx, actor, { username }))
const redeem = (code: string, platformUserId: string) =>
  test.database.transaction((tx) =>
    redeemLinkCode(tx, { code, platform: 'telegram', platformUserId, source: 'bot:shop' }),
  )

describe('a link code', () => {
  it('is 256 bits that fit Telegram’s start parameter, kept as a hash, good for fifteen minutes', async () => {
    const { code, expiresAt } = await make()
    expect(`link-${code}`).toMatch(/^[A-Za-z0-9_-]{1,64}$/)
    expect(Buffer.from(code, 'base64url')).toHaveLength(32)
    const left = Date.parse(expiresAt) - Date.now()
    expect(left).toBeGreaterThan(14 * 60_000)
    expect(left).toBeLessThanOrEqual(15 * 60_000 + 1_000)
    const { rows } = await test.database.query<{ code: string }>(
      `select encode(code_hash, 'base64') as code from link_code`,
    )
    expect(rows.map((row) => row.code.replaceAll('+', '-').replaceAll('/', '_'))).not.toContain(`${code}=`)
    const audit = await test.database.query('select * from audit_log')
    expect(JSON.stringify(audit.rows)).not.toContain(code)
  })

  it('binds a chat once', async () => {
    const { code } = await make()
    expect(await redeem(code, '1001')).toEqual({ result: 'linked', username: 'rosa' })
    expect(await redeem(code, '1001')).toEqual({ result: 'used', username: null })
    expect(await redeem(code, '1002')).toEqual({ result: 'used', username: null })
    const rosa = (await listUsers(test.database, machine)).find((user) => user.username === 'rosa')
    expect(rosa?.linked).toMatchObject([{ platform: 'telegram', platform_user_id: '1001' }])
    expect(rosa?.linked[0]?.linked_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    const { rows } = await test.database.query(`select actor, source from audit_log where action = 'user.link_chat'`)
    expect(rows).toEqual([{ actor: 'user:rosa', source: 'bot:shop' }])
  })

  it('that nobody made is unknown', async () => {
    expect(await redeem('A'.repeat(43), '1')).toEqual({ result: 'unknown', username: null })
    expect(await redeem('', '1')).toEqual({ result: 'unknown', username: null })
  })

  it('expires', async () => {
    const { code } = await make()
    await letTimePass(test.database, 15 * 60_000)
    expect((await redeem(code, '1003')).result).toBe('expired')
  })

  it('does not move a chat to another person, and stays good for the right one', async () => {
    expect((await redeem((await make('boss')).code, '2001')).result).toBe('linked')
    const { code } = await make('rosa')
    expect(await redeem(code, '2001')).toEqual({ result: 'taken', username: null })
    expect((await redeem(code, '2002')).result).toBe('linked')
  })

  it('may bind the same chat to the same person again', async () => {
    expect((await redeem((await make()).code, '3001')).result).toBe('linked')
    expect((await redeem((await make()).code, '3001')).result).toBe('linked')
  })

  it('of two chats that overlap binds the first and is used for the second', async () => {
    const { code } = await make()
    const redeemBy = (platformUserId: string) => (tx: Tx) =>
      redeemLinkCode(tx, { code, platform: 'telegram', platformUserId, source: 'bot:shop' })
    const outcomes = await overlap(test.database, redeemBy('8001'), redeemBy('8002'))
    expect(outcomes.map(({ result }) => result)).toEqual(['linked', 'used'])
  })

  it('redeemed by ten chats at once links one of them', async () => {
    const { code } = await make()
    const outcomes = await Promise.all(Array.from({ length: 10 }, (_, n) => redeem(code, `400${n}`)))
    expect(outcomes.filter(({ result }) => result === 'linked')).toHaveLength(1)
    expect(outcomes.filter(({ result }) => result === 'used')).toHaveLength(9)
    const { rowCount } = await test.database.query(`select 1 from chat_identity where platform_user_id like '400_'`)
    expect(rowCount).toBe(1)
  })

  it('of two persons redeemed at once by one chat binds it to one of them and leaves the other code good', async () => {
    for (let round = 0; round < 10; round += 1) {
      const [rosa, boss] = [await make('rosa'), await make('boss')]
      const outcomes = await Promise.all([redeem(rosa.code, `500${round}`), redeem(boss.code, `500${round}`)])
      expect(outcomes.map(({ result }) => result).sort()).toEqual(['linked', 'taken'])
      const loser = outcomes[0]?.result === 'taken' ? rosa : boss
      expect((await redeem(loser.code, `600${round}`)).result).toBe('linked')
    }
  })

  it('is void when the person is disabled or gets a new password', async () => {
    await addPerson(test.database, 'kim', 'viewer')
    const first = await make('kim')
    await test.database.transaction((tx) => setPassword(tx, machine, { username: 'kim', password: goodPassword }))
    expect((await redeem(first.code, '7001')).result).toBe('unknown')
    const second = await make('kim')
    await test.database.query(`update app_user set disabled_at = now() where username = 'kim'`)
    expect((await redeem(second.code, '7001')).result, 'disabled counts by itself').toBe('unknown')
    await test.database.query(`update app_user set disabled_at = null where username = 'kim'`)
    await test.database.transaction((tx) => disableUser(tx, machine, { username: 'kim' }))
    expect((await redeem(second.code, '7001')).result).toBe('unknown')
    await expect(make('kim')).rejects.toMatchObject({ code: 'conflict' })
  })

  it('is made by a person for themselves, by an owner for anybody, by others for nobody', async () => {
    const rosa = personActor('rosa', rosaId, 'operator')
    await make('rosa', rosa)
    await expect(make('boss', rosa)).rejects.toMatchObject({ code: 'not_allowed' })
    await expect(make('nobody', rosa), 'who exists is not told').rejects.toMatchObject({ code: 'not_allowed' })
    await expect(make('nobody')).rejects.toMatchObject({ code: 'not_found' })
    const impostor = { ...rosa, userId: 'another id' }
    await expect(make('rosa', impostor)).rejects.toMatchObject({ code: 'not_allowed' })
  })
})
