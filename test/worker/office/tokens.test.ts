/** A bot's token that is typed into a chat: it makes an agent where it was asked for, and it is gone from everywhere. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { PersonChat } from '../../../sandbox/person-chat.ts'
import { readCredential } from '../../../services/read-credential.ts'
import { type OfficeBot, OfficeRig, waitFor } from './office-rig.ts'
import { dataOf, holding, read } from './words.ts'

let rig: OfficeRig
let master: OfficeBot
let shop: OfficeBot
let people = 0
let tokens = 0

beforeAll(async () => {
  rig = await OfficeRig.start()
  ;[master, shop] = await Promise.all([rig.masterBot(), rig.agentBot('ann')])
}, 120_000)
afterAll(() => rig.stop())

/** A token that stands nowhere else, of a bot that Telegram knows. */
function newToken({ isKnown = true } = {}): { token: string; secret: string } {
  tokens += 1
  const secret = `secret-of-test-${tokens}-${'x'.repeat(20)}`
  const token = `88000${tokens}:${secret}`
  if (isKnown) rig.sandbox.createBot({ name: 'New', username: `new_${tokens}_bot`, token })
  return { token, secret }
}

async function admin(language = 'en'): Promise<PersonChat> {
  people += 1
  await rig.link(`Admin ${people}`, 'admin')
  return rig.chat(master, `Admin ${people}`, language)
}

/** Nothing that is kept holds the secret: no table in plain words, no log, no message in a chat. */
async function expectNowhere(secret: string): Promise<void> {
  expect(await rig.everythingStored()).not.toContain(secret)
  expect(rig.rig.logLines.join('\n')).not.toContain(secret)
  const logs = join(rig.rig.home, 'logs', 'alpha')
  for (const file of readdirSync(logs)) expect(readFileSync(join(logs, file), 'utf8'), file).not.toContain(secret)
}

const isGone = (chat: PersonChat, secret: string) =>
  waitFor(() => expect(chat.messages().some(({ text }) => text.includes(secret))).toBe(false))

test('/agent_create makes agent, shop and bot, and the token is sealed and nowhere else', async () => {
  const { token, secret } = newToken()
  const chat = await admin()
  chat.say(`/agent_create agent001 ${token} My Agent Bot`)
  const { text } = await chat.answer('Agent My Agent Bot created.')
  expect(text).toContain('Id: agent001')
  expect(text).toMatch(/Bot bot-\w+: new, not approved yet/)
  await isGone(chat, secret)
  await expectNowhere(secret)
  const { rows } = await rig.db.database.query<{ id: string }>(
    `select id from instance where tenant_id = 'agent:agent001'`,
  )
  const sealed = await rig.db.database.transaction((tx) =>
    readCredential(tx, rig.rig.keyring, { instanceId: rows[0]?.id ?? '', kind: 'telegram_token' }),
  )
  expect(sealed).toBe(token)
})

test('id, name and token are asked for one after the other, with wrong ones refused and the worker killed in between', async () => {
  const { token, secret } = newToken()
  const chat = await admin()
  chat.say('/admin')
  const menu = await chat.answer('Management')
  chat.pressData(menu.message_id, dataOf(menu, 'New agent'))
  await chat.answer('Which id shall it have?')
  await rig.restart(master)
  chat.say('Not An Id')
  await chat.answer("An agent's id has lower-case letters")
  chat.say('stepwise')
  await chat.answer("What is the agent's shop called?")
  await rig.restart(master)
  chat.say('x'.repeat(201))
  await chat.answer('A name has 1 to 200 characters.')
  chat.say('Step by Step')
  await chat.answer('Send the token of its bot')
  await rig.restart(master)
  chat.say('no token')
  await chat.answer("That is no bot's token.")
  chat.say(token)
  await chat.answer('Agent Step by Step created.')
  await isGone(chat, secret)
  await expectNowhere(secret)
  expect(await rig.count(`select count(*) from tenant where id = 'agent:stepwise'`)).toBe(1)
})

test('a token that Telegram refuses makes no agent, and is asked for again', async () => {
  const { token, secret } = newToken({ isKnown: false })
  const chat = await admin()
  chat.say(`/agent_create refused ${token} Refused`)
  await chat.answer('Telegram refuses this token.')
  await isGone(chat, secret)
  await expectNowhere(secret)
  expect(await rig.count(`select count(*) from tenant where id = 'agent:refused'`)).toBe(0)
  chat.say(newToken().token)
  await chat.answer('Agent Refused created.')
  expect(
    await rig.count(`select count(*) from instance where tenant_id = 'agent:refused' and verified_at is not null`),
  ).toBe(1)
})

test('where Telegram cannot be asked, the agent is made all the same', async () => {
  const { token } = newToken()
  rig.sandbox.plantFault({ kind: 'status', status: 502, method: 'getMe' })
  const chat = await admin()
  chat.say(`/agent_create unasked ${token} Unasked`)
  await chat.answer('Agent Unasked created.')
  expect(
    await rig.count(`select count(*) from instance where tenant_id = 'agent:unasked' and verified_at is null`),
  ).toBe(1)
})

test('without an id one is made of the time', async () => {
  const { token } = newToken()
  const chat = await admin()
  chat.say('/admin')
  const menu = await chat.answer('Management')
  chat.pressData(menu.message_id, dataOf(menu, 'New agent'))
  const ask = await chat.answer('Which id shall it have?')
  chat.pressData(ask.message_id, dataOf(ask, 'Make one'))
  await chat.answer("What is the agent's shop called?")
  chat.say('Timely')
  await chat.answer('Send the token')
  chat.say(token)
  const { text } = await chat.answer('Agent Timely created.')
  expect(text).toMatch(/Id: agent_\d{8}_\d{6}/)
})

test('an id or a bot that is there already is refused, and the token is gone all the same', async () => {
  const { token, secret } = newToken()
  const chat = await admin()
  chat.say(`/agent_create ann ${token} Another`)
  await chat.answer('That is taken already')
  chat.say(`/agent_create another ${shop.token} Another`)
  await chat.answer('That is taken already')
  await isGone(chat, secret)
  await isGone(chat, shop.token)
  expect(await rig.count(`select count(*) from tenant where id = 'agent:another'`)).toBe(0)
  await expectNowhere(secret)
})

test('a command that lacks its name, or has another order, shows an example, and the token is gone all the same', async () => {
  const { token, secret } = newToken()
  const chat = await admin()
  chat.say(`/agent_create agent009 ${token}`)
  await chat.answer('/agent_create agent001 1234567890:ABC... MyAgentName')
  chat.say(`/agent_create agent009 Shop ${token}`)
  await chat.answer('/agent_create agent001 1234567890:ABC... MyAgentName')
  chat.say(`/agent_create ${token} Shop agent009`)
  await chat.answer('/agent_create agent001 1234567890:ABC... MyAgentName')
  await isGone(chat, secret)
  await expectNowhere(secret)
})

describe('a token that nobody asked for', () => {
  test.for(['en', 'zh', 'fa', 'ru'] as const)('is deleted, and whoever wrote it is told in %s', async (language) => {
    const { token, secret } = newToken()
    const chat = rig.chat(shop, `Talker in ${language}`, language)
    chat.say(`my bot is ${token}, isn't it nice`)
    await chat.answer(holding(read('office', language, 'token_deleted')))
    await isGone(chat, secret)
    await expectNowhere(secret)
  })

  test.for(['/start ', '/agent ', '/help ', '/nonsense ', ''])('is deleted behind "%s"', async (words) => {
    const { token, secret } = newToken()
    const chat = rig.chat(shop, `Person of "${words}"`)
    chat.say(`${words}${token}`)
    await chat.answer(holding(read('office', 'en', 'token_deleted')))
    await isGone(chat, secret)
    await expectNowhere(secret)
  })

  test('is deleted in the master’s bot when a stranger tries to make an agent of it', async () => {
    const { token, secret } = newToken()
    const chat = rig.chat(master, 'Sue')
    chat.say(`/agent_create agent002 ${token} Mine`)
    const { text } = await chat.answer()
    expect(text).toContain(read('office', 'en', 'token_deleted'))
    await isGone(chat, secret)
    expect(await rig.count(`select count(*) from tenant where id = 'agent:agent002'`)).toBe(0)
  })

  test('is not taken for the reason or the reference of a command', async () => {
    const { token, secret } = newToken()
    await rig.earn('ann', '20')
    const { rows } = await rig.db.database.query<{ id: string }>(
      `select (w).id from request_withdrawal('agent:ann', 'of-tokens', 'USDT', 20000000, 1000000,
         'T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb', 1, 'owner:telegram:1', null, null, null)`,
    )
    const chat = await admin()
    chat.say(`/withdraw_reject ${rows[0]?.id} ${token}`)
    await chat.answer(holding(read('office', 'en', 'token_deleted')))
    expect(await rig.count(`select count(*) from withdrawal where state = 'requested'`)).toBe(1)
    await expectNowhere(secret)
  })

  test('is not taken for the link that was asked for', async () => {
    const { token, secret } = newToken()
    await rig.own('ann', 'Olga')
    const chat = rig.chat(shop, 'Olga')
    chat.say('/agent')
    const panel = await chat.answer('Shop: open')
    chat.pressData(panel.message_id, dataOf(panel, 'Support link'))
    await chat.answer('Support link: none')
    chat.say(`https://example.com/${token}`)
    await chat.answer(holding(read('office', 'en', 'token_deleted')))
    await isGone(chat, secret)
    expect(await rig.count(`select count(*) from tenant where id = 'agent:ann' and support_link is null`)).toBe(1)
    await expectNowhere(secret)
  })

  test('is deleted from a caption', async () => {
    const { token, secret } = newToken()
    const chat = rig.chat(shop, 'Photographer')
    chat.sendFile('token.txt', Buffer.from('hello'), `here: ${token}`)
    await chat.answer(holding(read('office', 'en', 'token_deleted')))
    await isGone(chat, secret)
  })

  test('is deleted from a group', async () => {
    const { token, secret } = newToken()
    const personId = rig.sandbox.person('Grouper').id
    rig.sandbox.sendGroupText({ personId, botId: shop.id, text: `/agent_create x ${token} y` })
    await waitFor(() =>
      expect(rig.sandbox.audit.some((line) => line.kind === 'deleted' && line.text.includes(secret))).toBe(true),
    )
  })

  test('is deleted at once, while what was written before it still waits for its answer', async () => {
    const { token, secret } = newToken()
    const chat = rig.chat(shop, 'Waiter')
    rig.sandbox.plantFault({
      kind: 'delay',
      delayMs: 3000,
      method: 'sendMessage',
      chatId: rig.sandbox.person('Waiter').id,
    })
    chat.say('/id')
    chat.say(token)
    await isGone(chat, secret)
    expect(chat.messages().filter(({ from }) => from === 'bot')).toEqual([])
    await chat.answer(holding(read('office', 'en', 'token_deleted')))
  })

  test('is deleted though the message is from a time when the bot did not run', async () => {
    const { token, secret } = newToken()
    const chat = rig.chat(shop, 'Early')
    await rig.db.database.query(`update instance set desired = 'stopped' where id = $1`, [shop.instance])
    await rig.rig.until(shop.instance, 'stopped')
    chat.say('hello', { date: Math.floor(Date.now() / 1000) - 3600 })
    chat.say(token, { date: Math.floor(Date.now() / 1000) - 3600 })
    await rig.db.database.query(`update instance set desired = 'running' where id = $1`, [shop.instance])
    await isGone(chat, secret)
    await chat.answer('I was away when you wrote.')
    await chat.answer(holding(read('office', 'en', 'token_deleted')))
  })
})

describe('a token that cannot be deleted', () => {
  const cannot = (chatId: number) =>
    rig.sandbox.plantFault({
      kind: 'status',
      status: 400,
      description: "Bad Request: message can't be deleted",
      method: 'deleteMessage',
      chatId,
    })

  test.for(['en', 'zh', 'fa', 'ru'] as const)('must be revoked, says the bot in %s', async (language) => {
    const { token, secret } = newToken()
    const name = `Unlucky in ${language}`
    const chat = rig.chat(shop, name, language)
    cannot(rig.sandbox.person(name).id)
    chat.say(token)
    await chat.answer(holding(read('office', language, 'token_seen')))
    await expectNowhere(secret)
  })

  test('makes its agent all the same, and must be revoked', async () => {
    const { token } = newToken()
    const chat = await admin()
    cannot(rig.sandbox.person(`Admin ${people}`).id)
    chat.say(`/agent_create undeleted ${token} Undeleted`)
    await chat.answer(holding(read('office', 'en', 'token_seen')))
    await chat.answer('Agent Undeleted created.')
  })

  test('is spoken of in a group, too', async () => {
    const { token } = newToken()
    const personId = rig.sandbox.person('Group Leader').id
    const { message } = rig.sandbox.sendGroupText({ personId, botId: shop.id, text: 'hi', title: 'Leaders' })
    expect(message.text).toBe('hi')
    rig.sandbox.plantFault({
      kind: 'status',
      status: 400,
      description: "Bad Request: message can't be deleted",
      method: 'deleteMessage',
    })
    rig.sandbox.sendGroupText({ personId, botId: shop.id, text: token, title: 'Leaders' })
    await waitFor(() =>
      expect(
        rig.sandbox.audit.some((line) => line.kind === 'sent' && line.text.includes('/revoke to @BotFather')),
      ).toBe(true),
    )
  })
})

test('a worker that was killed after the deletion does not say that it failed', async () => {
  const { token, secret } = newToken()
  const chat = rig.chat(shop, 'Mortal')
  rig.sandbox.plantFault({
    kind: 'delay',
    delayMs: 60_000,
    method: 'sendMessage',
    chatId: rig.sandbox.person('Mortal').id,
  })
  chat.say(token)
  await isGone(chat, secret)
  await waitFor(() => expect(rig.sandbox.faultsLeft()).toBe(0))
  await rig.restart(shop)
  await chat.answer(holding(read('office', 'en', 'token_deleted')))
})
