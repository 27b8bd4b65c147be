/** Who is no owner: a stranger, the owner of another shop, people in the master's bot; and how one becomes an owner. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { PersonChat } from '../../../sandbox/person-chat.ts'
import { createClaimLink } from '../../../services/agents/create-claim-link.ts'
import { adminRoom } from '../../../worker/shop/admin/room.ts'
import { agentRoom } from '../../../worker/shop/agent/room.ts'
import { ownerActor } from '../../support/rig.ts'
import { address, askWithdrawal, type OfficeBot, OfficeRig, waitFor } from './office-rig.ts'
import { dataOf, read } from './words.ts'

let rig: OfficeRig
let master: OfficeBot
let ann: OfficeBot
let ben: OfficeBot

beforeAll(async () => {
  rig = await OfficeRig.start()
  ;[master, ann, ben] = await Promise.all([rig.masterBot(), rig.agentBot('ann'), rig.agentBot('ben', 'Ben Shop')])
  await rig.own('ann', 'Ann')
  await rig.own('ben', 'Ben')
  await rig.earn('ann', '100')
}, 120_000)
afterAll(() => rig.stop())

/** All that an outsider could change in a shop. */
async function shops(): Promise<unknown> {
  const { rows } = await rig.db.database.query(
    `select (select json_agg(t order by id) from (select *, null as updated_at from tenant) t) as tenants,
       (select json_agg(t) from tenant_text t) as texts, (select json_agg(o) from tenant_owner o) as owners,
       (select count(*) from withdrawal) as withdrawals, (select count(*) from transfer) as transfers,
       (select count(*) from audit_log) as audits, (select count(*) from outbox_message) as messages`,
  )
  return rows[0]
}

/** What a forged button may carry for each route that changes or shows something. */
const argsOf: Readonly<Record<string, string>> = {
  'agent.markup.set': 'percent:50:n1',
  'agent.amount': '10',
  aw: `${address}:5yc1s:n1`,
  'agent.link': 'support',
  'agent.unlink': 'support:n1',
  'agent.button.drop': 'abc:n1',
  'agent.text': 'welcome',
  'agent.text.in': 'welcome:en',
  'agent.text.usual': 'welcome:en:n1',
  'agent.notices.remove': 'n1',
  'agent.notices.test': 'n1',
  'agent.cancel': 'aw_20250124_143022_abc123:n1',
}

const forged = Object.keys(agentRoom.routes).map((route) => {
  const args = argsOf[route]
  return args === undefined ? route : `${route}:${args}`
})

test.for([
  ['a stranger', 'Sue'],
  ['the owner of another shop', 'Ben'],
] as const)(
  '%s is refused whatever they press, with one sentence, and nothing is changed or asked for',
  async ([, name]) => {
    const chat = rig.chat(ann, name)
    chat.say('/agent')
    const { message_id: pressed } = await chat.answer('This dashboard is for the owners of this shop.')
    const before = await shops()
    for (const data of forged) chat.pressData(pressed, data)
    await waitFor(async () => {
      const handled = await rig.count(
        `select count(*) from handled_update h join customer c on c.id = h.outcome ->> 'customerId'
       where c.platform_user_id = $1 and h.answered_at is not null`,
        [String(rig.sandbox.person(name).id)],
      )
      expect(handled).toBe(forged.length + 1)
    })
    expect(chat.messages().filter(({ from, text }) => from === 'bot' && !text.includes('for the owners'))).toEqual([])
    expect(await shops()).toEqual(before)
    expect(await rig.count('select count(*) from conversation_state')).toBe(0)
  },
)

test('who knows the button of an owner is told nothing of what came of it', async () => {
  const owner = rig.chat(ann, 'Ann')
  const confirm = await askWithdrawal(owner, '10')
  const data = dataOf(confirm, 'Confirm')
  owner.pressData(confirm.message_id, data)
  await owner.waitFor('Request submitted')
  const eve = rig.chat(ann, 'Eve')
  eve.say('/id')
  const { message_id: own } = await eve.answer('Your id')
  eve.pressData(own, data)
  const answer = await eve.waitFor('for the owners')
  expect(answer.text).not.toContain('aw_')
  expect(await rig.count('select count(*) from withdrawal')).toBe(1)
})

test('an owner who is one no longer has nothing left of the conversation', async () => {
  await rig.own('ben', 'Rob')
  const rob = rig.chat(ben, 'Rob')
  rob.say('/agent')
  const panel = await rob.answer('Shop: open')
  rob.pressData(panel.message_id, dataOf(panel, 'Set markup'))
  await rob.answer('Please enter markup')
  const id = String(rig.sandbox.person('Rob').id)
  await rig.db.database.query('delete from tenant_owner where platform_user_id = $1', [id])
  rob.say('99%')
  await rob.answer('for the owners')
  expect(await rig.count(`select markup_hundredths from tenant where id = 'agent:ben'`)).toBe(0)
})

describe('in the master’s bot', () => {
  test.for(['en', 'zh', 'fa', 'ru'] as const)('/agent has a sentence of its own in %s', async (language) => {
    const chat = rig.chat(master, `Ann of ${language}`, language)
    chat.say('/agent')
    await chat.answer(({ text }) => text.includes(read('agent', language, 'elsewhere').slice(0, 20)))
  })

  test.for(Object.keys(adminRoom.commands).filter((command) => command !== 'agent'))(
    'to a stranger /%s is a command that nobody knows',
    async (command) => {
      const chat = rig.chat(master, `Stranger to ${command}`)
      chat.say(`/${command}`)
      await chat.answer('I did not understand that.')
      chat.say(`/${command} agent:ann x y z`)
      await chat.answer('I did not understand that.')
    },
  )
})

test.for(Object.keys(adminRoom.commands).filter((command) => command !== 'agent'))(
  'in an agent’s bot /%s is not known to the master’s people either',
  async (command) => {
    const name = `Owner at ${command}`
    await rig.link(name, 'owner')
    const chat = rig.chat(ann, name)
    chat.say(`/${command} agent:ann`)
    await chat.answer('I did not understand that.')
  },
)

describe('a claim link', () => {
  const claim = async (tenant: string) =>
    rig.db.database.transaction((tx) => createClaimLink(tx, ownerActor, { tenant }))
  const codeOf = (message: string) => message.replace('/start ', '')

  test.for([
    ['en', 'Clara'],
    ['zh', 'Chen'],
    ['fa', 'Farid'],
    ['ru', 'Vera'],
  ] as const)('makes an owner once, and every other outcome has a sentence in %s', async ([language, name]) => {
    const { message } = await claim('agent:ann')
    const says = async (
      chat: PersonChat,
      key: 'claimed' | 'claim_already' | 'claim_unknown' | 'claim_used' | 'claim_expired',
    ) => chat.answer(({ text }) => text.includes(read('agent', language, key).slice(0, 12)))
    const elsewhere = rig.chat(ben, name, language)
    elsewhere.start(codeOf(message))
    await says(elsewhere, 'claim_unknown')
    const chat = rig.chat(ann, name, language)
    chat.start(codeOf(message))
    await says(chat, 'claimed')
    const another = rig.chat(ann, `Late ${name}`, language)
    another.start(codeOf(message))
    await says(another, 'claim_used')
    chat.start(codeOf((await claim('agent:ann')).message))
    await says(chat, 'claim_already')
    await rig.db.database.query(`update link_code set expires_at = clock_timestamp() where used_at is null`)
    another.start('claim-nonsense')
    await says(another, 'claim_unknown')
    const { message: expired } = await claim('agent:ann')
    await rig.db.database.query(`update link_code set expires_at = clock_timestamp() where used_at is null`)
    another.start(codeOf(expired))
    await says(another, 'claim_expired')
    chat.say('/agent')
    await chat.answer('Ann Shop')
  })
})
