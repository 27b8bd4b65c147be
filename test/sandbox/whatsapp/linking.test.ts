import { Curve } from '@whiskeysockets/baileys'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FakeWhatsApp, startFakeWhatsApp } from '../../../sandbox/whatsapp/start-fake-whatsapp.ts'
import { verifySignature } from '../../../sandbox/whatsapp/verify-signature.ts'
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

async function askForCode(asked = number): Promise<string> {
  client.connect()
  await client.events.next('qr')
  return client.socket.requestPairingCode(asked)
}

test('a companion is linked by the code that the person types, and logs in after 515', async () => {
  const code = await askForCode()
  await fake.events.next('code_requested')
  expect(await fake.phoneOf(number).enterCode(`${code.slice(0, 4)}-${code.slice(4).toLowerCase()}`)).toBe('linked')
  expect((await client.events.next('close')).code).toBe(515)
  expect(client.creds.account).toBeDefined()
  expect(client.creds.me?.id).toBe(`${number}:1@s.whatsapp.net`)
  await client.open()
  expect(await fake.events.next('pre_keys')).toMatchObject({ number, device: 1, count: 812 })
  expect(fake.phoneOf(number).connected).toEqual([1])
  expect(fake.events.count('unknown_query')).toBe(0)
})

test('a companion is linked by its QR code', async () => {
  await client.link(fake, number)
  expect(fake.phoneOf(number).connected).toEqual([1])
})

test('a wrong code links nothing, and the right one still does', async () => {
  const code = await askForCode()
  await fake.events.next('code_requested')
  const phone = fake.phoneOf(number)
  expect(await phone.enterCode('ABCD1234')).toBe('wrong_code')
  expect(phone.devices).toEqual([])
  expect(client.creds.account).toBeUndefined()
  expect(await phone.enterCode(code)).toBe('linked')
})

test('a QR code with another secret, of another key or that nobody shows links nothing', async () => {
  client.connect()
  const { qr } = await client.events.next('qr')
  const phone = fake.phoneOf(number)
  const parts = qr.split(',')
  const other = Buffer.alloc(32, 7).toString('base64')
  expect(await phone.scan([parts[0], parts[1], other, ...parts.slice(3)].join(','))).toBe('bad_signature')
  expect(await phone.scan(qr.replace('#2@', '#2@0'))).toBe('nobody_asked')
  expect(await phone.scan([...parts.slice(0, 3), other, parts[4]].join(','))).toBe('gone')
  expect(phone.devices).toEqual([])
})

test.each([400, 429] as const)('a request for a code that is refused with %i still yields a code', async (refusal) => {
  fake.plantFault({ kind: 'refuse_code', code: refusal })
  const code = await askForCode()
  expect(await client.events.next('query_error')).toMatchObject({ code: refusal })
  expect(code).toHaveLength(8)
  expect(await fake.phoneOf(number).enterCode(code)).toBe('nobody_asked')
})

test('a number with a plus or a space is refused with 400', async () => {
  await askForCode('+98 912 1234567')
  expect(await client.events.next('query_error')).toMatchObject({ code: 400 })
})

test('a regenerated code replaces the one before', async () => {
  const first = await askForCode()
  await fake.events.next('code_requested')
  const second = await client.socket.requestPairingCode(number)
  await fake.events.next('code_requested')
  const phone = fake.phoneOf(number)
  expect(await phone.enterCode(first)).toBe('wrong_code')
  expect(await phone.enterCode(second)).toBe('linked')
})

test('a wish to show the code anew does not hinder the link', async () => {
  const code = await askForCode()
  await fake.events.next('code_requested')
  const phone = fake.phoneOf(number)
  phone.refreshCode()
  expect(await phone.enterCode(code)).toBe('linked')
})

test('references that run out end the connection with 408', async () => {
  client.connect({ qrTimeout: 20 })
  expect(await client.events.next('close')).toMatchObject({ code: 408 })
  expect(client.events.count('qr')).toBe(6)
})

test('a companion that was killed before it was linked is refused with 401', async () => {
  await askForCode()
  await fake.events.next('code_requested')
  await client.end()
  client.connect()
  await client.events.next('close', ({ code }) => code === 401)
  expect(await fake.events.next('login_refused')).toMatchObject({ number, device: 0, code: 401 })
})

test('a linked companion logs in again after a restart, without new keys', async () => {
  await client.link(fake, number)
  await client.end()
  await fake.events.next('closed')
  await client.open()
  expect(fake.events.count('registered')).toBe(1)
  expect(fake.events.count('pre_keys')).toBe(1)
  expect(fake.events.count('logged_in')).toBe(2)
  expect(fake.mostOfOneDevice(number)).toBe(1)
})

test('a companion that the person unlinks gets 401, then and at its next login', async () => {
  await client.link(fake, number)
  fake.phoneOf(number).unlink()
  await client.events.next('close', ({ code }) => code === 401)
  client.connect()
  await client.events.next('close', ({ code }) => code === 401)
  client.forget()
  await client.link(fake, number)
  expect(fake.phoneOf(number).devices).toEqual([2])
})

test('a companion that logs out is no device any more', async () => {
  await client.link(fake, number)
  await client.socket.logout()
  expect(await fake.events.next('unlinked')).toMatchObject({ number, by: 'companion' })
  await client.events.next('close', ({ code }) => code === 401)
  expect(fake.phoneOf(number).devices).toEqual([])
})

test('a login with the keys of another device is refused', async () => {
  await client.link(fake, number)
  await client.end()
  client.creds = { ...client.creds, noiseKey: Curve.generateKeyPair() }
  client.connect()
  await client.events.next('close', ({ code }) => code === 401)
})

test('a registration whose key is not signed by its identity is refused', async () => {
  client.creds.signedPreKey.signature = new Uint8Array(64).fill(1)
  client.connect()
  expect(await client.events.next('close')).toMatchObject({ code: 400 })
})

test('a companion whose own signature is wrong is not linked', async () => {
  const { public: identity } = client.creds.signedIdentityKey
  const signedIdentityKey = { public: identity, private: Curve.generateKeyPair().private }
  client.creds = { ...client.creds, signedIdentityKey }
  client.connect()
  const { qr } = await client.events.next('qr')
  expect(await fake.phoneOf(number).scan(qr)).toBe('bad_signature')
  expect(await client.events.next('close')).toMatchObject({ code: 401 })
  expect(fake.phoneOf(number).devices).toEqual([])
})

test('a signature is verified, unlike by the client', () => {
  const pair = Curve.generateKeyPair()
  const message = Buffer.from('a message')
  const signature = Curve.sign(pair.private, message)
  expect(verifySignature(pair.public, message, signature)).toBe(true)
  expect(verifySignature(pair.public, Buffer.from('another'), signature)).toBe(false)
  expect(verifySignature(Curve.generateKeyPair().public, message, signature)).toBe(false)
  expect(Curve.verify(pair.public, Buffer.from('another'), signature)).toBe(true)
})
