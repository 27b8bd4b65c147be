import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FakeWhatsApp, startFakeWhatsApp } from '../../../sandbox/whatsapp/start-fake-whatsapp.ts'
import { WhatsAppClient } from '../../support/whatsapp-client.ts'

let fake: FakeWhatsApp
let client: WhatsAppClient
const number = '989121234567'

beforeEach(async () => {
  fake = await startFakeWhatsApp()
  client = new WhatsAppClient(fake.url)
})

afterEach(async () => {
  await client.end()
  await fake.stop()
})

test('a companion is linked by the code that the person types, and logs in after 515', async () => {
  client.connect()
  await client.events.next('qr')
  const code = await client.socket.requestPairingCode(number)
  await fake.events.next('code_requested')
  expect(await fake.phoneOf(number).enterCode(code)).toBe('linked')
  expect((await client.events.next('close')).code).toBe(515)
  expect(client.creds.account).toBeDefined()
  expect(client.creds.me?.id).toBe(`${number}:1@s.whatsapp.net`)
  client.connect()
  await client.events.next('open')
  await fake.events.next('caught_up')
  expect(await fake.events.next('pre_keys')).toMatchObject({ number, device: 1, count: 812 })
  expect(fake.events.count('unknown_query')).toBe(0)
})
