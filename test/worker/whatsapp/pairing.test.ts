/** Linking a device: what is asked of the server, what is told, and what is kept. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FakeWhatsApp, startFakeWhatsApp } from '../../../sandbox/whatsapp/start-fake-whatsapp.ts'
import { WorkerExit } from '../../../worker/worker-exit.ts'
import { ConnectedDevice } from '../../support/connected-device.ts'

let fake: FakeWhatsApp
const devices: ConnectedDevice[] = []
const number = '989121234567'

beforeEach(async () => {
  fake = await startFakeWhatsApp()
})
afterEach(async () => {
  for (const made of devices.splice(0)) await made.stop()
  await fake.stop()
})

function asking(given: Partial<ConstructorParameters<typeof ConnectedDevice>[1]> = {}, only = false): ConnectedDevice {
  const pairing = { method: 'code', number: 7, forMs: 60_000, only } as const
  const made = new ConnectedDevice(fake, { number, pairing, ...given })
  devices.push(made)
  return made.start()
}

const steps = (made: ConnectedDevice) => made.session.news.map(({ step }) => step)
async function endOf(made: ConnectedDevice): Promise<WorkerExit> {
  const { error } = await made.events.next('ended')
  expect(error).toBeInstanceOf(WorkerExit)
  return error as WorkerExit
}

test('a code is told once the server has accepted it, and the phone that gets it links the device', async () => {
  const made = asking()
  const { code, forMs, ageMs } = await made.told('code')
  expect(fake.events.count('code_requested')).toBe(1)
  expect(code).toMatch(/^[0-9A-Z]{8}$/)
  expect(forMs).toBeLessThanOrEqual(60_000)
  expect(ageMs).toBeLessThan(5000)
  expect(made.session.creds).toBeNull()
  expect(await fake.phoneOf(number).enterCode(code)).toBe('linked')
  await made.events.next('open')
  expect(steps(made)).toEqual(['asked', 'code', 'linked'])
  expect(made.session.linked).toBe(true)
  const phases = made.events.all.flatMap((event) => (event.kind === 'health' ? [event.health.phase] : []))
  expect(phases.filter((phase) => phase !== undefined)).toEqual(['pairing', 'running'])
})

test('a wrong code links nothing, and the right one still does', async () => {
  const made = asking()
  const { code } = await made.told('code')
  expect(await fake.phoneOf(number).enterCode('ABCD1234')).toBe('wrong_code')
  expect(made.session.creds).toBeNull()
  expect(await fake.phoneOf(number).enterCode(code)).toBe('linked')
  await made.told('linked')
})

test.for([
  [429, /too often/],
  [400, /no number/],
] as const)('a request that is refused with %i is told as refused, with no code', async ([code, words]) => {
  fake.plantFault({ kind: 'refuse_code', code })
  const made = asking()
  const exit = await endOf(made)
  expect(exit.reason).toBe('logged_out')
  expect(made.session.news).toEqual([
    { step: 'asked' },
    { step: 'refused', code, reason: expect.stringMatching(words) },
  ])
  expect(made.session.count('waStore')).toBe(0)
  expect(fake.events.count('registered')).toBe(1)
})

test('a code that nobody enters ends with its connection, and no other is asked for', async () => {
  const made = asking({ qrLifeMs: 60 })
  await made.told('code')
  const exit = await endOf(made)
  expect(exit).toMatchObject({ reason: 'logged_out', message: 'nobody entered the code in time' })
  expect(steps(made)).toEqual(['asked', 'code', 'expired'])
  expect(fake.events.count('code_requested')).toBe(1)
})

test('a request that lasts no longer ends, whatever the server still shows', async () => {
  const made = asking({ pairing: { method: 'qr', number: 7, forMs: 3000, only: false } })
  await made.told('qr')
  expect((await endOf(made)).reason).toBe('logged_out')
  expect(steps(made)).toEqual(['qr', 'expired'])
})

test('a connection that breaks takes its code with it', async () => {
  const made = asking()
  await made.told('code')
  await dropEverything()
  expect((await endOf(made)).message).toMatch(/connection that the code belonged to/)
  expect(fake.connections).toEqual([])
})

async function dropEverything(): Promise<void> {
  const { url } = fake
  await fake.stop()
  fake = await startFakeWhatsApp({ port: Number(new URL(url).port) })
}

test('before a code was asked for, the connection is tried again', async () => {
  fake.plantFault({ kind: 'drop_upgraded', times: 2 })
  const made = new ConnectedDevice(fake, { number, pairing: { method: 'code', number: 7, forMs: 60_000, only: false } })
  devices.push(made)
  made.hurries = true
  const started = made.start()
  await fake.events.next('code_requested')
  expect(fake.connections.length).toBe(3)
  expect(steps(started)).toContain('asked')
})

test('a QR code is told anew whenever it changes, and links the device that shows it', async () => {
  const made = asking({ pairing: { method: 'qr', number: 7, forMs: 60_000, only: false }, qrLifeMs: 150 })
  await expect.poll(() => steps(made).length).toBeGreaterThan(2)
  const shown = made.session.news.findLast((news) => news.step === 'qr')
  expect(await fake.phoneOf(number).scan(shown?.qr ?? '')).toBe('linked')
  await made.told('linked')
  expect(fake.events.count('code_requested')).toBe(0)
})

test('a device that another phone has linked is unlinked again, and nothing of it stays', async () => {
  const made = asking({ pairing: { method: 'qr', number: 7, forMs: 60_000, only: false } })
  const { qr } = await made.told('qr')
  await fake.phoneOf('4915112345678').scan(qr)
  const exit = await endOf(made)
  expect(exit.reason).toBe('logged_out')
  expect(exit.message).toMatch(/ends in 5678/)
  expect(fake.phoneOf('4915112345678').devices).toEqual([])
  expect(made.session.creds).toBeNull()
  expect(made.session.keys.size).toBe(0)
  expect(steps(made)).toEqual(['qr', 'refused'])
})

test('a worker that died between code and acceptance leaves nothing: the next begins with a device of its own', async () => {
  const first = asking()
  const { code } = await first.told('code')
  await first.stop()
  const second = asking({ session: first.session })
  await expect.poll(() => steps(second)).toEqual(['asked', 'code', 'asked', 'code'])
  expect(await fake.phoneOf(number).enterCode(code)).not.toBe('linked')
  const { code: other } = second.session.news.at(-1) as { code: string }
  expect(other).not.toBe(code)
  expect(await fake.phoneOf(number).enterCode(other)).toBe('linked')
  await second.told('linked')
  expect(fake.events.count('login_refused')).toBe(0)
})

test('a phone is told that it has linked the device once the login is kept, so that no dead device stays on its list', async () => {
  const made = asking()
  const { code } = await made.told('code')
  const storing = Promise.withResolvers<void>()
  const gate = Promise.withResolvers<void>()
  made.session.before = async (name) => {
    if (name !== 'waStore') return
    storing.resolve()
    await gate.promise
  }
  const entered = fake.phoneOf(number).enterCode(code)
  await storing.promise
  const waited = await Promise.race([entered, new Promise((resolve) => setTimeout(resolve, 500, 'not yet'))])
  expect(waited).toBe('not yet')
  expect(fake.phoneOf(number).devices).toEqual([])
  gate.resolve()
  expect(await entered).toBe('linked')
  await made.events.next('open')
})

test('a login that was kept for a phone that never heard of it begins anew, within the same request', async () => {
  const first = await ConnectedDevice.link(fake, number)
  await first.stop()
  fake.phoneOf(number).unlink()
  const second = asking({ session: first.session })
  await fake.events.next('login_refused')
  await expect.poll(() => steps(second)).toEqual(['qr', 'linked', 'asked', 'code'])
  const { code } = second.session.news.at(-1) as { code: string }
  expect(await fake.phoneOf(number).enterCode(code)).toBe('linked')
  await second.events.next('open')
  expect(second.session.count('waForget')).toBe(1)
})

test('half-linked credentials, as an earlier version may have kept them, are taken for none', async () => {
  const first = asking()
  await first.told('code')
  await first.stop()
  const linked = await ConnectedDevice.link(fake, '4915112345678')
  const text = linked.session.creds ?? ''
  await linked.stop()
  const half = JSON.parse(text) as { account?: unknown; me: { id: string } }
  delete half.account
  half.me.id = '989121234567@s.whatsapp.net'
  first.session.creds = JSON.stringify(half)
  const second = asking({ session: first.session })
  await expect.poll(() => steps(second).filter((step) => step === 'code').length).toBe(2)
  expect(fake.events.count('login_refused')).toBe(0)
})

test('without a request a device that is not linked connects to nobody', async () => {
  const made = asking({ pairing: null })
  expect((await endOf(made)).reason).toBe('logged_out')
  expect(fake.connections).toEqual([])
})

test('a worker that only pairs closes when it is linked, and waits for its drain', async () => {
  const made = asking({}, true)
  const { code } = await made.told('code')
  await fake.phoneOf(number).enterCode(code)
  await made.told('linked')
  await expect.poll(() => fake.phoneOf(number).connected).toEqual([])
  expect(made.events.count('open')).toBe(0)
  expect(made.events.count('ended')).toBe(0)
  expect(fake.phoneOf(number).devices).toEqual([1])
  await made.stop()
  expect((await made.events.next('ended')).error).toBeUndefined()
})

test('a worker that only pairs waits for its drain after a refusal, too', async () => {
  fake.plantFault({ kind: 'refuse_code', code: 429 })
  const made = asking({}, true)
  await made.told('refused')
  await expect.poll(() => fake.connections.every(({ closedAtMs }) => closedAtMs !== undefined)).toBe(true)
  expect(made.events.count('ended')).toBe(0)
  await made.stop()
  expect((await made.events.next('ended')).error).toBeUndefined()
})

test('a request that somebody else has closed asks for no code', async () => {
  const made = new ConnectedDevice(fake, { number, pairing: { method: 'code', number: 7, forMs: 60_000, only: false } })
  devices.push(made)
  made.session.pairingIsClosed = true
  made.start()
  expect((await endOf(made)).message).toMatch(/cancelled or replaced/)
  expect(fake.events.count('code_requested')).toBe(0)
})

test('a drain for a deleted bot unlinks the device, any other leaves it linked', async () => {
  const made = await ConnectedDevice.link(fake, number)
  await made.stop()
  expect(fake.phoneOf(number).devices).toEqual([1])
  const again = new ConnectedDevice(fake, { number, session: made.session }).start()
  await again.events.next('open')
  await again.stop('unlink')
  expect(fake.phoneOf(number).devices).toEqual([])
  expect(fake.events.all.some((event) => event.kind === 'unlinked' && event.by === 'companion')).toBe(true)
})

test('a drain for a deleted bot that has no connection waits for one, and unlinks the device', async () => {
  const made = await ConnectedDevice.link(fake, number)
  devices.push(made)
  await fake.goAway()
  await made.events.next('health', ({ health }) => /connecting again/.test(health.trouble ?? ''))
  const stopped = made.stop('unlink')
  await fake.comeBack()
  await stopped
  expect(fake.phoneOf(number).devices).toEqual([])
  expect((await made.events.next('ended')).error).toBeUndefined()
})

test('a drain for a deleted bot that has only been linked connects once more, and unlinks the device', async () => {
  const made = asking({}, true)
  const { code } = await made.told('code')
  await fake.phoneOf(number).enterCode(code)
  await made.told('linked')
  await expect.poll(() => fake.phoneOf(number).connected).toEqual([])
  await made.stop('unlink')
  expect(fake.phoneOf(number).devices).toEqual([])
})

test('a drain for a deleted bot that was never linked waits for nothing', async () => {
  const made = asking()
  await made.told('code')
  await made.stop('unlink')
  expect((await made.events.next('ended')).error).toBeUndefined()
})
