import { createConnection, type Socket } from 'node:net'
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

test.each([401, 403, 405, 408, 411, 419, 428, 440, 500, 503, 515])(
  'code %i reaches the client from a login, a stream and a failure',
  async (code) => {
    await client.link(fake, number)
    const phone = fake.phoneOf(number)
    phone.endStream(code)
    await client.events.next('close', (event) => event.code === code)
    await client.open()
    phone.fail(code)
    await client.events.next('close', (event) => event.code === code)
    fake.plantFault({ kind: 'failure', number, code })
    client.connect()
    await client.events.next('close', (event) => event.code === code)
    fake.plantFault({ kind: 'stream_error', number, code })
    client.connect()
    await client.events.next('close', (event) => event.code === code)
    expect(fake.faultsLeft()).toBe(0)
    await client.open()
  },
)

test('a second connection of the same device ends the older one with 440', async () => {
  await client.link(fake, number)
  const second = new WhatsAppClient(fake.url)
  second.creds = client.creds
  for (const [name, value] of client.keys) second.keys.set(name, value)
  await second.open()
  expect(await client.events.next('close', ({ code }) => code !== 515)).toMatchObject({ code: 440 })
  expect(fake.phoneOf(number).connected).toEqual([1])
  expect(second.events.count('close')).toBe(0)
  expect(fake.mostOfOneDevice(number)).toBe(2)
  await second.end()
})

test('a dropped connection is 428, at the upgrade, at the login and later', async () => {
  await client.link(fake, number)
  fake.phoneOf(number).dropConnections()
  await client.events.next('close', ({ code }) => code === 428)
  fake.plantFault({ kind: 'drop_login', number })
  client.connect()
  await client.events.next('close', ({ code }) => code === 428)
  fake.plantFault({ kind: 'drop_upgraded' })
  client.connect()
  await client.events.next('close', ({ code }) => code === 428)
})

test('a client that is too old gets 405, before and after it is linked', async () => {
  await client.link(fake, number)
  await client.end()
  fake.requireVersion([2, 3000, 1_099_999_999])
  client.connect()
  await client.events.next('close', ({ code }) => code === 405)
  client.connect({ version: [2, 3000, 1_100_000_000] })
  await client.events.next('open')
  await client.end()
  client.forget()
  client.connect()
  await client.events.next('close', ({ code }) => code === 405)
})

test('an HTTP status in place of the upgrade tells the client nothing, and silence is 408', async () => {
  fake.plantFault({ kind: 'http_status', status: 503 })
  client.connect({ connectTimeoutMs: 100 })
  await expect(client.events.next('close', undefined, 1000)).rejects.toThrow('no close within 1000 ms')
  expect(fake.faultsLeft()).toBe(0)
  await client.end()
  fake.plantFault({ kind: 'silent_upgrade' })
  client.connect({ connectTimeoutMs: 100 })
  await client.events.next('close', ({ code }) => code === 408)
})

test('an HTTP status is what a plain client reads', async () => {
  fake.plantFault({ kind: 'http_status', status: 429 })
  const { port } = new URL(fake.url)
  const socket: Socket = createConnection({ host: '127.0.0.1', port: Number(port) })
  socket.write('GET /ws/chat HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
  const answer = await new Promise<string>((resolve) => {
    socket.once('data', (bytes: Buffer) => resolve(bytes.toString()))
  })
  expect(answer).toMatch(/^HTTP\/1.1 429 /)
  socket.destroy()
})

test('a handshake that is never answered, and a black hole, end with 408 by the client itself', async () => {
  fake.plantFault({ kind: 'silent_handshake' })
  client.connect({ connectTimeoutMs: 200 })
  await client.events.next('close', ({ code }) => code === 408)
  await client.link(fake, number)
  await client.end()
  fake.plantFault({ kind: 'black_hole', number })
  client.connect({ keepAliveIntervalMs: 100 })
  await client.events.next('close', ({ code }) => code === 408, 20_000)
})

test('a server that is away refuses connections, and has forgotten nothing when it comes back', async () => {
  await client.link(fake, number)
  await fake.goAway()
  await client.events.next('close', ({ code }) => code === 428)
  client.connect()
  await client.events.next('close', ({ code }) => code === 408)
  await fake.comeBack()
  await client.open()
})

test('a slow server is slow, and in order', async () => {
  await client.link(fake, number)
  await client.end()
  fake.plantFault({ kind: 'slow', number, delayMs: 50 })
  const begun = performance.now()
  await client.open()
  expect(performance.now() - begun).toBeGreaterThan(200)
})

test('a companion is told that its account is restricted, and may ask', async () => {
  await client.link(fake, number)
  const update = new Promise((resolve) => {
    client.socket.ev.on('connection.update', ({ reachoutTimeLock }) => resolve(reachoutTimeLock))
  })
  const until = Math.floor(Date.now() / 1000) + 3600
  fake.phoneOf(number).restrict(until)
  const expected = { isActive: true, timeEnforcementEnds: new Date(until * 1000) }
  expect(await update).toMatchObject(expected)
  expect(await client.socket.fetchAccountReachoutTimelock()).toMatchObject(expected)
})

test('a fault of one number leaves the others alone', async () => {
  const other = new WhatsAppClient(fake.url)
  await other.link(fake, '989120000009')
  await client.link(fake, number)
  await client.end()
  await other.end()
  fake.plantFault({ kind: 'failure', number, code: 403, times: 2 })
  await other.open()
  for (const _ of [1, 2]) {
    client.connect()
    await client.events.next('close', ({ code }) => code === 403)
  }
  await client.open()
  await other.end()
})
