/** The master's people in the master's bot: every command of seeds 000 and 001, by words and by buttons. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { PersonChat } from '../../../sandbox/person-chat.ts'
import { address, askWithdrawal, type OfficeBot, OfficeRig } from './office-rig.ts'
import { dataOf, labelsOf } from './words.ts'

/** The longest that an id can be. */
const longId = `long_${'x'.repeat(45)}`

let rig: OfficeRig
let master: OfficeBot
let people = 0

beforeAll(async () => {
  rig = await OfficeRig.start()
  master = await rig.masterBot()
  await rig.agentBot('ann')
  await rig.agentBot(longId, 'Long Shop')
  await rig.own('ann', 'Ann')
  await rig.earn('ann', '10000')
}, 120_000)
afterAll(() => rig.stop())

/** A new person of the master's. */
async function person(role: 'owner' | 'admin' | 'operator' | 'viewer' = 'admin'): Promise<PersonChat> {
  people += 1
  await rig.link(`Person ${people}`, role)
  return rig.chat(master, `Person ${people}`)
}

async function requested(amount: number, approvals = 1): Promise<string> {
  const { rows } = await rig.db.database.query<{ id: string }>(
    `select (w).id from request_withdrawal('agent:ann', gen_random_uuid()::text, 'USDT', $1, 1000000, $2, $3,
       'owner:telegram:1', null, null, null)`,
    [amount * 1_000_000, address, approvals],
  )
  return rows[0]?.id ?? ''
}

const stateOf = async (id: string) =>
  (await rig.db.database.query<{ state: string }>('select state from withdrawal where id = $1', [id])).rows[0]?.state
const statusOf = async (id: string) =>
  (await rig.db.database.query<{ status: string }>('select status from tenant where id = $1', [`agent:${id}`])).rows[0]
    ?.status
const txid = () => Array.from({ length: 64 }, () => '0123456789abcdef'[Math.floor(Math.random() * 16)]).join('')

test('the menu counts what waits and leads to everything', async () => {
  const chat = await person()
  chat.say('/admin')
  const menu = await chat.answer('Management')
  expect(menu.text).toContain('Agents: 2')
  expect(labelsOf(menu)).toEqual(['Agents', 'New agent', 'Withdrawals', 'Top-ups', 'Withdrawal statistics', 'Home'])
})

describe('agents', () => {
  test('are listed, paused, resumed and priced by command, with an example for a wrong usage', async () => {
    const chat = await person()
    chat.say('/agent_list')
    await chat.answer('Ann Shop (ann): open, markup none')
    chat.say('/agent_pause')
    await chat.answer('/agent_pause agent001')
    chat.say('/agent_pause ann')
    await chat.answer('Ann Shop is paused')
    expect(await statusOf('ann')).toBe('paused')
    chat.say('/agent_resume agent:ann')
    await chat.answer('Ann Shop is open again')
    expect(await statusOf('ann')).toBe('active')
    chat.say('/agent_pricing ann percent')
    await chat.answer('/agent_pricing agent001 percent 10')
    chat.say('/agent_pricing ann often 10')
    await chat.answer('/agent_pricing agent001 percent 10')
    chat.say('/agent_pricing ann percent 10')
    await chat.answer('Markup of Ann Shop: 10 %')
    chat.say('/agent_pricing ann fixed 5')
    await chat.answer('Markup of Ann Shop: 5 USDT per item')
    chat.say('/agent_pricing ann fixed -5')
    await chat.answer('The number must be 0 or more.')
    chat.say('/agent_pause nobody')
    await chat.answer('There is no such agent.')
    chat.say('/agent_pause NOT AN ID')
    await chat.answer('There is no such agent.')
  })

  test('words behind a command do not make it the repetition of an earlier one', async () => {
    const chat = await person()
    for (const [value, shown] of [
      ['1', '1 %'],
      ['2', '2 %'],
      ['1', '1 %'],
    ]) {
      chat.say(`/agent_pricing ann percent ${value} please`)
      await chat.answer(`Markup of Ann Shop: ${shown}`)
    }
    expect(await rig.count(`select markup_hundredths from tenant where id = 'agent:ann'`)).toBe(100)
  })

  test('are handled by buttons, whatever the length of the id; a press that comes twice is made once', async () => {
    const chat = await person()
    chat.say('/agent_list')
    const list = await chat.answer('Agents')
    chat.pressData(list.message_id, dataOf(list, 'Long Shop'))
    const shown = await chat.waitFor(`Id: ${longId}`)
    const pause = dataOf(shown, 'Pause')
    chat.pressData(shown.message_id, pause)
    chat.pressData(shown.message_id, pause)
    await chat.answer('Long Shop is paused')
    const paused = await chat.answer('Long Shop is paused')
    expect(
      await rig.count(`select count(*) from audit_log where action = 'agent.pause' and tenant_id = $1`, [
        `agent:${longId}`,
      ]),
    ).toBe(1)
    chat.pressData(paused.message_id, dataOf(paused, 'Resume'))
    await chat.answer('Long Shop is open again')
    chat.pressData(paused.message_id, pause)
    await chat.answer('Long Shop is paused')
    expect(await statusOf(longId)).toBe('active')
    chat.pressData(paused.message_id, dataOf(paused, 'Markup'))
    const ask = await chat.answer('Markup of Long Shop: none')
    await rig.restart(master)
    chat.say('a lot')
    await chat.answer('That is not a number.')
    chat.say('7.5%')
    await chat.answer('Markup of Long Shop: 7.5 %')
    chat.pressData(ask.message_id, dataOf(ask, '0.05 USDT'))
    await chat.answer('Markup of Long Shop: 0.05 USDT per item')
  })

  test('get an owner by a link that is shown once and kept nowhere', async () => {
    const chat = await person()
    chat.pressData(await pressable(chat), 'admin.agent:ann')
    const shown = await chat.waitFor('Id: ann')
    const data = dataOf(shown, 'Link for an owner')
    chat.pressData(shown.message_id, data)
    const { text } = await chat.answer('Whoever opens this link first becomes an owner of Ann Shop.')
    const code = /start=claim-(\S+)/.exec(text)?.[1] ?? 'none'
    expect(text).toContain('https://t.me/ann_bot?start=claim-')
    expect(await rig.everythingStored()).not.toContain(code)
    chat.pressData(shown.message_id, data)
    await chat.answer('The link for Ann Shop was shown before.')
  })

  test('are listed by pages', async () => {
    await rig.db.database.query(
      `insert into tenant (id, name) select 'agent:p' || n, 'Page ' || n from generate_series(1, 6) as n`,
    )
    const chat = await person()
    chat.say('/agent_list')
    const first = await chat.answer('page 1 of 2')
    chat.pressData(first.message_id, dataOf(first, 'Next'))
    const second = await chat.waitFor('page 2 of 2')
    chat.pressData(second.message_id, dataOf(second, 'Back'))
    await chat.waitFor('page 1 of 2')
  })
})

describe('withdrawals', () => {
  test('are listed by state, approved and paid by command, with an example for a wrong usage', async () => {
    const id = await requested(50)
    const hash = txid()
    const chat = await person()
    chat.say('/withdraw_list requested')
    await chat.answer(id)
    chat.say('/withdraw_list pending')
    await chat.answer(id)
    chat.say('/withdraw_list paid')
    await chat.answer('There are no withdrawals: paid.')
    chat.say('/withdraw_list nonsense')
    await chat.answer('/withdraw_list requested|approved|paid|rejected|cancelled')
    chat.say('/withdraw_approve')
    await chat.answer('/withdraw_approve aw_')
    chat.say('/withdraw_pay')
    await chat.answer('/withdraw_pay aw_')
    chat.say(`/withdraw_pay ${id} ${hash}`)
    await chat.answer('That cannot be done any more: requested.')
    chat.say(`/withdraw_approve ${id}`)
    await chat.answer('Approved. Now pay it')
    expect(await stateOf(id)).toBe('approved')
    chat.say(`/withdraw_reject ${id}`)
    await chat.answer('It is approved already.')
    chat.say(`/withdraw_pay ${id} abc`)
    await chat.answer('That is no transaction id')
    chat.say(`/withdraw_pay ${id} ${hash}`)
    const { text } = await chat.answer('Paid.')
    expect(text).toContain(`TXID: ${hash}`)
    expect(await stateOf(id)).toBe('paid')
    chat.say('/withdraw_list')
    await chat.answer('Withdrawals: all')
    chat.say('/withdraw_approve aw_20250124_143022_abc123')
    await chat.answer('There is no such withdrawal.')
  })

  test('are rejected with a reason or without one, and the money is the agent’s again', async () => {
    const [one, two] = [await requested(20), await requested(30)]
    const chat = await person()
    chat.say('/withdraw_reject')
    await chat.answer('/withdraw_reject aw_')
    chat.say(`/withdraw_reject ${one} the address is another one`)
    const { text } = await chat.answer('Rejected. 20 USDT is the agent')
    expect(text).toContain('Reason: the address is another one')
    chat.say(`/withdraw_reject ${two}`)
    await chat.answer('Rejected. 30 USDT is the agent')
    expect([await stateOf(one), await stateOf(two)]).toEqual(['rejected', 'rejected'])
  })

  test('are handled by buttons, also after the worker was killed in between; what comes twice is done once', async () => {
    const [id, other] = [await requested(60), await requested(70)]
    const hash = txid()
    const chat = await person()
    chat.pressData(await pressable(chat), `admin.withdrawal:${id}`)
    const shown = await chat.waitFor(`Withdrawal ${id}`)
    const approve = dataOf(shown, 'Approve')
    chat.pressData(shown.message_id, approve)
    chat.pressData(shown.message_id, approve)
    await chat.answer('Approved. Now pay it')
    const approved = await chat.answer('Approved. Now pay it')
    expect(await rig.count(`select count(*) from withdrawal_approval where withdrawal_id = $1`, [id])).toBe(1)
    chat.pressData(approved.message_id, dataOf(approved, 'Paid'))
    await chat.answer('Send the transaction id of the payment of 59 USDT')
    await rig.restart(master)
    chat.say('paid')
    await chat.answer('That is no transaction id')
    chat.say(hash)
    await chat.answer('Paid.')
    chat.pressData(approved.message_id, `admin.withdrawal:${other}`)
    const second = await chat.waitFor(`Withdrawal ${other}`)
    chat.pressData(second.message_id, dataOf(second, 'Reject'))
    await chat.answer(`Why is ${other} rejected?`)
    await rig.restart(master)
    chat.say('  no such agent  ')
    await chat.answer('Reason: no such agent')
    expect([await stateOf(id), await stateOf(other)]).toEqual(['paid', 'rejected'])
  })

  test('one transaction pays one withdrawal', async () => {
    const [one, two] = [await requested(15), await requested(16)]
    const hash = txid()
    const chat = await person()
    for (const id of [one, two]) {
      chat.say(`/withdraw_approve ${id}`)
      await chat.answer('Approved. Now pay it')
    }
    chat.say(`/withdraw_pay ${one} ${hash}`)
    await chat.answer('Paid.')
    chat.say(`/withdraw_pay ${two} ${hash}`)
    await chat.answer('This transaction has paid another withdrawal.')
    expect(await stateOf(two)).toBe('approved')
  })

  test('a large one needs two people, and neither may be who asked for it', async () => {
    const owner = rig.chat(await agentBotOf('ann'), 'Ann')
    const confirm = await askWithdrawal(owner, '600')
    owner.pressData(confirm.message_id, dataOf(confirm, 'Confirm'))
    const { text } = await owner.waitFor('Request submitted')
    const id = /aw_\S+/.exec(text)?.[0] ?? ''
    await rig.link('Ann', 'admin')
    const [self, one, two] = [rig.chat(master, 'Ann'), await person(), await person()]
    self.say(`/withdraw_approve ${id}`)
    await self.answer('Who asked for a withdrawal cannot approve it.')
    one.say(`/withdraw_approve ${id}`)
    await one.answer('Your approval is noted: 1 of 2.')
    one.say(`/withdraw_approve ${id}`)
    await one.answer('Your approval is noted: 1 of 2.')
    expect(await stateOf(id)).toBe('requested')
    two.say(`/withdraw_approve ${id}`)
    await two.answer('Approved. Now pay it')
    await owner.waitFor('Withdrawal approved')
  })

  test('are counted', async () => {
    const chat = await person()
    chat.say('/withdraw_stats')
    const { text } = await chat.answer('Withdrawal statistics')
    expect(text).toMatch(/paid: \d+, [\d.]+ USDT/)
    expect(text).toMatch(/Paid out: [\d.]+ USDT, fees kept: [\d.]+ USDT/)
  })
})

describe('top-ups', () => {
  let customer = ''
  const topUp = async (amount: number) => {
    const { rows } = await rig.db.database.query<{ id: string }>(
      `insert into top_up (tenant_id, customer_id, key, currency, amount, pay_until)
       values ('agent:ann', $1, gen_random_uuid()::text, 'USDT', $2, now() + interval '1 day') returning id::text`,
      [customer, amount * 1_000_000],
    )
    return rows[0]?.id ?? ''
  }
  const balance = () =>
    rig.count(`select coalesce(sum(balance), 0) from account where kind = 'customer' and customer_id = $1`, [customer])

  beforeAll(async () => {
    const carl = rig.chat(await agentBotOf('ann'), 'Carl')
    carl.say('/start')
    await carl.answer()
    const { rows } = await rig.db.database.query<{ id: string }>(
      `select id from customer where tenant_id = 'agent:ann' and platform_user_id = $1`,
      [String(rig.sandbox.person('Carl').id)],
    )
    customer = rows[0]?.id ?? ''
  })

  test('are listed, confirmed once by their reference, and rejected with a reason', async () => {
    const [one, two] = [await topUp(25), await topUp(35)]
    const chat = await person()
    chat.say('/topup_list')
    await chat.answer(`${one}. 25 USDT, Carl`)
    chat.say('/topup_confirm')
    await chat.answer('/topup_confirm 12 TX-20250124-7731')
    chat.say(`/topup_confirm ${one} REF-1`)
    await chat.answer("Confirmed. 25 USDT is on the customer's balance.")
    chat.say(`/topup_confirm ${one} REF-1`)
    await chat.answer('Confirmed. 25 USDT')
    expect(await balance()).toBe(25_000_000)
    chat.say(`/topup_confirm ${two} REF-1`)
    await chat.answer('This payment was credited already.')
    chat.say('/topup_reject')
    await chat.answer('/topup_reject 12')
    chat.say(`/topup_reject ${two} no payment came`)
    await chat.answer(`Top-up ${two} is rejected.`)
    chat.say('/topup_confirm nothing REF-9')
    await chat.answer('There is no such top-up.')
    expect(await balance()).toBe(25_000_000)
  })

  test('are handled by buttons, also after the worker was killed in between', async () => {
    const before = await balance()
    const [one, two] = [await topUp(40), await topUp(45)]
    const chat = await person()
    chat.say('/topup_list')
    const list = await chat.answer('Top-ups')
    chat.pressData(list.message_id, dataOf(list, '40 USDT'))
    const shown = await chat.waitFor(`Top-up ${one}`)
    chat.pressData(shown.message_id, dataOf(shown, 'Payment received'))
    await chat.answer('Send the reference of the payment of 40 USDT')
    await rig.restart(master)
    chat.say('REF-40')
    await chat.answer('Confirmed. 40 USDT')
    chat.pressData(shown.message_id, `admin.topup:${two}`)
    const other = await chat.waitFor(`Top-up ${two}`)
    chat.pressData(other.message_id, dataOf(other, 'Reject'))
    await chat.answer(`Why is top-up ${two} rejected?`)
    await rig.restart(master)
    chat.say('never came')
    await chat.answer(`Top-up ${two} is rejected.`)
    expect(await balance()).toBe(before + 40_000_000)
  })
})

describe('roles', () => {
  test.for([
    ['viewer', '/agent_pause ann'],
    ['operator', '/agent_pause ann'],
    ['viewer', '/agent_pricing ann percent 20'],
    ['operator', '/agent_create other 7010:fake-token-for-tests Other'],
    ['operator', '/topup_confirm 1 REF'],
    ['operator', '/withdraw_approve aw_20250124_143022_abc123'],
    ['operator', '/withdraw_reject aw_20250124_143022_abc123 no'],
    ['operator', `/withdraw_pay aw_20250124_143022_abc123 ${'a'.repeat(64)}`],
  ] as const)('a %s may not: %s', async ([role, words]) => {
    const chat = await person(role)
    chat.say(words)
    await chat.answer('Your role does not allow that.')
    expect(await statusOf('ann')).toBe('active')
  })

  test('a viewer may look', async () => {
    const chat = await person('viewer')
    chat.say('/agent_list')
    await chat.answer('Agents')
    chat.say('/withdraw_stats')
    await chat.answer('Withdrawal statistics')
  })

  test('a disabled user is a stranger, and so is an agent', async () => {
    const chat = await person()
    await rig.db.database.query(
      `update app_user set disabled_at = now()
       where id = (select user_id from chat_identity where platform_user_id = $1)`,
      [String(rig.sandbox.person(`Person ${people}`).id)],
    )
    chat.say('/admin')
    await chat.answer('I did not understand that.')
    people += 1
    await rig.db.database.query(
      `with made as (insert into app_user (id, username, password_hash, role, tenant_id)
         values ('agentuser', 'agentuser', 'none', 'agent', 'agent:ann') returning id)
       insert into chat_identity (platform, platform_user_id, user_id) select 'telegram', $1, id from made`,
      [String(rig.sandbox.person(`Person ${people}`).id)],
    )
    const agent = rig.chat(master, `Person ${people}`)
    agent.say('/withdraw_list')
    await agent.answer('I did not understand that.')
  })
})

/** A message of the bot's that a client may press anything on. */
async function pressable(chat: PersonChat): Promise<number> {
  chat.say('/id')
  return (await chat.answer('Your id')).message_id
}

async function agentBotOf(id: string): Promise<OfficeBot> {
  const { rows } = await rig.db.database.query<{ id: string; bot: string }>(
    `select id, platform_bot_id as bot from instance where tenant_id = $1`,
    [`agent:${id}`],
  )
  await rig.rig.until(rows[0]?.id ?? '', 'running')
  return { id: Number(rows[0]?.bot), token: '', instance: rows[0]?.id ?? '' }
}
