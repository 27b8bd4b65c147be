import { downloadMediaMessage } from '@whiskeysockets/baileys'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FakeWhatsApp, startFakeWhatsApp } from '../../../sandbox/whatsapp/start-fake-whatsapp.ts'
import { PlainAgent, WhatsAppClient } from '../../support/whatsapp-client.ts'

let fake: FakeWhatsApp
let client: WhatsAppClient
const number = '989121234567'

beforeEach(async () => {
  fake = await startFakeWhatsApp()
  client = new WhatsAppClient(fake.url)
  await client.link(fake, number)
})

afterEach(async () => {
  await client.end()
  await fake.stop()
})

test('a person and the companion write to each other', async () => {
  const sara = fake.addPerson({ name: 'Sara' })
  const id = await sara.write(number, 'hello')
  const { message, text, type } = await client.events.next('message')
  expect({ text, type, id: message.key.id }).toEqual({ text: 'hello', type: 'notify', id })
  expect(message.key).toMatchObject({ remoteJid: `${sara.lid}@lid`, remoteJidAlt: `${sara.number}@s.whatsapp.net` })
  expect(message.pushName).toBe('Sara')
  await sara.inbox.next('delivered', (receipt) => receipt.id === id)

  const sent = await client.socket.sendMessage(message.key.remoteJid ?? '', { text: 'welcome' })
  expect(await sara.inbox.next('message')).toMatchObject({ from: number, text: 'welcome', id: sent?.key.id })
  await client.events.next('status', (event) => event.id === sent?.key.id && event.status === 3)
  expect(await fake.phoneOf(number).inbox.next('sent_copy')).toMatchObject({ to: sara.number, text: 'welcome' })

  await sara.write(number, 'again')
  expect(await client.events.next('message')).toMatchObject({ text: 'again' })
  expect(sara.chatWith(number).map((line) => `${line.from}: ${line.text}`)).toEqual([
    'me: hello',
    'them: welcome',
    'me: again',
  ])
  sara.read(number, sent?.key.id ?? '')
  await client.events.next('status', (event) => event.id === sent?.key.id && event.status === 4)
  await client.socket.readMessages([message.key])
  await sara.inbox.next('read', (receipt) => receipt.id === id)
  expect(fake.events.count('unknown_query')).toBe(0)
})

test('a companion writes first, to a number that it has never heard of', async () => {
  const sara = fake.addPerson({ name: 'Sara' })
  await client.socket.sendMessage(`${sara.number}@s.whatsapp.net`, { text: 'good day' })
  expect(await sara.inbox.next('message')).toMatchObject({ from: number, text: 'good day' })
  await sara.write(number, 'who is it?')
  expect(await client.events.next('message')).toMatchObject({ text: 'who is it?' })
  expect(await client.socket.onWhatsApp(sara.number, '4912345678')).toEqual([
    { jid: `${sara.number}@s.whatsapp.net`, exists: true },
  ])
})

test.each([
  { addressing: 'lid', jid: 'lid', alt: 'number' },
  { addressing: 'pn', jid: 'number', alt: 'lid' },
  { addressing: 'hidden', jid: 'lid', alt: undefined },
] as const)(
  'a message that is addressed as $addressing has the other name beside it',
  async ({ addressing, jid, alt }) => {
    const sara = fake.addPerson({ name: 'Sara', addressing })
    const names = { lid: `${sara.lid}@lid`, number: `${sara.number}@s.whatsapp.net` }
    await sara.write(number, 'hello')
    const { message } = await client.events.next('message')
    expect(message.key.remoteJid).toBe(names[jid])
    expect(message.key.remoteJidAlt).toBe(alt === undefined ? undefined : names[alt])
    await client.socket.sendMessage(message.key.remoteJid ?? '', { text: 'welcome' })
    expect(await sara.inbox.next('message')).toMatchObject({ text: 'welcome' })
  },
)

test('what comes while the companion is away waits for it, and comes as append', async () => {
  const sara = fake.addPerson({ name: 'Sara' })
  await sara.write(number, 'one')
  await client.events.next('message')
  await sara.inbox.next('delivered')
  await client.end()
  for (const text of ['two', 'three']) await sara.write(number, text)
  expect(fake.phoneOf(number).waiting).toBe(2)
  await client.open()
  expect(await client.events.next('message')).toMatchObject({ text: 'two', type: 'append' })
  expect(await client.events.next('message')).toMatchObject({ text: 'three', type: 'append' })
  await sara.inbox.next('delivered')
  await sara.inbox.next('delivered')
  expect(fake.phoneOf(number).waiting).toBe(0)
  await fake.events.next('caught_up', ({ offline }) => offline === 2)
})

test('messages of a group and of a status are decrypted', async () => {
  const sara = fake.addPerson({ name: 'Sara' })
  const group = fake.addGroup('Friends', [sara.number, number])
  await sara.writeToGroup(group, 'hello all')
  const inGroup = await client.events.next('message')
  expect(inGroup.text).toBe('hello all')
  expect(inGroup.message.key).toMatchObject({ remoteJid: group, participant: `${sara.lid}@lid` })
  await sara.writeToGroup(group, 'and again')
  expect(await client.events.next('message')).toMatchObject({ text: 'and again' })
  await sara.postStatus([number], 'my day')
  const status = await client.events.next('message')
  expect(status).toMatchObject({ text: 'my day', message: { key: { remoteJid: 'status@broadcast' } } })
  await sara.inbox.next('delivered')
  expect((await client.socket.groupMetadata(group)).subject).toBe('Friends')
})

test('a person who cannot decrypt asks again and gets the message', async () => {
  const sara = fake.addPerson({ name: 'Sara' })
  await sara.write(number, 'hello')
  const { message } = await client.events.next('message')
  sara.failToDecrypt(2)
  const sent = await client.socket.sendMessage(message.key.remoteJid ?? '', { text: 'welcome' })
  expect(await sara.inbox.next('message')).toMatchObject({ text: 'welcome', id: sent?.key.id, retries: 2 })
  expect(sara.inbox.count('undecryptable')).toBe(2)
})

test('a companion that was restarted finds the message again by getMessage', async () => {
  const sara = fake.addPerson({ name: 'Sara' })
  await sara.write(number, 'hello')
  const { message } = await client.events.next('message')
  sara.goOffline()
  sara.failToDecrypt()
  const sent = await client.socket.sendMessage(message.key.remoteJid ?? '', { text: 'welcome' })
  await fake.events.next('message')
  await client.end()
  await sara.goOnline()
  const asked: unknown[] = []
  client.connect({
    getMessage: async ({ id }) => {
      asked.push(id)
      return { conversation: 'welcome' }
    },
  })
  expect(await sara.inbox.next('message')).toMatchObject({ text: 'welcome', id: sent?.key.id, retries: 1 })
  expect(asked).toEqual([sent?.key.id])
})

test('a companion that cannot decrypt asks again and gets the message', async () => {
  const sara = fake.addPerson({ name: 'Sara' })
  const id = await sara.write(number, 'hello', { spoiled: true })
  expect(await sara.inbox.next('retry_asked')).toMatchObject({ id, count: 1 })
  await client.events.next('message', ({ text, message }) => text === 'hello' && message.key.id === id)
})

test('a message that was asked for again is kept for a companion that left before it had read it', async () => {
  const sara = fake.addPerson({ name: 'Sara' })
  const ws = client.socket.ws as unknown as { emit: (name: string, ...given: unknown[]) => boolean }
  const emit = ws.emit.bind(ws)
  let heard = 0
  ws.emit = (name, ...given) => {
    if (name !== 'CB:message') return emit(name, ...given)
    heard += 1
    return heard === 1 && emit(name, ...given)
  }
  const id = await sara.write(number, 'hello', { spoiled: true })
  // It asks again, and says then that it could not take the first one.
  await sara.inbox.next('refused')
  await client.end()
  await client.open()
  await client.events.next('message', ({ text, message }) => text === 'hello' && message.key.id === id)
})

test('a message that the server refuses has status 0 with the code', async () => {
  const sara = fake.addPerson({ name: 'Sara' })
  await sara.write(number, 'hello')
  const { message } = await client.events.next('message')
  fake.plantFault({ kind: 'refuse_message', number, code: 463 })
  const sent = await client.socket.sendMessage(message.key.remoteJid ?? '', { text: 'welcome' })
  const refused = await client.events.next('status', ({ id, status }) => id === sent?.key.id && status === 0)
  expect(refused.parameters[0]).toBe('463')
  expect(await fake.events.next('message_refused')).toMatchObject({ id: sent?.key.id, code: 463 })
  expect(sara.inbox.count('message')).toBe(0)
})

test('the same message id shows once on the phone', async () => {
  const sara = fake.addPerson({ name: 'Sara' })
  const jid = `${sara.number}@s.whatsapp.net`
  for (const _ of [1, 2]) await client.socket.sendMessage(jid, { text: 'once' }, { messageId: '3EB0AABBCC' })
  await sara.inbox.next('message', ({ id }) => id === '3EB0AABBCC')
  await sara.inbox.next('repeated', ({ id }) => id === '3EB0AABBCC')
  expect(sara.inbox.count('message')).toBe(1)
})

test('a phone without a network has nothing delivered to it', async () => {
  const sara = fake.addPerson({ name: 'Sara' })
  sara.goOffline()
  const sent = await client.socket.sendMessage(`${sara.number}@s.whatsapp.net`, { text: 'later' })
  await fake.events.next('message', ({ id }) => id === sent?.key.id)
  expect(sara.inbox.count('message')).toBe(0)
  await sara.goOnline()
  await client.events.next('status', ({ id, status }) => id === sent?.key.id && status === 3)
})

test('pre-keys that run low are asked for and uploaded', async () => {
  await fake.events.next('pre_keys')
  fake.phoneOf(number).usePreKeys(5)
  await fake.addPerson({ name: 'Sara' }).write(number, 'hello')
  expect(await fake.events.next('pre_keys')).toMatchObject({ count: 5 })
})

test('two companions write to each other', async () => {
  const other = new WhatsAppClient(fake.url)
  await other.link(fake, '989120000009')
  const sent = await client.socket.sendMessage('989120000009@s.whatsapp.net', { text: 'hello' })
  const { message } = await other.events.next('message', ({ text }) => text === 'hello')
  expect(message.key.id).toBe(sent?.key.id)
  await client.events.next('status', ({ id, status }) => id === sent?.key.id && status === 3)
  await other.end()
})

test('a person sends an image, which the companion fetches', async () => {
  const sara = fake.addPerson({ name: 'Sara' })
  const bytes = Buffer.from('not really an image')
  await sara.sendFile(number, { kind: 'image', bytes, mimetype: 'image/png', caption: 'look' })
  const { message } = await client.events.next('message')
  expect(message.message?.imageMessage?.caption).toBe('look')
  expect(await downloadMediaMessage(message, 'buffer', {})).toEqual(bytes)
})

test('a companion sends a document, which the phone opens', async () => {
  const sara = fake.addPerson({ name: 'Sara' })
  await client.end()
  client.connect({ fetchAgent: new PlainAgent() })
  await client.events.next('open')
  const bytes = Buffer.from('a,b\n1,2\n')
  const content = { document: bytes, mimetype: 'text/csv', fileName: 'goods.csv', caption: 'yours' }
  await client.socket.sendMessage(`${sara.number}@s.whatsapp.net`, content)
  const { file, text } = await sara.inbox.next('message')
  expect({ file, text }).toEqual({
    text: 'yours',
    file: { kind: 'document', name: 'goods.csv', mimetype: 'text/csv', bytes },
  })
  await client.socket.sendMessage(`${sara.number}@s.whatsapp.net`, { image: bytes, caption: 'look' })
  expect(await sara.inbox.next('message')).toMatchObject({ text: 'look', file: { kind: 'image', bytes } })
  expect(fake.media.uploads).toBe(2)
})
