/** The dashboard of an agent's owner, as a person drives it (seed 001). */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { PersonChat } from '../../../sandbox/person-chat.ts'
import { inlineButtonsOf } from '../../../sandbox/person-chat.ts'
import { type OfficeBot, OfficeRig } from './office-rig.ts'

const address = 'T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb'

let rig: OfficeRig
let bot: OfficeBot
let ann: PersonChat

beforeAll(async () => {
  rig = await OfficeRig.start()
  bot = await rig.agentBot('ann')
  await rig.own('ann', 'Ann')
  await rig.earn('ann', '100')
  ann = rig.chat(bot, 'Ann')
}, 120_000)
afterAll(() => rig.stop())

const tenant = async () =>
  (await rig.db.database.query<Record<string, unknown>>(`select * from tenant where id = 'agent:ann'`)).rows[0]

test('the dashboard shows the shop and its earnings, with a button for everything of the seed', async () => {
  ann.say('/agent')
  const panel = await ann.answer('Ann Shop')
  expect(panel.text).toContain('Markup: none')
  expect(panel.text).toContain('Available: 100')
  expect(inlineButtonsOf(panel).map(({ text }) => text)).toEqual([
    '💰 Set markup',
    '💸 Withdraw',
    '📞 Support link',
    '📢 Channel link',
    '📣 Announcement link',
    '🔘 Own buttons',
    '📝 Texts',
    '🔔 Notices',
    '📊 Statistics',
    '📜 Withdrawals',
  ])
})

describe('markup', () => {
  test('an amount in USDT is typed, also after the worker was killed in between', async () => {
    ann.say('/agent')
    await ann.answer('Ann Shop')
    ann.press('💰 Set markup')
    await ann.answer('Please enter markup in USDT')
    await rig.restart(bot)
    ann.say('0.05')
    await ann.answer('Markup set to 0.05 USDT per item')
    expect(await tenant()).toMatchObject({ markup_kind: 'fixed' })
  })
})

test.for([
  ['hello', 'That is not a number.'],
  ['-1', 'The number must be 0 or more.'],
  ['0.0000001', 'too many digits'],
  ['99999999999', 'too large'],
  ['1.234%', 'too many digits'],
])('a markup of "%s" is refused, and asked for again', async ([typed = '', sentence = '']) => {
  ann.say('/agent')
  await ann.answer('Ann Shop')
  ann.press('💰 Set markup')
  await ann.answer('Please enter markup in USDT')
  ann.say(typed)
  await ann.answer(sentence)
  ann.say('۱۲٫۵٪')
  await ann.answer('Markup set to 12.5 %')
})

test('a withdrawal is asked for in three steps, each of which survives the worker', async () => {
  ann.say('/agent')
  await ann.answer('Ann Shop')
  ann.press('💸 Withdraw')
  await ann.answer('Available: 100 USDT. At least 10; the fee of 1')
  await rig.restart(bot)
  ann.say('50')
  await ann.answer('49 USDT')
  await rig.restart(bot)
  ann.say(address)
  const confirm = await ann.answer('Is that right?')
  expect(confirm.text).toContain('Arrives: 49 USDT')
  await rig.restart(bot)
  const button = inlineButtonsOf(confirm).find(({ text }) => text === 'Confirm')
  ann.press('Confirm')
  await ann.waitFor('Request submitted')
  ann.pressData(confirm.message_id, button?.callback_data ?? '')
  ann.say('/agent')
  const panel = await ann.answer('Held for withdrawals: 50')
  expect(panel.text).toContain('Available: 50')
  expect(await rig.count(`select count(*) from withdrawal`)).toBe(1)
})
