/** One person, two names: a LID and a phone number are one customer, and no money moves for it. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { recallAsked } from '../../../services/chat/recall-asked.ts'
import { blockCustomer } from '../../../services/customers/block-customer.ts'
import { eraseCustomer } from '../../../services/customers/erase-customer.ts'
import type { Fence } from '../../../services/fence.ts'
import { markBlocked } from '../../../services/mark-blocked.ts'
import { openTurn } from '../../../services/open-turn.ts'
import { settleTurn } from '../../../services/settle-turn.ts'
import { ownerActor } from '../../support/rig.ts'
import { Devices } from './device-fixture.ts'

let devices: Devices
let bot: Fence
let other: Fence
beforeAll(async () => {
  devices = await Devices.open()
  bot = await devices.bot('agent:red')
  other = await devices.bot('agent:blue')
})
afterAll(() => devices.close())

let number = 0
let phone: string
let lid: string
beforeEach(() => {
  number += 1
  phone = `49151${String(number).padStart(8, '0')}`
  lid = `9${String(number).padStart(14, '0')}@lid`
})

let updates = 0
function wordsOf(name: string, also: string | null) {
  updates += 1
  const person = {
    platformUserId: name,
    chatId: `chat of ${name}`,
    username: null,
    displayName: null,
    languageHint: null,
    lid: also,
  }
  return { updateKey: `wa:${updates}`, nonce: null, answerMark: null, person }
}

/** A person writes; which customer they are, and under which name. */
async function writes(name: string, also: string | null = null, to = bot): Promise<{ id: string; name: string }> {
  const words = wordsOf(name, also)
  const opened = await devices.test.database.transaction((tx) => openTurn(tx, to, words, { onlyArrives: true }))
  if (opened.repeated) throw new Error('every update is a new one')
  return { id: opened.customer.customerId, name: opened.person.platformUserId }
}
const pay = (id: string) => devices.rows(`select adjust_balance($1, 'USDT', 5000000, $1, 'test', 'test')`, [id])
const nameOf = async (id: string) =>
  (await devices.rows<{ name: string }>('select platform_user_id as name from customer where id = $1', [id]))[0]?.name
const moneyOf = async (id: string) =>
  (
    await devices.rows<{ balance: number }>(
      `select balance from account where customer_id = $1 and kind = 'customer'`,
      [id],
    )
  )[0]?.balance
const audited = (id: string) =>
  devices.rows<{ action: string }>('select action from audit_log where target_id = $1', [id])

test('who shows a number and a LID is known by the number, and under the LID alone, too', async () => {
  const both = await writes(phone, lid)
  expect(both.name).toBe(phone)
  expect(await writes(lid)).toEqual(both)
  expect(await writes(phone)).toEqual(both)
})

test('who was known by the number is the same when the LID is shown', async () => {
  const first = await writes(phone)
  expect(await writes(phone, lid)).toEqual(first)
  expect(await writes(lid)).toEqual(first)
})

test('who was known by the LID goes on under the number, with money and rights', async () => {
  const first = await writes(lid)
  expect(first.name).toBe(lid)
  await pay(first.id)
  await devices.rows(
    `insert into tenant_owner (tenant_id, platform, platform_user_id) values ('agent:red', 'whatsapp', $1)`,
    [lid],
  )
  await devices.rows(
    `insert into app_user (id, username, password_hash, role, tenant_id) values ($1, $1, 'none', 'agent', 'agent:red')`,
    [`user-${number}`],
  )
  await devices.rows(`insert into chat_identity (platform, platform_user_id, user_id) values ('whatsapp', $1, $2)`, [
    lid,
    `user-${number}`,
  ])
  const later = await writes(phone, lid)
  expect(later).toEqual({ id: first.id, name: phone })
  expect(await moneyOf(first.id)).toBe(5_000_000)
  expect(await audited(first.id)).toEqual([{ action: 'customer.joined' }])
  for (const table of ['tenant_owner', 'chat_identity']) {
    const named = `select platform_user_id as name from ${table} where platform_user_id = any($1)`
    expect(await devices.rows(named, [[lid, phone]]), table).toEqual([{ name: phone }])
  }
})

describe('two customers who turn out to be one person', () => {
  const pair = async () => ({ byLid: (await writes(lid)).id, byPhone: (await writes(phone)).id })

  test.for([
    ['the one of the LID', 'byLid'],
    ['the one of the number', 'byPhone'],
  ] as const)('where %s alone has dealings, that one goes on', async ([, rich]) => {
    const two = await pair()
    const poor = rich === 'byLid' ? 'byPhone' : 'byLid'
    await pay(two[rich])
    expect(await writes(phone, lid)).toEqual({ id: two[rich], name: phone })
    expect(await writes(lid)).toEqual({ id: two[rich], name: phone })
    expect(await moneyOf(two[rich])).toBe(5_000_000)
    expect(await nameOf(two[poor])).toMatch(/^erased:/)
    // Nobody is told anything twice.
    expect(await devices.rows('select from customer_chat where customer_id = $1', [two[poor]])).toEqual([])
  })

  test('where neither has, the one of the number goes on', async () => {
    const { byPhone } = await pair()
    expect(await writes(phone, lid)).toEqual({ id: byPhone, name: phone })
  })

  test('where both have, they stay two, each reached by its own name, and the audit says so', async () => {
    const two = await pair()
    await pay(two.byLid)
    await pay(two.byPhone)
    for (let again = 0; again < 2; again += 1) {
      expect(await writes(phone, lid)).toEqual({ id: two.byPhone, name: phone })
      expect(await writes(lid)).toEqual({ id: two.byLid, name: lid })
    }
    expect(await moneyOf(two.byLid)).toBe(5_000_000)
    expect(await moneyOf(two.byPhone)).toBe(5_000_000)
    expect(await audited(two.byLid)).toEqual([{ action: 'customer.stay_apart' }])
  })

  test('who was blocked as one of them is blocked as both', async () => {
    const two = await pair()
    const block = { id: two.byLid, reason: 'fraud' }
    await devices.test.database.transaction((tx) => blockCustomer(tx, ownerActor, block))
    await pay(two.byPhone)
    await writes(phone, lid)
    expect(await devices.rows('select blocked_reason from customer where id = $1', [two.byPhone])).toEqual([
      { blocked_reason: 'fraud' },
    ])
  })

  test('is decided once, however many messages show it at once', async () => {
    const two = await pair()
    await pay(two.byLid)
    const seen = await Promise.all(Array.from({ length: 8 }, () => writes(phone, lid)))
    expect(seen.map(({ id }) => id)).toEqual(seen.map(() => two.byLid))
    expect(await audited(two.byLid)).toHaveLength(1)
  })
})

test('a LID that shows another number than before takes no money along', async () => {
  const before = await writes(phone, lid)
  await pay(before.id)
  const moved = `4917${phone.slice(4)}`
  const after = await writes(moved, lid)
  expect(after).toMatchObject({ name: moved })
  expect(after.id).not.toBe(before.id)
  expect(await writes(lid)).toEqual(after)
  expect(await writes(phone)).toEqual(before)
})

test('what is learned in one shop says nothing in another', async () => {
  await writes(phone, lid)
  expect(await writes(lid, null, other)).toMatchObject({ name: lid })
})

test('what is asked for, and who has blocked the bot, is found under either name', async () => {
  const { id } = await writes(phone, lid)
  const { database } = devices.test
  const instance = { instanceId: bot.instanceId, tenant: 'agent:red', platform: 'whatsapp' as const }
  const state = { ask: 'amount', args: [] }
  await settleTurn(database, bot, () => devices.keyring, {
    updateKeys: ['wa:1'],
    asked: { platformUserId: lid, state },
  })
  const recalled = await database.transaction((tx) =>
    recallAsked(tx, instance, { updateKey: 'wa:1', person: wordsOf(lid, null).person }),
  )
  expect(recalled).toMatchObject({ state })
  await database.transaction((tx) => markBlocked(tx, instance, { platformUserId: lid, blocked: true }))
  expect(
    await devices.rows('select blocked_at is not null as blocked from customer_chat where customer_id = $1', [id]),
  ).toEqual([{ blocked: true }])
})

test('who was erased is not known by any name any more', async () => {
  const { id } = await writes(phone, lid)
  await devices.test.database.transaction((tx) => eraseCustomer(tx, ownerActor, { id, withBalance: false }))
  expect(await devices.rows('select from whatsapp_identity where $1 in (lid, phone)', [phone])).toEqual([])
  expect(await writes(lid)).toMatchObject({ name: lid })
})

test('a Telegram bot knows no such names', async () => {
  await writes(phone, lid)
  await devices.rows(`update instance set platform = 'telegram' where id = $1`, [bot.instanceId])
  try {
    expect(await writes(lid)).toMatchObject({ name: lid })
  } finally {
    await devices.rows(`update instance set platform = 'whatsapp' where id = $1`, [bot.instanceId])
  }
})
