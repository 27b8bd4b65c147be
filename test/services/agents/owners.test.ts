/** Owners of a shop, and the link by which somebody becomes one. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { addOwner } from '../../../services/agents/add-owner.ts'
import { createClaimLink } from '../../../services/agents/create-claim-link.ts'
import { isOwner } from '../../../services/agents/is-owner.ts'
import { listOwners } from '../../../services/agents/list-owners.ts'
import { redeemClaim } from '../../../services/agents/redeem-claim.ts'
import { removeOwner } from '../../../services/agents/remove-owner.ts'
import { createLinkCode } from '../../../services/create-link-code.ts'
import { redeemLinkCode } from '../../../services/redeem-link-code.ts'
import { addPerson, letTimePass, overlap } from '../people/people-fixture.ts'
import { type AgentWorld, createAgentWorld } from './agents-fixture.ts'

let world: AgentWorld
let tenant: string
beforeAll(async () => {
  world = await createAgentWorld()
})
afterAll(() => world.drop())
beforeEach(async () => {
  ;({ tenant } = await world.addAgent())
})

const owns = (platformUserId: string, shop = tenant) => isOwner(world.database, shop, 'telegram', platformUserId)
const claimOf = async (shop = tenant) => {
  const { message, link } = await world.run(createClaimLink, { tenant: shop })
  return { link, code: message.replace('/start claim-', '') }
}
const redeem = (code: string, platformUserId: string, shop = tenant) =>
  world.database.transaction((tx) =>
    redeemClaim(tx, { tenant: shop, code, platform: 'telegram', platformUserId, source: 'bot:test' }),
  )

describe('owners', () => {
  it('are added, listed and taken away; one shop may have several', async () => {
    const add = (platformUserId: string) => world.run(addOwner, { tenant, platform: 'telegram', platformUserId })
    await add('1001')
    await add('1002')
    expect(await add('1002')).toMatchObject([{ platform_user_id: '1001' }, { platform_user_id: '1002' }])
    expect([await owns('1001'), await owns('1002'), await owns('1003')]).toEqual([true, true, false])
    await world.run(removeOwner, { tenant, platform: 'telegram', platformUserId: '1001' })
    expect(await owns('1001')).toBe(false)
    expect(await world.run(listOwners, { tenant })).toMatchObject([{ platform_user_id: '1002' }])
    expect((await world.audit('agent.add_owner')).filter((row) => row['tenant_id'] === tenant)).toHaveLength(2)
  })

  it('own their shop only, on their platform only', async () => {
    const other = await world.addAgent()
    await world.run(addOwner, { tenant, platform: 'telegram', platformUserId: '2001' })
    expect(await owns('2001', other.tenant)).toBe(false)
    expect(await isOwner(world.database, tenant, 'whatsapp', '2001')).toBe(false)
  })

  it('are ids, of agents that exist', async () => {
    for (const platformUserId of ['@name', '', '12a', '-5', '0']) {
      await expect(world.run(addOwner, { tenant, platform: 'telegram', platformUserId })).rejects.toMatchObject({
        code: 'usage',
      })
    }
    for (const nobody of ['agent:nobody', 'master']) {
      const input = { tenant: nobody, platform: 'telegram' as const, platformUserId: '1001' }
      await expect(world.run(addOwner, input)).rejects.toMatchObject({ code: 'not_found' })
      await expect(world.run(removeOwner, input)).rejects.toMatchObject({ code: 'not_found' })
      await expect(world.run(listOwners, input)).rejects.toMatchObject({ code: 'not_found' })
      await expect(world.run(createClaimLink, input)).rejects.toMatchObject({ code: 'not_found' })
    }
  })
})

describe('a claim link', () => {
  it('opens the shop’s own bot, fits its start parameter, is kept as a hash, and is good for a day', async () => {
    const { rows } = await world.database.query<{ name: string }>(
      'select platform_username as name from instance where tenant_id = $1',
      [tenant],
    )
    const { link, message, expiresAt } = await world.run(createClaimLink, { tenant })
    const code = message.replace('/start claim-', '')
    expect(link).toBe(`https://t.me/${rows[0]?.name}?start=claim-${code}`)
    expect(`claim-${code}`).toMatch(/^[A-Za-z0-9_-]{1,64}$/)
    expect(Date.parse(expiresAt) - Date.now()).toBeGreaterThan(23.9 * 3_600_000)
    const audit = await world.database.query('select * from audit_log')
    expect(JSON.stringify(audit.rows)).not.toContain(code)
    const stored = await world.database.query('select * from link_code')
    expect(JSON.stringify(stored.rows)).not.toContain(code)
  })

  it('has no address while the name of the bot is unknown', async () => {
    await world.database.query('update instance set platform_username = null where tenant_id = $1', [tenant])
    expect((await claimOf()).link).toBeNull()
  })

  it('makes the person who opens it an owner, once', async () => {
    const { code } = await claimOf()
    expect(await redeem(code, '3001')).toEqual({ result: 'claimed' })
    expect(await owns('3001')).toBe(true)
    expect(await redeem(code, '3002')).toEqual({ result: 'used' })
    expect(await owns('3002')).toBe(false)
    expect((await world.audit('agent.claim')).at(-1)).toMatchObject({
      actor: 'owner:telegram:3001',
      tenant_id: tenant,
      details: { platform: 'telegram', platformUserId: '3001' },
    })
  })

  it('is kept for somebody else when its opener owns the shop already', async () => {
    const { code } = await claimOf()
    await world.run(addOwner, { tenant, platform: 'telegram', platformUserId: '3101' })
    expect(await redeem(code, '3101')).toEqual({ result: 'already' })
    expect(await redeem(code, '3102')).toEqual({ result: 'claimed' })
  })

  it('is unknown in the bot of another shop, and stays good for its own', async () => {
    const other = await world.addAgent()
    const { code } = await claimOf()
    expect(await redeem(code, '3201', other.tenant)).toEqual({ result: 'unknown' })
    expect(await redeem(code, '3201', 'master')).toEqual({ result: 'unknown' })
    expect(await owns('3201', other.tenant)).toBe(false)
    expect(await redeem(code, '3201')).toEqual({ result: 'claimed' })
  })

  it('expires, and one that nobody made is unknown', async () => {
    const { code } = await claimOf()
    await letTimePass(world.database, 24 * 3_600_000)
    expect(await redeem(code, '3301')).toEqual({ result: 'expired' })
    expect(await redeem('A'.repeat(43), '3301')).toEqual({ result: 'unknown' })
    expect(await owns('3301')).toBe(false)
  })

  it('and a link code of a person are not taken for each other', async () => {
    await addPerson(world.database, `rosa.${tenant.slice(-6)}`, 'operator')
    const link = await world.run(createLinkCode, { username: `rosa.${tenant.slice(-6)}` })
    expect(await redeem(link.code, '3401')).toEqual({ result: 'unknown' })
    const { code } = await claimOf()
    const asLink = await world.database.transaction((tx) =>
      redeemLinkCode(tx, { code, platform: 'telegram', platformUserId: '3401', source: 'bot:test' }),
    )
    expect(asLink).toEqual({ result: 'unknown', username: null })
    expect(await redeem(code, '3401')).toEqual({ result: 'claimed' })
  })

  it('speaks for a shop or a person, never for both or nobody', async () => {
    const insert = (columns: string, values: string) =>
      world.database.query(
        `insert into link_code (code_hash, created_by, expires_at${columns})
         values (sha256('x'), 'test', now() + interval '1 hour'${values})`,
      )
    await expect(insert('', '')).rejects.toThrow(/link_code_for_one/)
    const both = `(select id from app_user limit 1), '${tenant}'`
    await expect(insert(', user_id, tenant_id', `, ${both}`)).rejects.toThrow(/link_code_for_one/)
    await expect(insert(', tenant_id', `, 'master'`)).rejects.toThrow(/check constraint/)
  })

  it('opened by two people at once makes one of them an owner', async () => {
    const { code } = await claimOf()
    const by = (platformUserId: string) => ({
      tenant,
      code,
      platform: 'telegram' as const,
      platformUserId,
      source: 'b',
    })
    const outcomes = await overlap(
      world.database,
      (tx) => redeemClaim(tx, by('3501')),
      (tx) => redeemClaim(tx, by('3502')),
    )
    expect(outcomes.map(({ result }) => result)).toEqual(['claimed', 'used'])
    const many = (await claimOf()).code
    const results = await Promise.all(Array.from({ length: 10 }, (_, n) => redeem(many, `360${n}`)))
    expect(results.filter(({ result }) => result === 'claimed')).toHaveLength(1)
  })
})
