/**
 * The points of the protocol of design section 5 that no other test turns on: each of these goes red when its guard is
 * taken out. docs/ARCHITECTURE.md says where the tests of the other points are.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { type ClientRequest, request } from 'node:http'
import type { Duplex } from 'node:stream'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { lifelinePath, lifelineProtocol } from '../../domain/worker-contract.ts'
import { signWorkerToken } from '../../domain/worker-token.ts'
import { ProcessWatch } from '../../orchestrator/process-watch.ts'
import { livenessOf, signalProcess } from '../../runtime/process-identity.ts'
import { editInstance } from '../../services/edit-instance.ts'
import { listInstanceEvents } from '../../services/list-instance-events.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { freeze, kill, processOf, thaw } from '../support/faults.ts'
import { ownerActor, Rig } from '../support/rig.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'

let db: TestDatabase
let rig: Rig
let proxy: TcpProxy
let proxied: string
beforeEach(async () => {
  db = await createTestDatabase()
  rig = new Rig(db)
  ;({ proxy, url: proxied } = await TcpProxy.toDatabase(db.url))
})
afterEach(async () => {
  proxy.heal()
  await rig.stop()
  await proxy.stop()
  await db.drop()
})

const namedEpochs = (id: string) =>
  rig
    .workerLines(id)
    .filter(({ msg }) => msg === 'named')
    .map(({ epoch }) => epoch)

/** A call as the worker of this instance makes it, or one that has an older epoch or another nonce. */
async function callAs(
  id: string,
  path: string,
  headers: Record<string, string>,
  given: { body?: unknown; epoch?: number; nonce?: string } = {},
): Promise<{ sent: ClientRequest }> {
  const { rows } = await db.database.query<{ epoch: number; nonce: string }>(
    'select epoch, nonce from instance_lease where instance_id = $1',
    [id],
  )
  const claim = { instanceId: id, epoch: rows[0]?.epoch ?? 0, nonce: rows[0]?.nonce ?? '', ...given }
  const sent = request({
    socketPath: `${rig.home}/sockets/gw-alpha.sock`,
    agent: false,
    path,
    method: 'POST',
    headers: { ...headers, authorization: `Bearer ${signWorkerToken(rig.keyring, claim)}` },
  })
  sent.on('error', () => {})
  sent.end(given.body === undefined ? undefined : JSON.stringify(given.body))
  return { sent }
}

async function openLifeline(id: string, given: { epoch?: number; nonce?: string } = {}): Promise<Duplex> {
  const { sent } = await callAs(id, lifelinePath, { connection: 'Upgrade', upgrade: lifelineProtocol }, given)
  const [, socket] = (await once(sent, 'upgrade')) as [unknown, Duplex]
  return socket
}

/** What the supervisor answers to a heartbeat of this test's own process. */
async function answerTo(id: string, given: { epoch?: number; nonce?: string } = {}): Promise<unknown> {
  const socket = await openLifeline(id, given)
  const words = { phase: 'running', pid: process.pid, lastPollAgeMs: 0, pollPendingMs: null, handled: 0, trouble: null }
  socket.write(`${JSON.stringify(words)}\n`)
  const [line] = (await once(socket, 'data')) as [Buffer]
  socket.destroy()
  return JSON.parse(line.toString())
}

const refusedAs = (code: string): unknown => expect.objectContaining({ refused: expect.objectContaining({ code }) })

test('point 2: while the database is away nothing is started, and a worker that crashes stays down until the lease is proven', async () => {
  const id = await rig.approvedBot()
  const supervisor = await rig.startApart({ url: proxied, settings: { LEASE_TTL_SECONDS: '8' } })
  const before = await rig.until(id, 'running')
  // Refused and not swallowed: the first renewal without an answer is noticed with most of the lease left.
  proxy.cut()
  await vi.waitFor(() => expect(supervisor.log).toContain('nothing is started until the database answers'), {
    timeout: 20_000,
  })
  await kill(processOf(before.pid))
  const unseen = await rig.approvedBot()
  await vi.waitFor(() => expect(supervisor.log).toContain('killed by SIGKILL'), { timeout: 20_000 })
  expect((await rig.show(unseen)).epoch).toBe(0)
  expect((await rig.show(id)).epoch).toBe(1)
  expect(namedEpochs(id)).toEqual([1])
  proxy.heal()
  await rig.until(id, 'running', ({ epoch, restarts }) => epoch === 2 && restarts === 1)
  await rig.until(unseen, 'running')
})

test('point 3: a claim whose commit had no answer names no process; the next one gets a new epoch', async () => {
  await rig.startApart({ url: proxied })
  proxy.breakAfter('commit')
  const id = await rig.approvedBot()
  const view = await rig.until(id, 'running', ({ epoch }) => epoch === 2)
  expect(view.pid).not.toBeNull()
  expect(namedEpochs(id)).toEqual([2])
  // The process of that claim was ended at once; one that went on would have had to be waited out as a worker that is hung.
  const events = await listInstanceEvents(db.database, ownerActor, { id, limit: 100 })
  expect(events.map(({ kind }) => kind)).not.toContain('worker_hung')
})

test('point 3: a supervisor that dies between commit and identity leaves a nameless process, which ends', async () => {
  const id = await rig.approvedBot()
  const first = await rig.startApart({ diesBeforeIdentity: true })
  await first.ended
  const { rows } = await db.database.query('select epoch, phase from instance_lease where instance_id = $1', [id])
  expect(rows).toEqual([{ epoch: 1, phase: 'held' }])
  await rig.startApart()
  await rig.until(id, 'running', ({ epoch }) => epoch === 2)
  expect(namedEpochs(id)).toEqual([2])
})

test('point 5: a gateway that stands still inside a fenced transaction does not hold up a take-over', async () => {
  const id = await rig.approvedBot()
  await db.database.transaction((tx) => editInstance(tx, ownerActor, { id, placement: 'floating' }))
  const alpha = await rig.startApart()
  await rig.start({ server: 'beta' })
  await rig.until(id, 'running')
  const person = { platformUserId: '7', chatId: '7', username: null, displayName: 'Ann', languageHint: null }
  await db.database.transaction(async (tx) => {
    await tx.query('lock table customer in access exclusive mode')
    await callAs(id, '/v1/arrive', {}, { body: { updateKey: 'tg:1', nonce: null, answerMark: null, person } })
    // The call has passed its fence and waits for the table; then its process stands still, and the table is free again.
    await vi.waitFor(
      async () => {
        const { rowCount } = await db.database.query(
          `select 1 from pg_stat_activity where application_name = 'botfleet serve alpha' and wait_event_type = 'Lock'
             and datname = current_database()`,
        )
        expect(rowCount).toBe(1)
      },
      { timeout: 20_000, interval: 20 },
    )
    alpha.signal('SIGSTOP')
  })
  const after = await rig.until(id, 'running', (view) => view.server_name === 'beta')
  expect(after.epoch).toBe(2)
  alpha.signal('SIGCONT')
  await vi.waitFor(() => expect(alpha.log).toContain('lease gone'), { timeout: 20_000 })
  const { rowCount } = await db.database.query(`select 1 from handled_update where key = 'tg:1'`)
  expect(rowCount).toBe(0)
})

test('point 6: a token is not enough: what speaks with it from another process is not adopted', async () => {
  const id = await rig.approvedBot()
  const first = await rig.startApart()
  const worker = processOf((await rig.until(id, 'running')).pid)
  await first.kill()
  // The worker itself says nothing more; somebody else has its token.
  freeze(worker)
  await rig.startApart()
  for (let time = 0; time < 4; time += 1) expect(await answerTo(id)).toEqual(refusedAs('unavailable'))
  expect(await answerTo(id, { epoch: 0 })).toEqual(refusedAs('fenced'))
  expect(await answerTo(id, { nonce: 'another' })).toEqual(refusedAs('fenced'))
  const { rows } = await db.database.query<{ phase: string }>('select phase from instance_lease')
  expect(rows).toEqual([{ phase: 'adopting' }])
})

test('point 6: an older epoch or another nonce is granted nothing', async () => {
  const id = await rig.approvedBot()
  await rig.startApart()
  await rig.until(id, 'running')
  expect(await answerTo(id, { epoch: 0 })).toEqual(refusedAs('fenced'))
  expect(await answerTo(id, { nonce: 'another' })).toEqual(refusedAs('fenced'))
})

test('point 7: a name is not freed while a worker of it may live', async () => {
  const id = await rig.approvedBot()
  const first = await rig.startApart()
  const before = await rig.until(id, 'running')
  await first.kill()
  await db.database.query(
    `update instance_lease set process = regexp_replace(process, '/[0-9]+/', '/1/') where instance_id = $1`,
    [id],
  )
  const second = await rig.startApart()
  await rig.until(id, 'backoff')
  second.signal('SIGTERM')
  await second.ended
  const { rows } = await db.database.query<{ holder: string | null }>(`select holder from server where name = 'alpha'`)
  expect(rows[0]?.holder).not.toBeNull()
  signalProcess(processOf(before.pid), 'SIGKILL')
})

test('point 9: a lifeline that closes is a hint only: a worker that lives is not replaced', async () => {
  // The worker lives until the second supervisor has started, on a busy machine, too.
  const settings = { LEASE_TTL_SECONDS: '8' }
  const id = await rig.approvedBot()
  const first = await rig.startApart({ settings })
  const before = await rig.until(id, 'running')
  await first.kill()
  await rig.startApart({ settings })
  await vi.waitFor(
    async () => {
      const { rows } = await db.database.query('select phase, server_epoch from instance_lease')
      expect(rows).toEqual([{ phase: 'held', server_epoch: 2 }])
    },
    { timeout: 20_000 },
  )
  for (let time = 0; time < 3; time += 1) {
    const socket = await openLifeline(id)
    socket.destroy()
  }
  const beats = rig.workerLines(id).length
  await vi.waitFor(() => expect(rig.workerLines(id).length).toBeGreaterThan(beats + 2), { timeout: 20_000 })
  expect(await rig.show(id)).toMatchObject({ pid: before.pid, epoch: 1, restarts: 0 })
})

test('point 9: a supervisor that itself stood still judges nobody by that time', async () => {
  const settings = { LEASE_TTL_SECONDS: '10' }
  const id = await rig.approvedBot()
  const supervisor = await rig.startApart({ settings })
  const before = await rig.until(id, 'running')
  const beatOf = async () =>
    (await db.database.query<{ beat: number }>(`select beat from server where name = 'alpha'`)).rows[0]?.beat ?? 0
  const beat = await beatOf()
  await vi.waitFor(async () => expect(await beatOf()).toBeGreaterThan(beat), { timeout: 20_000, interval: 10 })
  // A grant of the renewed lease lasts longer than the stall, which is longer than three missed heartbeats.
  const granted = rig.workerLines(id).length
  await vi.waitFor(() => expect(rig.workerLines(id).length).toBeGreaterThan(granted), { timeout: 20_000 })
  freeze(processOf(supervisor.pid))
  await new Promise((resolve) => setTimeout(resolve, 6100))
  thaw(processOf(supervisor.pid))
  const lines = rig.workerLines(id).length
  await vi.waitFor(() => expect(rig.workerLines(id).length).toBeGreaterThan(lines + 1), { timeout: 20_000 })
  expect(await rig.show(id)).toMatchObject({ pid: before.pid, epoch: 1, restarts: 0 })
})

test('point 9: a hint is enough to see at once that an adopted worker is gone', async () => {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' })
  const identity = processOf(child.pid)
  const watch = new ProcessWatch(identity, 3_600_000)
  // Its first look finds the process alive; the next one by itself is an hour away.
  await new Promise((resolve) => setTimeout(resolve, 50))
  await kill(identity)
  watch.hint()
  await watch.gone
  expect(livenessOf(identity)).toBe('dead')
})

const canUnshare = spawnSync('unshare', ['--pid', '--fork', '--mount-proc', 'true']).status === 0

test.runIf(canUnshare)(
  'points 1 and 6: what lives in another pid namespace is neither proven dead nor doubled',
  async () => {
    const id = await rig.approvedBot()
    // As in a container: an init that lives on, the supervisor, and its worker in a pid namespace of their own.
    const wrap = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc', 'sh', '-c']
    // Its lease outlasts the start of the second, also on a slow machine.
    const inside = await rig.startApart({
      wrap: [...wrap, 'exec 3<&0; "$@" <&3 & wait; sleep 120', 'sh'],
      settings: { LEASE_TTL_SECONDS: '8', GRACE_SECONDS: '2' },
    })
    const before = await rig.until(id, 'running')
    inside.die()
    const second = await rig.startApart()
    expect(second.words[0]?.word).toBe('refused')
    // Its lease has to lapse and its beat to stand still: then the worker can run no more.
    const third = await vi.waitFor(
      async () => {
        const tried = await rig.startApart()
        expect(tried.words[0]?.word).toBe('started')
        return tried
      },
      { timeout: 40_000, interval: 200 },
    )
    const after = await rig.until(id, 'running', ({ epoch }) => epoch === 2)
    expect(third.log).toContain('watching it for one lease')
    // The first worker had let go of its port: it had ended.
    expect(after.port).toBe(before.port)
    // Its wrapper would not hand the signal of the rig's end on.
    await inside.kill()
  },
)
