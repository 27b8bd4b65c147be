import { afterEach, beforeEach, expect, test } from 'vitest'
import type { GatewayRequest } from '../../../domain/worker-contract.ts'
import { type FakeWhatsApp, startFakeWhatsApp } from '../../../sandbox/whatsapp/start-fake-whatsapp.ts'
import { ConnectedDevice } from '../../support/connected-device.ts'

let fake: FakeWhatsApp
const devices: ConnectedDevice[] = []
const number = '989121234567'

beforeEach(async () => {
  fake = await startFakeWhatsApp()
})

afterEach(async () => {
  for (const device of devices.splice(0)) await device.stop()
  await fake.stop()
})

function keep(device: ConnectedDevice): ConnectedDevice {
  devices.push(device)
  return device
}

test('a device is linked by QR code, is open, and what people write and get goes through it', async () => {
  const device = keep(await ConnectedDevice.link(fake, number))
  const sara = fake.addPerson({ name: 'Sara' })
  const id = await sara.write(number, 'hello')
  const { message } = await device.events.next('message')
  expect(message).toMatchObject({
    id,
    from: { phone: sara.number, lid: `${sara.lid}@lid` },
    pushName: 'Sara',
    kind: 'text',
    text: 'hello',
    isOffline: false,
  })
  const sent = await device.connection.send({
    id: 'A1',
    chat: message.chat,
    content: { kind: 'text', text: 'welcome' },
  })
  expect(sent).toEqual({ kind: 'written' })
  expect(await sara.inbox.next('message')).toMatchObject({ from: number, text: 'welcome', id: 'A1' })
  await device.events.next('status', ({ update }) => update.id === 'A1' && update.state === 'delivered')
  expect(device.session.linked).toBe(true)
  expect(device.session.news.map(({ step }) => step)).toEqual(['qr', 'linked'])
})

test('a phone hears that its device is linked only when that is kept', async () => {
  const pairing = { method: 'qr', number: 1, forMs: 60_000, only: false } as const
  const device = keep(new ConnectedDevice(fake, { number, pairing }))
  const gate = Promise.withResolvers<void>()
  const storing = Promise.withResolvers<void>()
  device.session.before = (name) => {
    if (name !== 'waStore') return undefined
    storing.resolve()
    return gate.promise
  }
  device.start()
  const outcome = fake.phoneOf(number).scan(await device.shownQr())
  await storing.promise
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(fake.events.count('linked')).toBe(0)
  expect(device.session.creds).toBeNull()
  gate.resolve()
  expect(await outcome).toBe('linked')
  expect(device.session.linked).toBe(true)
  await device.events.next('open')
})

test('a connection that ends while its link is told of is not taken for an open one', async () => {
  const pairing = { method: 'qr', number: 1, forMs: 60_000, only: false } as const
  const device = keep(new ConnectedDevice(fake, { number, pairing }))
  const told = Promise.withResolvers<void>()
  const telling = Promise.withResolvers<void>()
  device.session.before = (name, body) => {
    if (name !== 'waPairing' || (body as GatewayRequest<'waPairing'>).news.step !== 'linked') return undefined
    telling.resolve()
    return told.promise
  }
  device.start()
  await fake.phoneOf(number).scan(await device.shownQr())
  await telling.promise
  device.hurries = true
  fake.plantFault({ kind: 'black_hole' })
  fake.phoneOf(number).dropConnections()
  await expect.poll(() => fake.events.count('logged_in')).toBe(2)
  told.resolve()
  await new Promise((resolve) => setImmediate(resolve))
  expect(device.connection.isOpen).toBe(false)
  expect(device.events.count('open')).toBe(0)
})

test('a device whose bot is deleted while it connects is logged out as soon as it is open', async () => {
  const first = keep(await ConnectedDevice.link(fake, number))
  await first.stop()
  expect(fake.phoneOf(number).devices).toEqual([1])
  fake.plantFault({ kind: 'slow', delayMs: 100 })
  const second = keep(new ConnectedDevice(fake, { number, session: first.session }).start())
  await expect.poll(() => fake.events.count('logged_in')).toBe(2)
  await second.stop('unlink')
  expect(fake.phoneOf(number).devices).toEqual([])
  expect(fake.events.all.some((event) => event.kind === 'unlinked' && event.by === 'companion')).toBe(true)
})

test('a device whose bot is deleted while nobody answers is not waited for for long', async () => {
  const first = keep(await ConnectedDevice.link(fake, number))
  await first.stop()
  fake.plantFault({ kind: 'black_hole' })
  const second = keep(new ConnectedDevice(fake, { number, session: first.session }).start())
  await expect.poll(() => fake.events.count('logged_in')).toBe(2)
  second.hurries = true
  await second.stop('unlink')
  expect(fake.phoneOf(number).devices).toEqual([1])
})

test('what was on its way when a connection dropped arrives all the same, whoever had decrypted it already', async () => {
  const device = keep(await ConnectedDevice.link(fake, number))
  device.hurries = true
  const sara = fake.addPerson({ name: 'Sara' })
  await sara.write(number, 'first')
  await device.events.next('message', ({ message }) => message.text === 'first')
  const texts = Array.from({ length: 20 }, (_, at) => `word ${at}`)
  for (const text of texts) await sara.write(number, text)
  fake.phoneOf(number).dropConnections()
  for (const text of texts) await device.events.next('message', ({ message }) => message.text === text)
})

test('what was acknowledged and had not come into the inbox when the worker was killed is handed on by the next one', async () => {
  const first = keep(await ConnectedDevice.link(fake, number))
  const sara = fake.addPerson({ name: 'Sara' })
  await sara.write(number, 'before')
  await first.events.next('message')
  // As if it were killed in that moment: nothing of it comes to anybody.
  first.connection.onMessage(() => Promise.reject(new Error('killed')))
  const id = await sara.write(number, 'in between')
  await sara.inbox.next('delivered')
  await sara.inbox.next('delivered')
  await first.stop()
  const second = keep(new ConnectedDevice(fake, { number, session: first.session }).start())
  const { message } = await second.events.next('message', (event) => event.message.text === 'in between')
  expect(message).toMatchObject({
    id,
    from: { phone: sara.number, lid: `${sara.lid}@lid` },
    pushName: 'Sara',
    kind: 'text',
    isOffline: true,
  })
})

test('what a connection reads after its end commits no key, and is read anew on the next one', async () => {
  const device = keep(await ConnectedDevice.link(fake, number))
  device.hurries = true
  const sara = fake.addPerson({ name: 'Sara' })
  const reading = Promise.withResolvers<void>()
  const gate = Promise.withResolvers<void>()
  device.session.before = async (name, body) => {
    if (name !== 'waKeys' || (body as { type: string }).type !== 'session') return
    reading.resolve()
    await gate.promise
  }
  await sara.write(number, 'hello')
  await reading.promise
  await fake.goAway()
  // It has ended when the next one is tried.
  const trying = Promise.withResolvers<void>()
  device.onPause = trying.resolve
  await trying.promise
  const stored = device.session.count('waStore')
  gate.resolve()
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(device.session.count('waStore')).toBe(stored)
  expect(device.events.count('message')).toBe(0)
  await fake.comeBack()
  await device.events.next('message', ({ message }) => message.text === 'hello')
  expect(device.events.count('ended')).toBe(0)
})

test('what was acknowledged, and not handed on when its connection dropped, is handed on by the next connection', async () => {
  const device = keep(await ConnectedDevice.link(fake, number))
  device.hurries = true
  const sara = fake.addPerson({ name: 'Sara', addressing: 'hidden' })
  await sara.write(number, 'first')
  await device.events.next('message', ({ message }) => message.text === 'first')
  const gate = Promise.withResolvers<void>()
  const eve = fake.addPerson({ name: 'Eve', addressing: 'hidden' })
  device.session.before = async (name, body) => {
    if (name === 'waKeys' && (body as { type: string }).type === 'lid-mapping') await gate.promise
  }
  const id = await eve.write(number, 'in between')
  await eve.inbox.next('delivered', (event) => event.id === id)
  await expect.poll(() => fake.phoneOf(number).waiting).toBe(0)
  expect(device.events.all.some((event) => event.kind === 'message' && event.message.text === 'in between')).toBe(false)
  fake.phoneOf(number).dropConnections()
  await device.events.next('open')
  gate.resolve()
  const { message } = await device.events.next('message', (event) => event.message.text === 'in between')
  expect(message).toMatchObject({ id, from: { phone: null, lid: `${eve.lid}@lid` } })
})

test('a message that a phone cannot read is sent as often as a phone asks for it', async () => {
  const device = keep(await ConnectedDevice.link(fake, number))
  const sara = fake.addPerson({ name: 'Sara' })
  await sara.write(number, 'hello')
  const { message } = await device.events.next('message')
  const content = { kind: 'text', text: 'at last' } as const
  device.sent.set('A1', content)
  sara.failToDecrypt(5)
  await device.connection.send({ id: 'A1', chat: message.chat, content })
  expect(await sara.inbox.next('message', ({ id }) => id === 'A1')).toMatchObject({ text: 'at last', retries: 5 })
})
