/** One walk of an owner and one of an admin, in each language: every sentence is the catalogue's. */
import { afterAll, beforeAll, describe, test } from 'vitest'
import type { Language } from '../../../domain/worker-contract.ts'
import type { PersonChat } from '../../../sandbox/person-chat.ts'
import { languageNames } from '../../../worker/shop/texts.ts'
import { address, type OfficeBot, OfficeRig } from './office-rig.ts'
import { dataOf, holding, labelsOf, read } from './words.ts'

const currency = 'USDT'

let rig: OfficeRig
let master: OfficeBot
const bots = new Map<Language, OfficeBot>()

beforeAll(async () => {
  rig = await OfficeRig.start()
  master = await rig.masterBot()
}, 120_000)
afterAll(() => rig.stop())

/** Presses the button of the newest message that has one with this label. */
async function press(chat: PersonChat, label: string): Promise<void> {
  const message = await chat.waitFor((one) => labelsOf(one).some((each) => each.includes(label)))
  chat.pressData(message.message_id, dataOf(message, label))
}

describe.concurrent.each(['en', 'zh', 'fa', 'ru'] as const)('in %s', (language) => {
  const agent = (key: Parameters<typeof read<'agent'>>[2], values = {}) => read('agent', language, key, values)
  const office = (key: Parameters<typeof read<'office'>>[2], values = {}) => read('office', language, key, values)
  const admin = (key: Parameters<typeof read<'admin'>>[2], values = {}) => read('admin', language, key, values)

  beforeAll(async () => {
    bots.set(language, await rig.agentBot(`shop_${language}`, `Shop ${language}`))
    rig.chat(shop(), `Owner ${language}`, language)
    await rig.own(`shop_${language}`, `Owner ${language}`)
    await rig.earn(`shop_${language}`, '100')
  }, 60_000)

  const shop = () => bots.get(language) as OfficeBot

  test('an owner sets up the shop, withdraws, and is told what is wrong', async () => {
    const chat = rig.chat(shop(), `Owner ${language}`, language)
    const hear = (...parts: string[]) => chat.answer(holding(...parts))
    const go = async (label: string) => {
      chat.say('/agent')
      const panel = await hear(office('status_active'))
      chat.pressData(panel.message_id, dataOf(panel, label))
    }
    await go(agent('button_markup'))
    await hear(agent('ask_markup', { markup: office('markup_none') }))
    for (const [typed, trouble] of [
      ['abc', 'trouble_not_a_number'],
      ['-1', 'trouble_negative'],
      ['0.0000001', 'trouble_too_fine'],
      ['99999999999999999999', 'trouble_too_large'],
    ] as const) {
      chat.say(typed)
      await hear(office(trouble))
    }
    chat.say('0.05')
    await hear(agent('markup_set', { markup: office('markup_fixed', { amount: '0.05', currency }) }))

    await go(agent('button_withdraw'))
    await hear(agent('ask_amount', { available: '100', currency, minimum: '10', fee: '1' }))
    chat.say('9')
    await hear(office('trouble_below_minimum', { detail: '10', currency }))
    chat.say('101')
    await hear(office('trouble_above_available', { detail: '100', currency }))
    chat.say('50')
    await hear(agent('ask_address', { amount: '50', currency, fee: '1', net: '49' }))
    chat.say('T1')
    await hear(office('trouble_wrong_address'))
    chat.say(address)
    const confirm = await hear(agent('confirm_withdrawal', { amount: '50', currency, fee: '1', net: '49', address }))
    chat.pressData(confirm.message_id, dataOf(confirm, office('button_confirm')))
    await chat.waitFor(holding(agent('requested', { id: '', amount: '50', currency, net: '49' }).split('\n')[0] ?? ''))
    await go(agent('button_history'))
    await chat.waitFor(holding(agent('withdrawals'), office('withdrawal_requested')))
    await press(chat, agent('button_cancel_withdrawal', { amount: '50', currency }))
    await hear(agent('cancelled', { amount: '50', currency }))

    for (const kind of ['support', 'channel', 'announcement'] as const) {
      await go(agent(`button_${kind}`))
      await hear(agent(`ask_${kind}`, { link: agent('no_link') }))
      chat.say('nothing')
      await hear(office('trouble_not_a_link'))
      chat.say('@my_place')
      await hear(agent('link_set', { link: '@my_place' }))
    }

    await go(agent('button_buttons'))
    await chat.waitFor(holding(agent('no_buttons', { max: 5 })))
    await press(chat, agent('button_add'))
    await hear(agent('ask_title', { max: 64 }))
    chat.say('x'.repeat(65))
    await hear(office('trouble_bad_title'))
    chat.say('FAQ')
    await hear(agent('ask_url', { title: 'FAQ' }))
    chat.say('https://example.com/')
    const added = await hear(agent('button_added', { title: 'FAQ' }), agent('buttons', { count: 1, max: 5 }))
    chat.pressData(added.message_id, dataOf(added, agent('button_delete')))
    await hear(agent('ask_delete'))
    chat.say('7')
    await hear(office('trouble_no_such_button'))
    chat.say('1')
    await hear(agent('button_deleted'))

    await go(agent('button_texts'))
    const kinds = await chat.waitFor(holding(agent('texts')))
    chat.pressData(kinds.message_id, dataOf(kinds, agent('text_terms')))
    const tongues = await chat.waitFor(holding(agent('ask_language', { text: agent('text_terms') })))
    chat.pressData(tongues.message_id, dataOf(tongues, languageNames[language]))
    await hear(agent('text_usual'))
    chat.say('x'.repeat(3501))
    await hear(office('trouble_bad_length'))
    chat.say('fair play')
    await hear(agent('text_set'))
    await hear('fair play')

    await go(agent('button_notices'))
    await hear(agent('notices_own'))
    chat.say('!')
    await hear(office('trouble_not_a_chat'))
    chat.say('-1001234567890')
    const set = await hear(agent('chat_set', { chat: '-1001234567890' }))
    chat.pressData(set.message_id, dataOf(set, agent('button_test')))
    await hear(agent('test_sent'))
    await go(agent('button_statistics'))
    await chat.waitFor(holding(agent('sales_today', { orders: 0, units: 0 })))
    chat.say('/cancel')
    await hear(read('common', language, 'cancelled'))
  }, 120_000)

  test('a stranger is told so', async () => {
    const chat = rig.chat(shop(), `Stranger ${language}`, language)
    chat.say('/agent')
    await chat.answer(holding(agent('not_owner')))
  })

  test('an admin looks after agents and withdrawals, and is told what is wrong', async () => {
    await rig.db.database.query('insert into tenant (id, name) values ($1, $2)', [
      `agent:till_${language}`,
      `Till ${language}`,
    ])
    await rig.earn(`till_${language}`, '100')
    await rig.db.database.query(
      `select request_withdrawal($1, gen_random_uuid()::text, 'USDT', 20000000, 1000000, $2, 1, 'owner:telegram:1',
         null, null, null)`,
      [`agent:till_${language}`, address],
    )
    const { rows } = await rig.db.database.query<{ id: string }>(
      `select id from withdrawal where tenant_id = $1 and state = 'requested'`,
      [`agent:till_${language}`],
    )
    const id = rows[0]?.id ?? ''
    const chat = rig.chat(master, `Admin ${language}`, language)
    await rig.link(`Admin ${language}`, 'admin')
    const name = `Till ${language}`
    const shopId = `till_${language}`
    for (const [words, ...parts] of [
      ['/admin', admin('menu', { username: '', agents: '', withdrawals: '', topUps: '' }).split('\n')[0]],
      ['/agent', agent('elsewhere')],
      ['/agent_list', office('status_active')],
      ['/agent_pause', admin('usage', { example: '/agent_pause agent001' })],
      ['/agent_pause nobody', office('trouble_unknown_agent')],
      [`/agent_pause ${shopId}`, admin('paused', { name })],
      [`/agent_resume ${shopId}`, admin('resumed', { name })],
      [
        `/agent_pricing ${shopId} percent 10`,
        admin('priced', { name, markup: office('markup_percent', { percent: '10' }) }),
      ],
      [`/agent_create BAD 70${shop().id}:fake-token-for-tests X`, office('trouble_bad_id')],
      ['/agent_create new 12:x X', office('trouble_bad_token')],
      [`/agent_create new_${language} 71${shop().id}:fake-token-for-tests X`, office('trouble_token_refused')],
      [`/agent_create new_${language} ${shop().token} X`, office('trouble_taken')],
      ['/withdraw_list requested', id],
      ['/withdraw_approve nothing', office('trouble_unknown_withdrawal')],
      [`/withdraw_approve ${id}`, admin('approved')],
      [`/withdraw_reject ${id} x`, office('trouble_needs_force')],
      [`/withdraw_pay ${id} x`, office('trouble_wrong_txid')],
      [`/withdraw_pay ${id} ${id.replaceAll(/\D/g, '').padEnd(64, '0')}`, admin('paid')],
      [`/withdraw_approve ${id}`, office('trouble_wrong_state', { detail: office('withdrawal_paid') })],
      ['/withdraw_stats', admin('stats')],
      ['/topup_list', admin('no_top_ups')],
      ['/topup_confirm 1 X', office('trouble_unknown_top_up')],
    ] as const) {
      chat.say(words)
      await chat.answer(holding(...parts.map((part) => part ?? '')))
    }
    const viewer = rig.chat(master, `Viewer ${language}`, language)
    await rig.link(`Viewer ${language}`, 'viewer')
    viewer.say(`/agent_pause ${shopId}`)
    await viewer.answer(holding(office('trouble_not_allowed')))
  }, 120_000)
})
