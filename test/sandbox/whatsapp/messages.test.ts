import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FakeWhatsApp, startFakeWhatsApp } from '../../../sandbox/whatsapp/start-fake-whatsapp.ts'
import { WhatsAppClient } from '../../support/whatsapp-client.ts'

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
  sara.read(number, sent?.key.id ?? '')
  await client.events.next('status', (event) => event.id === sent?.key.id && event.status === 4)
  await client.socket.readMessages([message.key])
  await sara.inbox.next('read', (receipt) => receipt.id === id)
  expect(fake.events.count('unknown_query')).toBe(0)
})
