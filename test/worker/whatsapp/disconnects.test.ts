/** Each way in which a connection ends, against a server that ends it so. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { fullJitterMs } from '../../../domain/backoff.ts'
import { type FakeWhatsApp, startFakeWhatsApp } from '../../../sandbox/whatsapp/start-fake-whatsapp.ts'
import { disconnects, ruleOf } from '../../../worker/whatsapp/disconnects.ts'
import { WorkerExit } from '../../../worker/worker-exit.ts'
import { ConnectedDevice } from '../../support/connected-device.ts'

const number = '989121234567'
const network = { baseMs: 1000, maxMs: 60_000 }
const service = { baseMs: 5000, maxMs: 300_000 }

test.for([
  [401, 'wipe', { kind: 'exit', exit: 'logged_out' }],
  [403, 'keep', { kind: 'exit', exit: 'restricted' }],
  [405, 'keep', { kind: 'exit', exit: 'outdated' }],
  [408, 'keep', { kind: 'backoff', pace: network }],
  [411, 'keep', { kind: 'exit', exit: 'restricted' }],
  [419, 'keep', { kind: 'slowly', everyMs: 3_600_000 }],
  [428, 'keep', { kind: 'backoff', pace: network }],
  [440, 'keep', { kind: 'exit', exit: 'conflict' }],
  [418, 'keep', { kind: 'slowly', everyMs: 3_600_000 }],
  [500, 'keep', { kind: 'backoff', pace: service }],
  [503, 'keep', { kind: 'backoff', pace: service }],
  [515, 'keep', { kind: 'at_once' }],
  [599, 'keep', { kind: 'backoff', pace: service }],
  [null, 'keep', { kind: 'backoff', pace: service }],
] as const)('the end of a connection with %s: the session is to %s', ([code, session, next]) => {
  expect(ruleOf(code)).toMatchObject({ session, next })
})

test('only 401 wipes a session', () => {
  const wiped = Object.entries(disconnects).flatMap(([code, { session }]) => (session === 'wipe' ? [code] : []))
  expect(wiped).toEqual(['401'])
})

test('full jitter lies anywhere below what doubles up to its bound', () => {
  expect([1, 2, 3, 10].map((failures) => fullJitterMs(network, failures, 1))).toEqual([1000, 2000, 4000, 60_000])
  expect(fullJitterMs(network, 5, 0)).toBe(0)
})

describe('a linked device', () => {
  let fake: FakeWhatsApp
  let device: ConnectedDevice

  beforeEach(async () => {
    fake = await startFakeWhatsApp()
    device = await ConnectedDevice.link(fake, number)
    await fake.events.next('caught_up')
    device.pausesMs.length = 0
  })
  afterEach(async () => {
    await device.stop()
    await fake.stop()
  })

  const logins = () => fake.events.count('logged_in')
  const registrations = () => fake.events.count('registered')

  test.for([
    [401, 'logged_out'],
    [403, 'restricted'],
    [405, 'outdated'],
    [411, 'restricted'],
    [440, 'conflict'],
  ] as const)('that gets %s while it is open ends as %s, and is not tried again', async ([code, reason]) => {
    const before = logins()
    if (code === 440) fake.phoneOf(number).endStream()
    else if (code === 401) fake.phoneOf(number).unlink()
    else fake.phoneOf(number).fail(code)
    const { error } = await device.events.next('ended')
    expect(error).toBeInstanceOf(WorkerExit)
    expect((error as WorkerExit).reason).toBe(reason)
    expect(logins()).toBe(before)
    expect(device.session.count('waForget')).toBe(code === 401 ? 1 : 0)
    expect(device.session.creds === null).toBe(code === 401)
    expect(device.session.keys.size > 0).toBe(code !== 401)
    expect(fake.events.all.some((event) => event.kind === 'unlinked' && event.by === 'companion')).toBe(false)
  })

  test.for([408, 428, 500, 503] as const)(
    'that gets %s is open again after a pause, with the login it had',
    async (code) => {
      const before = logins()
      if (code === 428) fake.phoneOf(number).dropConnections()
      else fake.phoneOf(number).endStream(code)
      device.hurries = true
      await device.events.next('open')
      expect(logins()).toBe(before + 1)
      expect(registrations()).toBe(1)
      expect(device.session.count('waForget')).toBe(0)
      const { pace } = ruleOf(code).next as { pace: { baseMs: number } }
      const waits = device.pausesMs.filter((ms) => ms <= pace.baseMs && ms !== 50_000)
      expect(waits).toHaveLength(1)
    },
  )

  test('that gets 500 five times within ten minutes has admins told, and then counts anew', async () => {
    device.hurries = true
    const end = async (code: number) => {
      fake.phoneOf(number).endStream(code)
      await device.events.next('open')
    }
    for (const code of [500, 503, 500, 500, 500]) await end(code)
    expect(device.session.count('unsteady')).toBe(0)
    await end(500)
    const told = () => device.session.calls.flatMap(({ name, body }) => (name === 'unsteady' ? [body] : []))
    expect(told()).toEqual([{ times: 5, withinMs: 600_000 }])
    for (let times = 1; times <= 4; times += 1) await end(500)
    expect(told()).toHaveLength(1)
    device.passes(600_000)
    await end(500)
    expect(told()).toHaveLength(1)
  })

  test('that gets 515 is open again at once, and it counts for nothing', async () => {
    fake.phoneOf(number).endStream(515)
    await device.events.next('open')
    expect(device.pausesMs).toEqual([])
    fake.plantFault({ kind: 'failure', code: 503, times: 1 })
    device.hurries = true
    fake.phoneOf(number).endStream(515)
    await device.events.next('open')
    expect(device.pausesMs).toHaveLength(1)
    expect(device.pausesMs[0]).toBeLessThanOrEqual(5000)
  })

  test('that is refused again and again waits longer each time, and keeps its login', async () => {
    device.hurries = true
    fake.plantFault({ kind: 'failure', code: 503, times: 6 })
    fake.phoneOf(number).dropConnections()
    await device.events.next('open')
    expect(fake.events.all.filter((event) => event.kind === 'login_refused')).toHaveLength(6)
    expect(device.pausesMs).toHaveLength(7)
    for (const [at, ms] of device.pausesMs.entries()) expect(ms).toBeLessThanOrEqual(5000 * 2 ** at)
    expect(fake.mostOfOneDevice()).toBe(1)
  })

  test('that gets another 4xx is tried again in an hour', async () => {
    fake.plantFault({ kind: 'failure', code: 419 })
    device.hurries = true
    fake.phoneOf(number).endStream(515)
    await device.events.next('open')
    expect(device.pausesMs).toContain(3_600_000)
    await device.events.next('health', ({ health }) => /trying again in 60 minutes/.test(health.trouble ?? ''))
  })

  test.for([
    { kind: 'silent_upgrade' },
    { kind: 'silent_handshake' },
    { kind: 'black_hole' },
    { kind: 'http_status', status: 503 },
    { kind: 'drop_upgraded' },
    { kind: 'drop_login' },
  ] as const)('that meets $kind is given up after its limit at the latest, and connects anew', async (fault) => {
    fake.plantFault(fault)
    device.hurries = true
    device.watchMs = 2000
    fake.phoneOf(number).endStream(515)
    await device.events.next('open')
    expect(fake.faultsLeft()).toBe(0)
    expect(device.pausesMs).toHaveLength(1)
    expect(fake.mostOfOneDevice()).toBe(1)
  })

  test('the next connection waits until all is kept that the one before had to keep', async () => {
    const gate = Promise.withResolvers<void>()
    const held = Promise.withResolvers<void>()
    device.session.before = (name) => {
      if (name !== 'waStore') return undefined
      held.resolve()
      return gate.promise
    }
    const before = fake.connections.length
    try {
      await fake.addPerson({ name: 'Sara' }).write(number, 'hello')
      await held.promise
      fake.phoneOf(number).endStream(515)
      await expect.poll(() => fake.phoneOf(number).connected).toEqual([])
      await new Promise((resolve) => setTimeout(resolve, 100))
      expect(fake.connections.length).toBe(before)
    } finally {
      gate.resolve()
    }
    await device.events.next('open')
  })

  test('its trouble is said, and said to be over', async () => {
    fake.plantFault({ kind: 'failure', code: 503 })
    device.hurries = true
    fake.phoneOf(number).endStream(515)
    await device.events.next('health', ({ health }) => /not available/.test(health.trouble ?? ''))
    await device.events.next('health', ({ health }) => health.phase === 'running' && health.trouble === null)
  })

  test('nothing is received, sent or opened past its deadline, and its device stays linked', async () => {
    const sara = fake.addPerson({ name: 'Sara' })
    await sara.write(number, 'in time')
    await device.events.next('message')
    device.endDeadline()
    await sara.write(number, 'too late')
    await expect.poll(() => fake.phoneOf(number).connected).toEqual([])
    const { error } = await device.events.next('ended')
    expect((error as WorkerExit).reason).toBe('lease_lost')
    const upgrades = fake.connections.length
    await expect(
      device.connection.send({ id: 'A1', chat: `${sara.lid}@lid`, content: { kind: 'text', text: 'x' } }),
    ).rejects.toMatchObject({ reason: 'lease_lost' })
    expect(fake.connections.length).toBe(upgrades)
    expect(fake.phoneOf(number).devices).toEqual([1])
    expect(fake.phoneOf(number).connected).toEqual([])
    expect(fake.phoneOf(number).waiting).toBeGreaterThan(0)
    expect(device.events.count('message')).toBe(1)
  })

  test('a connection on which nothing comes is closed at its deadline', async () => {
    await fake
      .phoneOf(number)
      .inbox.next('delivered', undefined, 500)
      .catch(() => {})
    device.endDeadline()
    await device.events.next('ended')
    await expect.poll(() => fake.phoneOf(number).connected).toEqual([])
  })

  test('what was on its way when the connection ended is known to be unknown at once', async () => {
    const sara = fake.addPerson({ name: 'Sara' })
    fake.phoneOf(number).fallSilent()
    const content = { kind: 'text', text: 'x' } as const
    const sent = device.connection.send({ id: 'A1', chat: `${sara.number}@s.whatsapp.net`, content })
    await new Promise((resolve) => setTimeout(resolve, 50))
    device.hurries = true
    fake.phoneOf(number).endStream(503)
    const late = new Promise((resolve) => setTimeout(resolve, 2000, 'late'))
    expect(await Promise.race([sent, late])).toEqual({ kind: 'unknown' })
    expect(await device.connection.send({ id: 'A1', chat: `${sara.number}@s.whatsapp.net`, content })).toEqual({
      kind: 'not_sent',
    })
    await device.events.next('open')
    expect(await device.connection.send({ id: 'A1', chat: `${sara.number}@s.whatsapp.net`, content })).toEqual({
      kind: 'written',
    })
    await sara.inbox.next('message', ({ id }) => id === 'A1')
  })

  test('a hundred connections later it has had one at a time and one login', async () => {
    device.hurries = true
    for (let time = 0; time < 100; time += 1) {
      fake.phoneOf(number).endStream(time % 2 === 0 ? 515 : 503)
      await device.events.next('open')
    }
    expect(fake.mostOfOneDevice()).toBe(1)
    expect(registrations()).toBe(1)
    expect(device.session.count('waForget')).toBe(0)
  }, 60_000)
})
