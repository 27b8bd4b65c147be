/** The dashboard of an agent's owner, as people drive it: every function of seed 001, and what is refused. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { PersonChat } from '../../../sandbox/person-chat.ts'
import { address, type OfficeBot, OfficeRig } from './office-rig.ts'
import { dataOf, holding, labelsOf } from './words.ts'

let rig: OfficeRig
let bot: OfficeBot
/** A new owner for every test, since a chat is written to once a second. */
let ann: PersonChat
let people = 0

beforeAll(async () => {
  rig = await OfficeRig.start()
  bot = await rig.agentBot('ann')
}, 120_000)
afterAll(() => rig.stop())

beforeEach(async () => {
  people += 1
  await rig.own('ann', `Ann ${people}`)
  ann = rig.chat(bot, `Ann ${people}`)
})

interface TenantRow {
  markup_kind: string
  markup_hundredths: string
  support_link: string | null
  channel_link: string | null
  announcement_link: string | null
  extra_links: { title: string; url: string }[]
  notice_chat_id: string | null
}

async function tenant(): Promise<TenantRow> {
  const { rows } = await rig.db.database.query<TenantRow>(`select * from tenant where id = 'agent:ann'`)
  const row = rows[0]
  if (row === undefined) throw new Error('the agent is gone')
  return row
}

/** Opens the dashboard and presses one of its buttons. */
async function open(label: string) {
  ann.say('/agent')
  const panel = await ann.answer('Shop: open')
  ann.pressData(panel.message_id, dataOf(panel, label))
}

test('the dashboard shows the shop and its earnings, with a button for everything of the seed', async () => {
  ann.say('/agent')
  const panel = await ann.answer('Ann Shop')
  expect(panel.text).toContain('Markup: none')
  expect(panel.text).toContain('Available: 0')
  expect(labelsOf(panel)).toEqual([
    'Set markup',
    'Withdraw',
    'Support link',
    'Channel link',
    'Announcement link',
    'Own buttons',
    'Texts',
    'Notices',
    'Statistics',
    'Withdrawals',
    'Home',
  ])
})

describe('markup', () => {
  test('an amount in USDT is typed, also after the worker was killed in between', async () => {
    await open('Set markup')
    await ann.answer('Please enter markup in USDT')
    await rig.restart(bot)
    ann.say('0.05')
    await ann.answer('Markup set to 0.05 USDT per item')
    expect((await tenant()).markup_kind).toBe('fixed')
  })

  test('a preset that is pressed twice is set once', async () => {
    await open('Set markup')
    const ask = await ann.answer('Please enter markup in USDT')
    const data = dataOf(ask, '10 %')
    ann.pressData(ask.message_id, data)
    ann.pressData(ask.message_id, data)
    await ann.answer('Markup set to 10 %')
    await ann.answer('Markup set to 10 %')
    const audits = `select count(*) from audit_log where action = 'shop.set_markup' and details ->> 'percent' = '10'`
    expect(await rig.count(audits)).toBe(1)
  })

  test('digits of other writings are digits', async () => {
    await open('Set markup')
    await ann.answer('Please enter markup in USDT')
    ann.say('۱۲٫۵٪')
    await ann.answer('Markup set to 12.5 %')
    expect(await tenant()).toMatchObject({ markup_kind: 'percent', markup_hundredths: 1250 })
  })

  test.for([
    ['hello', 'That is not a number.'],
    ['-1', 'The number must be 0 or more.'],
    ['0.0000001', 'too many digits'],
    ['99999999999', 'too large'],
    ['1.234%', 'too many digits'],
  ] as const)('"%s" is refused with its own sentence, and asked for again', async ([typed, sentence]) => {
    const before = await tenant()
    await open('Set markup')
    await ann.answer('Please enter markup in USDT')
    ann.say(typed)
    await ann.answer(sentence)
    expect(await tenant()).toEqual(before)
    ann.say('/cancel')
    await ann.answer('Nothing was changed')
    ann.say('5')
    await ann.answer('I did not understand that')
    expect(await tenant()).toEqual(before)
  })
})

describe('withdrawing', () => {
  test('amount, address and confirmation: each step survives the worker, and a second press is the same withdrawal', async () => {
    await rig.earn('ann', '100')
    const before = await rig.count('select count(*) from withdrawal')
    await open('Withdraw')
    await ann.answer('Available: 100 USDT. At least 10; the fee of 1')
    await rig.restart(bot)
    ann.say('50')
    await ann.answer('50 USDT less the fee of 1: 49 USDT arrive')
    await rig.restart(bot)
    ann.say(address)
    const confirm = await ann.answer('Is that right?')
    expect(confirm.text).toContain(`Arrives: 49 USDT\nAddress: ${address}`)
    await rig.restart(bot)
    const data = dataOf(confirm, 'Confirm')
    ann.pressData(confirm.message_id, data)
    await ann.waitFor('Request submitted')
    ann.pressData(confirm.message_id, data)
    ann.say('/agent')
    const panel = await ann.answer('Held for withdrawals: 50')
    expect(panel.text).toContain('Available: 50')
    expect(await rig.count('select count(*) from withdrawal')).toBe(before + 1)
  })

  test.for([
    ['9.999999', 'The least that can be withdrawn is 10 USDT.'],
    ['5000', 'is available.'],
    ['12.1234567', 'too many digits'],
    ['-10', '0 or more'],
    ['all of it', 'not a number'],
    ['99999999999999999999', 'too large'],
  ] as const)('an amount of "%s" is refused with its own sentence, and nothing moves', async ([typed, sentence]) => {
    const before = await rig.count('select count(*) from transfer')
    await open('Withdraw')
    await ann.answer('How much shall be withdrawn?')
    ann.say(typed)
    await ann.answer(sentence)
    expect(await rig.count('select count(*) from transfer')).toBe(before)
  })

  test.for([`${address.slice(0, -1)}c`, 'TXYZ', '0x52908400098527886E0F7030069857D2E4169EE7', address.toLowerCase()])(
    'the address "%s" is refused, and asked for again',
    async (typed) => {
      await rig.earn('ann', '20')
      await open('Withdraw')
      await ann.answer('How much shall be withdrawn?')
      ann.say('10')
      await ann.answer('Send the TRC20 address')
      ann.say(typed)
      await ann.answer('That is no TRC20 address')
      ann.say(address)
      await ann.answer('Is that right?')
    },
  )

  test('who owes for refunds is told how much, and cannot ask', async () => {
    await rig.agentBot('debtor', 'Debt Shop').then(async (debtor) => {
      await rig.own('debtor', 'Dora')
      await rig.db.database.query(
        `with entry as (
           insert into journal_entry (kind, reference, tenant_id, actor) values ('import', 'debt', 'agent:debtor', 'test')
           returning id
         )
         insert into transfer (entry_id, currency, from_account, to_account, amount)
         select id, 'USDT', account_of('agent:debtor', 'debt', 'USDT'), account_of('master', 'adjustment', 'USDT'), 2500000
         from entry`,
      )
      const dora = rig.chat(debtor, 'Dora')
      dora.say('/agent')
      const panel = await dora.answer('Owed after refunds: 2.5')
      dora.pressData(panel.message_id, dataOf(panel, 'Withdraw'))
      await dora.answer('After refunds 2.5 USDT is owed')
    })
  })

  test('the history shows withdrawals by pages, and one that waits can be taken back once', async () => {
    await rig.earn('ann', '200')
    const requests = `select request_withdrawal('agent:ann', gen_random_uuid()::text, 'USDT', 10000000, 1000000, $1, 1,
      'owner:test', null, null, null) from generate_series(1, 6)`
    await rig.db.database.query(requests, [address])
    await open('Withdrawals')
    const first = await ann.waitFor(holding('Withdrawals', 'requested'))
    expect(labelsOf(first).filter((label) => label.startsWith('Cancel'))).toHaveLength(5)
    ann.pressData(first.message_id, dataOf(first, 'Older'))
    await ann.waitFor((message) => labelsOf(message).includes('Newest'))
    const cancel = dataOf(first, 'Cancel 10 USDT')
    const before = await rig.count(`select count(*) from withdrawal where state = 'cancelled'`)
    ann.pressData(first.message_id, cancel)
    ann.pressData(first.message_id, cancel)
    await ann.answer('Cancelled. 10 USDT is available again.')
    await ann.answer('Cancelled. 10 USDT is available again.')
    expect(await rig.count(`select count(*) from withdrawal where state = 'cancelled'`)).toBe(before + 1)
  })
})

describe('links', () => {
  test.for(['support', 'channel', 'announcement'] as const)(
    'the %s link is set, also after the worker was killed in between, and taken away',
    async (kind) => {
      const label = { support: 'Support link', channel: 'Channel link', announcement: 'Announcement link' }[kind]
      await open(label)
      await ann.answer(`${label}: none`)
      await rig.restart(bot)
      ann.say('@my_place')
      await ann.answer('Link saved: @my_place')
      expect((await tenant())[`${kind}_link`]).toBe('@my_place')
      await open(label)
      const ask = await ann.answer(`${label}: @my_place`)
      ann.pressData(ask.message_id, dataOf(ask, 'Remove'))
      await ann.answer('Link removed.')
      expect((await tenant())[`${kind}_link`]).toBeNull()
    },
  )

  test.for(['http://plain.example', 'javascript:alert(1)', 'my place', 'https://localhost/x'])(
    'the link "%s" is refused, and asked for again',
    async (typed) => {
      await open('Support link')
      await ann.answer('Support link: none')
      ann.say(typed)
      await ann.answer('That is no link.')
      ann.say('/cancel')
      await ann.answer('Nothing was changed')
      expect((await tenant()).support_link).toBeNull()
    },
  )
})

describe('own buttons', () => {
  const titles = async () => (await tenant()).extra_links.map(({ title }) => title)

  test('title and address are asked for one after the other, with wrong ones refused and the worker killed in between', async () => {
    await open('Own buttons')
    const list = await ann.waitFor('You have no buttons of your own yet')
    ann.pressData(list.message_id, dataOf(list, 'Add'))
    await ann.answer('What shall the button say?')
    ann.say('x'.repeat(65))
    await ann.answer('one line of 1 to 64 characters')
    await rig.restart(bot)
    ann.say('FAQ & more')
    await ann.answer('Which link does “FAQ & more” open?')
    await rig.restart(bot)
    ann.say('nowhere')
    await ann.answer('That is no link.')
    ann.say('https://example.com/faq')
    await ann.answer('Button “FAQ & more” added.')
    expect((await tenant()).extra_links).toEqual([{ title: 'FAQ & more', url: 'https://example.com/faq' }])
  })

  test('there are five at most', async () => {
    const five = Array.from({ length: 5 }, (_, index) => ({ title: `B${index + 1}`, url: 'https://example.com/' }))
    await rig.db.database.query(`update tenant set extra_links = $1 where id = 'agent:ann'`, [JSON.stringify(five)])
    await open('Own buttons')
    const list = await ann.waitFor('Your own buttons, 5 of 5')
    expect(labelsOf(list)).toEqual(['Delete', 'Dashboard'])
    ann.pressData(list.message_id, 'agent.button.add')
    await ann.answer('There are 5 buttons already.')
  })

  test('one is deleted by its number, wrong numbers are refused, and the worker may be killed in between', async () => {
    await open('Own buttons')
    const list = await ann.waitFor('Your own buttons, 5 of 5')
    ann.pressData(list.message_id, dataOf(list, 'Delete'))
    await ann.answer('Which button goes?')
    await rig.restart(bot)
    ann.say('two')
    await ann.answer('That is not a number.')
    ann.say('6')
    await ann.answer('It is not there any more.')
    ann.say('۲')
    await ann.answer('Button deleted.')
    expect(await titles()).toEqual(['B1', 'B3', 'B4', 'B5'])
  })

  test('a press deletes the button that it showed, once, whatever has moved since', async () => {
    await open('Own buttons')
    const list = await ann.waitFor('Your own buttons, 4 of 5')
    ann.pressData(list.message_id, dataOf(list, 'Delete'))
    const ask = await ann.answer('Which button goes?')
    await rig.db.database.query(`update tenant set extra_links = extra_links - 0 where id = 'agent:ann'`)
    const data = dataOf(ask, 'B4')
    ann.pressData(ask.message_id, data)
    ann.pressData(ask.message_id, data)
    await ann.answer('Button deleted.')
    await ann.answer('Button deleted.')
    expect(await titles()).toEqual(['B3', 'B5'])
    ann.pressData(ask.message_id, dataOf(ask, 'B1'))
    await ann.answer('It is not there any more.')
    expect(await titles()).toEqual(['B3', 'B5'])
  })
})

describe('texts', () => {
  test('a text is set in one language, also after the worker was killed, shown as customers read it, and taken back', async () => {
    await open('Texts')
    const kinds = await ann.waitFor('What your customers read.')
    ann.pressData(kinds.message_id, dataOf(kinds, 'Welcome'))
    const languages = await ann.waitFor('Welcome: in which language?')
    ann.pressData(languages.message_id, dataOf(languages, 'Русский'))
    await ann.answer('(the usual one)')
    await rig.restart(bot)
    ann.say('<b>Привет</b> & <i>добро</i>')
    await ann.answer('Text saved. Your customers read:')
    const shown = await ann.answer('Привет')
    expect(shown.html).toContain('<b>Привет</b>')
    const ivan = rig.chat(bot, 'Ivan', 'ru')
    ivan.say('/start')
    await ivan.answer('Привет & добро')
    ann.pressData(languages.message_id, 'agent.text.in:welcome:ru')
    const again = await ann.answer('<b>Привет</b>')
    ann.pressData(again.message_id, dataOf(again, 'Use the usual text'))
    await ann.answer('Your customers read the usual text again.')
    expect(await rig.count(`select count(*) from tenant_text`)).toBe(0)
  })

  test('markup that Telegram cannot read is kept as plain words, and a text that is too long is refused', async () => {
    ann.say('/agent')
    const panel = await ann.answer('Ann Shop')
    ann.pressData(panel.message_id, 'agent.text.in:terms:en')
    await ann.answer('(the usual one)')
    ann.say('x'.repeat(3501))
    await ann.answer('A text has 1 to 3500 characters.')
    ann.say('no <b>end')
    await ann.answer('letter by letter')
    await ann.answer('no <b>end')
  })
})

describe('notices', () => {
  test('a chat is named, wrong ones are refused, a test notice comes once for two presses, and the chat is taken away', async () => {
    await open('Notices')
    await ann.answer('come to your own chat.')
    ann.say('somewhere')
    await ann.answer('That is no chat.')
    await rig.restart(bot)
    ann.say('@my_channel')
    const set = await ann.answer('Notices go to @my_channel, too.')
    const data = dataOf(set, 'Send a test notice')
    ann.pressData(set.message_id, data)
    ann.pressData(set.message_id, data)
    await ann.answer('A test notice is on its way.')
    await ann.waitFor('Test notice of Ann Shop')
    const queued = `select count(*) from outbox_message where kind = 'test' and chat_id = '@my_channel'`
    expect(await rig.count(queued)).toBe(1)
    await open('Notices')
    const shown = await ann.answer('to your own chat and to @my_channel')
    ann.pressData(shown.message_id, dataOf(shown, 'Remove'))
    await ann.answer('Notices go to your own chat only.')
    expect((await tenant()).notice_chat_id).toBeNull()
  })
})

test('statistics count today, 7 days, 30 days and all, and the customers', async () => {
  await open('Statistics')
  const { text } = await ann.waitFor('Sales')
  expect(text).toContain('Today: orders 0, items 0')
  expect(text).toContain('In all: orders 0')
  expect(text).toMatch(/Customers: \d+, of them \d+ new in 7 days/)
})
