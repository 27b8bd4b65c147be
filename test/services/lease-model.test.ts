/**
 * The lease as a model: two supervisors of one name, on one host or on two, that crash, stall, renew, take and start
 * workers while the database's clock jumps. Time passes by shifting the database's stored times, so a run takes no
 * real time. Invariants: never two workers of one instance that may receive, and a stale epoch writes nothing.
 */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { claimInstance } from '../../services/claim-instance.ts'
import { fence } from '../../services/fence.ts'
import { freeServerName } from '../../services/free-server-name.ts'
import { readServerPlan } from '../../services/read-server-plan.ts'
import { releaseInstance } from '../../services/release-instance.ts'
import { renewServerLease } from '../../services/renew-server-lease.ts'
import { takeServerName } from '../../services/take-server-name.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

const server = 'alpha'
const instanceId = 'bot-1'
const ttlMs = 10_000
const marginMs = 1500

let test_: TestDatabase
beforeAll(async () => {
  test_ = await createTestDatabase()
})
afterAll(() => test_.drop())

interface SimulatedWorker {
  readonly epoch: number
  readonly nonce: string
  readonly host: number
  deadlineMs: number
  ended: boolean
}

interface SimulatedSupervisor {
  readonly holder: string
  readonly host: number
  alive: boolean
  stalled: boolean
  /** `jumpedMs`: the world's, when the lease was written. */
  term: { serverEpoch: number; heldUntilMs: number; jumpedMs: number } | undefined
  watched: { beat: number; sinceMs: number } | undefined
}

class World {
  nowMs = 0
  /** How far the database's clock has jumped in all. */
  jumpedMs = 0
  generation = 0
  readonly workers: SimulatedWorker[] = []
  readonly supervisors: SimulatedSupervisor[] = []

  constructor(hosts: readonly [number, number]) {
    for (const host of hosts) this.supervisors.push(this.fresh(host))
  }

  fresh(host: number): SimulatedSupervisor {
    this.generation += 1
    return {
      holder: `h${host}/${this.generation}`,
      host,
      alive: true,
      stalled: false,
      term: undefined,
      watched: undefined,
    }
  }

  running(): SimulatedWorker[] {
    return this.workers.filter((worker) => !worker.ended && this.nowMs < worker.deadlineMs)
  }
}

/** The database's clock moves on by `ms` against everything it has stored. */
async function shiftStoredTimes(ms: number): Promise<void> {
  const shift = `- $1 * interval '1 millisecond'`
  await test_.database.query(`update server set lease_until = lease_until ${shift}`, [ms])
  await test_.database.query(`update instance_lease set may_run_until = may_run_until ${shift}`, [ms])
}

abstract class Step implements fc.AsyncCommand<object, World> {
  readonly index: number
  constructor(index: number) {
    this.index = index
  }
  check(): boolean {
    return true
  }
  async run(_model: object, world: World): Promise<void> {
    const supervisor = world.supervisors[this.index]
    if (supervisor === undefined) return
    if (supervisor.alive && !supervisor.stalled) await this.act(world, supervisor)
    expect(world.running().length, 'workers that may receive').toBeLessThanOrEqual(1)
    await this.#checkFence(world)
  }
  abstract act(world: World, supervisor: SimulatedSupervisor): Promise<void>
  toString(): string {
    return `${this.constructor.name}(${this.index})`
  }

  async #checkFence(world: World): Promise<void> {
    const newest = Math.max(0, ...world.workers.map((worker) => worker.epoch))
    for (const worker of world.workers.slice(-4)) {
      if (worker.epoch === newest) continue
      const passed = await test_.database.transaction((tx) => fence(tx, { instanceId, ...worker }))
      expect(passed, `epoch ${worker.epoch} is stale`).toBeUndefined()
    }
  }
}

class Take extends Step {
  async act(world: World, supervisor: SimulatedSupervisor): Promise<void> {
    if (supervisor.term !== undefined) return
    const stood = supervisor.watched !== undefined && world.nowMs - supervisor.watched.sinceMs > ttlMs + marginMs
    const verdict = await test_.database.transaction((tx) =>
      takeServerName(tx, {
        server,
        holder: supervisor.holder,
        ttlMs,
        capacity: 10,
        url: null,
        version: 'test',
        stillBeat: stood && supervisor.watched !== undefined ? supervisor.watched.beat : null,
        isProvablyDead: (holder) => {
          const other = world.supervisors.find((candidate) => candidate.holder === holder)
          return holder.startsWith(`h${supervisor.host}/`) && (other === undefined || !other.alive)
        },
      }),
    )
    if (verdict.kind === 'taken') {
      supervisor.term = { serverEpoch: verdict.serverEpoch, heldUntilMs: world.nowMs + ttlMs, jumpedMs: world.jumpedMs }
      supervisor.watched = undefined
    }
    if (verdict.kind === 'watch_beat' && supervisor.watched?.beat !== verdict.beat) {
      supervisor.watched = { beat: verdict.beat, sinceMs: world.nowMs }
    }
  }
}

class Renew extends Step {
  async act(world: World, supervisor: SimulatedSupervisor): Promise<void> {
    if (supervisor.term === undefined) return
    if (world.nowMs >= supervisor.term.heldUntilMs) return endTerm(world, supervisor)
    const { serverEpoch, jumpedMs } = supervisor.term
    const expectedClockMs = Date.now() - (world.jumpedMs - jumpedMs)
    const verdict = await renewServerLease(test_.database, { server, serverEpoch, ttlMs, expectedClockMs })
    if (verdict.kind === 'lost') return endTerm(world, supervisor)
    supervisor.term = { serverEpoch, heldUntilMs: world.nowMs + ttlMs, jumpedMs: world.jumpedMs }
    for (const worker of world.running()) {
      // A heartbeat: only the supervisor of the worker's own term knows it.
      if (worker.host === supervisor.host && worker === world.workers.at(-1))
        worker.deadlineMs = supervisor.term.heldUntilMs
    }
  }
}

function endTerm(world: World, supervisor: SimulatedSupervisor): void {
  for (const worker of world.workers) if (worker.host === supervisor.host) worker.ended = true
  supervisor.term = undefined
}

class Start extends Step {
  async act(world: World, supervisor: SimulatedSupervisor): Promise<void> {
    const { term } = supervisor
    if (term === undefined || world.nowMs >= term.heldUntilMs) return
    const [planned] = (await readServerPlan(test_.database, server)).instances
    if (planned !== undefined && planned.lease.phase === 'adopting') {
      const worker = world.workers.at(-1)
      const verifiable = worker?.host === supervisor.host
      // A worker on this host is ended and waited for; another is waited out.
      if (verifiable && worker !== undefined) worker.ended = true
      else if ((planned.lease.mayRunForMs ?? 0) > 0) return
      await releaseInstance(test_.database, {
        instanceId,
        epoch: planned.lease.epoch,
        server,
        serverEpoch: term.serverEpoch,
      })
    }
    const claim = await test_.database.transaction((tx) =>
      claimInstance(tx, { instanceId, server, serverEpoch: term.serverEpoch, process: supervisor.holder, port: 4001 }),
    )
    if (claim === undefined) return
    world.workers.push({ ...claim, host: supervisor.host, deadlineMs: term.heldUntilMs, ended: false })
  }
}

class Crash extends Step {
  async act(world: World, supervisor: SimulatedSupervisor): Promise<void> {
    supervisor.alive = false
    world.supervisors[this.index] = world.fresh(supervisor.host)
  }
}

class Leave extends Step {
  async act(world: World, supervisor: SimulatedSupervisor): Promise<void> {
    const { term } = supervisor
    if (term === undefined) return
    const own = world.workers.at(-1)
    if (own !== undefined && own.host === supervisor.host && !own.ended) {
      own.ended = true
      await releaseInstance(test_.database, { instanceId, epoch: own.epoch, server, serverEpoch: term.serverEpoch })
    }
    await freeServerName(test_.database, { server, serverEpoch: term.serverEpoch })
    supervisor.term = undefined
  }
}

class Stall extends Step {
  override async run(model: object, world: World): Promise<void> {
    const supervisor = world.supervisors[this.index]
    if (supervisor !== undefined) supervisor.stalled = !supervisor.stalled
    await super.run(model, world)
  }
  async act(): Promise<void> {}
}

class Pass extends Step {
  readonly ms: number
  constructor(ms: number) {
    super(0)
    this.ms = ms
  }
  override async run(model: object, world: World): Promise<void> {
    world.nowMs += this.ms
    await shiftStoredTimes(this.ms)
    await super.run(model, world)
  }
  async act(): Promise<void> {}
  override toString(): string {
    return `Pass(${this.ms})`
  }
}

class ClockJump extends Pass {
  override async run(model: object, world: World): Promise<void> {
    world.jumpedMs += this.ms
    await shiftStoredTimes(this.ms)
    await Step.prototype.run.call(this, model, world)
  }
  override toString(): string {
    return `ClockJump(${this.ms})`
  }
}

async function reset(): Promise<void> {
  await test_.database.query('alter table instance_lease disable trigger instance_lease_never_deleted')
  for (const table of ['instance_event', 'instance_lease', 'instance', 'server']) {
    await test_.database.query(`delete from ${table}`)
  }
  await test_.database.query('alter table instance_lease enable trigger instance_lease_never_deleted')
  await test_.database.query(`insert into server (name) values ($1)`, [server])
  await test_.database.query(
    `insert into instance (id, tenant_id, platform, name, server_name, created_by, status, desired, approved_at, expires_at)
     values ($1, 'master', 'telegram', 'Bot', $2, 'test', 'approved', 'running', now(), now() + interval '30 days')`,
    [instanceId, server],
  )
}

const which = fc.nat(1)
const commands = fc.commands<object, World, false>(
  [
    which.map((index) => new Take(index)),
    which.map((index) => new Take(index)),
    which.map((index) => new Renew(index)),
    which.map((index) => new Start(index)),
    which.map((index) => new Start(index)),
    which.map((index) => new Crash(index)),
    which.map((index) => new Stall(index)),
    which.map((index) => new Leave(index)),
    fc.constantFrom(500, 3000, 6000, 12_000).map((ms) => new Pass(ms)),
    fc.constantFrom(-3_600_000, 3_600_000, 20_000).map((ms) => new ClockJump(ms)),
  ],
  { maxCommands: 60, size: 'max' },
)

test.for([
  ['one host', [0, 0]],
  ['two hosts', [0, 1]],
] as const)(
  'an instance never has two workers that may receive, with supervisors on %s',
  { timeout: 300_000 },
  async ([, hosts]) => {
    await fc.assert(
      fc.asyncProperty(commands, async (steps) => {
        await reset()
        await fc.asyncModelRun(async () => ({ model: {}, real: new World(hosts) }), steps)
      }),
      { numRuns: 200 },
    )
  },
)

test('the same server that comes back is fenced by its epoch, not by its name', async () => {
  await reset()
  const take = (holder: string, isDead: boolean) =>
    test_.database.transaction((tx) =>
      takeServerName(tx, {
        server,
        holder,
        ttlMs,
        capacity: 1,
        url: null,
        version: 't',
        stillBeat: null,
        isProvablyDead: () => isDead,
      }),
    )
  const first = await take('h0/1', false)
  const second = await take('h0/2', true)
  if (first.kind !== 'taken' || second.kind !== 'taken') throw new Error('both should take')
  expect(second.serverEpoch).toBe(first.serverEpoch + 1)
  expect(await renewServerLease(test_.database, { server, serverEpoch: first.serverEpoch, ttlMs })).toEqual({
    kind: 'lost',
  })
  const late = await test_.database.transaction((tx) =>
    claimInstance(tx, { instanceId, server, serverEpoch: first.serverEpoch, process: 'p', port: 4001 }),
  )
  expect(late).toBeUndefined()
  expect(await freeServerName(test_.database, { server, serverEpoch: first.serverEpoch })).toBe(false)
})

test('a lease that lapsed is not renewed, even by the holder itself', async () => {
  await reset()
  const taken = await test_.database.transaction((tx) =>
    takeServerName(tx, {
      server,
      holder: 'h0/1',
      ttlMs,
      capacity: 1,
      url: null,
      version: 't',
      stillBeat: null,
      isProvablyDead: () => false,
    }),
  )
  if (taken.kind !== 'taken') throw new Error('should take')
  await shiftStoredTimes(ttlMs + 1)
  expect(await renewServerLease(test_.database, { server, serverEpoch: taken.serverEpoch, ttlMs })).toEqual({
    kind: 'lost',
  })
})

test('a lease is not lost to a jump of the database alone, but to time that has passed', async () => {
  await reset()
  const taken = await test_.database.transaction((tx) =>
    takeServerName(tx, {
      server,
      holder: 'h0/1',
      ttlMs,
      capacity: 1,
      url: null,
      version: 't',
      stillBeat: null,
      isProvablyDead: () => false,
    }),
  )
  if (taken.kind !== 'taken') throw new Error('should take')
  const { serverEpoch } = taken
  const renew = (expectedClockMs: number) =>
    renewServerLease(test_.database, { server, serverEpoch, ttlMs, expectedClockMs })
  await shiftStoredTimes(3_600_000)
  expect(await renew(Date.now() - 3_600_000)).toMatchObject({ kind: 'renewed' })
  await shiftStoredTimes(ttlMs + 1)
  expect(await renew(Date.now())).toEqual({ kind: 'lost' })
})
