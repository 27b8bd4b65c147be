import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { Database } from '../../db/database.ts'
import type { Queryable, Tx } from '../../db/transaction.ts'
import { ChangeFeed, type ChangeReader, type JoinedFeed } from '../../panel/api/change-feed.ts'
import type { ToldChange } from '../../panel/api/seen-changes.ts'
import { createLog } from '../../runtime/log.ts'
import { settleRestoredFleet } from '../../services/settle-restored-fleet.ts'
import { operatorOfTheMachine } from '../services/people/people-fixture.ts'
import type { TestDatabase } from '../support/database.ts'
import { PostgresHome } from '../support/postgres-server.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'

/** One of their own: nothing is settled while anybody of a whole Postgres is under way, such as another test. */
const postgres = new PostgresHome()
let test_: TestDatabase
let closers: (() => Promise<void>)[] = []
beforeAll(async () => {
  test_ = await postgres.database()
})
afterAll(async () => {
  await test_.drop()
  await postgres.remove()
})
const closeAll = async () => {
  for (const close of closers.splice(0).reverse()) await close()
}
afterEach(closeAll)

class Notes implements ChangeReader {
  readonly told: ToldChange[] = []
  lost = 0
  readonly database: boolean[] = []
  onChanges(told: readonly ToldChange[]): void {
    this.told.push(...told)
  }
  onLost(): void {
    this.lost += 1
  }
  onDatabase(answers: boolean): void {
    this.database.push(answers)
  }
  get subjects(): string[] {
    return this.told.map(({ change }) => change.subject)
  }
}

function feedOf(options: { url?: string; database?: Queryable } = {}): ChangeFeed {
  const feed = new ChangeFeed({
    database: options.database ?? test_.database,
    databaseUrl: options.url ?? test_.url,
    log: createLog({ level: 'fatal', name: 'test' }),
  })
  closers.push(() => feed.stop())
  return feed
}

function note(tx: Pick<Tx, 'query'>, subject: string, topic = 'instance'): Promise<unknown> {
  return tx.query(`select note_change($1, $2, 'master', '{}')`, [topic, subject])
}

/** A transaction that has taken its id and is ended when it is told to. */
async function openChange(subject: string): Promise<{ commit(): Promise<void>; rollBack(): Promise<void> }> {
  const taken = Promise.withResolvers<void>()
  const ending = Promise.withResolvers<boolean>()
  const done = test_.database
    .transaction(async (tx) => {
      await note(tx, subject)
      taken.resolve()
      if (!(await ending.promise)) throw new Error('rolled back')
    })
    .catch(() => {})
  await taken.promise
  return {
    commit: () => (ending.resolve(true), done),
    rollBack: () => (ending.resolve(false), done),
  }
}

/** Many changes of one transaction, which goes on. */
async function openChanges(name: string, count: number): Promise<{ commit(): Promise<void> }> {
  const taken = Promise.withResolvers<void>()
  const ending = Promise.withResolvers<void>()
  const done = test_.database.transaction(async (tx) => {
    await tx.query(
      `insert into change_event (topic, subject, tenant_id)
       select 'instance', $1 || n, 'master' from generate_series(1, $2::int) as n`,
      [name, count],
    )
    taken.resolve()
    await ending.promise
  })
  await taken.promise
  return { commit: () => (ending.resolve(), done) }
}

function countingDatabase(): { database: Queryable; asked: () => number } {
  let count = 0
  const database: Queryable = {
    query: (statement, values) => {
      count += 1
      return test_.database.query(statement, values)
    },
  }
  return { database, asked: () => count }
}

function resumeIdOf(notes: Notes): number {
  return notes.told.at(-1)?.resumeId ?? Number.NaN
}

async function join(feed: ChangeFeed, after?: number): Promise<{ notes: Notes; joined: JoinedFeed }> {
  const notes = new Notes()
  return { notes, joined: await feed.join(notes, after) }
}

test('a change is told to everybody who watches, and not what was before', async () => {
  await note(test_.database, 'before')
  const feed = feedOf()
  const [first, second] = [await join(feed), await join(feed)]
  await note(test_.database, 'after')
  await vi.waitFor(() => {
    expect(first.notes.subjects).toEqual(['after'])
    expect(second.notes.subjects).toEqual(['after'])
  })
})

test('a change that commits after one with a higher id is not skipped, now or by who resumes', async () => {
  const feed = feedOf()
  const { notes } = await join(feed)
  const late = await openChange('late')
  await note(test_.database, 'early')
  await vi.waitFor(() => expect(notes.subjects).toEqual(['early']))
  const resumeId = resumeIdOf(notes)
  await note(test_.database, 'next')
  await vi.waitFor(() => expect(notes.subjects).toEqual(['early', 'next']))
  await late.commit()
  await vi.waitFor(() => expect(notes.subjects).toEqual(['early', 'next', 'late']))

  const resumed = await join(feed, resumeId)
  expect(resumed.joined.missed?.map(({ change }) => change.subject)).toEqual(['late', 'early', 'next'])
  const resumedElsewhere = await join(feedOf(), resumeId)
  expect(resumedElsewhere.joined.missed?.map(({ change }) => change.subject)).toEqual(['late', 'early', 'next'])
})

test('an id that was rolled back is given up, and what can be resumed after goes on', async () => {
  const feed = feedOf()
  const { notes, joined } = await join(feed)
  const gone = await openChange('gone')
  await note(test_.database, 'there')
  await vi.waitFor(() => expect(notes.subjects).toEqual(['there']))
  const there = notes.told[0]?.change.id ?? 0
  expect(joined.settledId()).toBeLessThan(there)
  await gone.rollBack()
  await vi.waitFor(() => expect(joined.settledId()).toBe(there), { timeout: 5000 })
})

test('an id is not given up while a transaction that began later than the last one ended has it', async () => {
  const { database, asked } = countingDatabase()
  const { notes, joined } = await join(feedOf({ database }))
  const begun = Promise.withResolvers<void>()
  const mayEnd = Promise.withResolvers<void>()
  const quick = test_.database.transaction(async (tx) => {
    await tx.query('select pg_current_xact_id()')
    begun.resolve()
    await mayEnd.promise
    await note(tx, 'quick')
  })
  await begun.promise
  const late = await openChange('slow')
  mayEnd.resolve()
  await quick
  await vi.waitFor(() => expect(notes.subjects).toEqual(['quick']))
  const before = asked()
  await vi.waitFor(() => expect(asked()).toBeGreaterThan(before + 2), { timeout: 10_000 })
  expect(joined.settledId()).toBeLessThan(notes.told[0]?.change.id ?? 0)
  await late.commit()
  await vi.waitFor(() => expect(notes.subjects).toEqual(['quick', 'slow']))
})

test('whoever resumes gets what they missed, in order, and nothing twice that was settled', async () => {
  const feed = feedOf()
  const { notes, joined } = await join(feed)
  await note(test_.database, 'seen')
  await vi.waitFor(() => expect(notes.subjects).toEqual(['seen']))
  await vi.waitFor(() => expect(joined.settledId()).toBe(notes.told[0]?.change.id), { timeout: 30_000 })
  const resumeId = joined.settledId()
  joined.leave()
  for (const subject of ['one', 'two', 'three']) await note(test_.database, subject)
  // Another process has not seen any of it.
  const { joined: resumed } = await join(feedOf(), resumeId)
  expect(resumed.missed?.map(({ change }) => change.subject)).toEqual(['one', 'two', 'three'])
})

test('whoever was away too long, or resumes from an id that was never given, is told to read anew', async () => {
  const feed = feedOf()
  const { joined } = await join(feed)
  const old = joined.settledId()
  await test_.database.query(
    `insert into change_event (topic, subject, tenant_id)
     select 'instance', 'many-' || n, 'master' from generate_series(1, 3000) as n`,
  )
  expect((await join(feedOf(), old)).joined.missed).toBeUndefined()
  expect((await join(feedOf(), old + 1_000_000)).joined.missed).toBeUndefined()
})

test('one transaction with more changes than can be named makes everybody read anew once it commits', async () => {
  const feed = feedOf()
  const { notes, joined } = await join(feed)
  const before = joined.settledId()
  const bulk = await openChanges('bulk', 6000)
  await note(test_.database, 'meanwhile')
  await vi.waitFor(() => expect(notes.subjects).toEqual(['meanwhile']))
  expect(joined.settledId()).toBe(before)
  expect(notes.lost).toBe(0)
  await bulk.commit()
  await vi.waitFor(() => expect(notes.lost).toBe(1), { timeout: 5000 })
  expect((await join(feed, before)).joined.missed).toBeUndefined()
})

test('what was under way when a feed opened is not lost, however far below the newest changes it is', async () => {
  const open = await openChanges('import', 1500)
  await note(test_.database, 'meanwhile')
  await test_.database.query(
    `insert into change_event (topic, subject, tenant_id)
     select 'order', 'other-' || n, 'master' from generate_series(1, 1500) as n`,
  )
  const { notes, joined } = await join(feedOf())
  const before = joined.settledId()
  await open.commit()
  await vi.waitFor(() => expect(new Set(notes.subjects).size).toBe(1500), { timeout: 5000 })
  await vi.waitFor(() => expect(joined.settledId()).toBeGreaterThan(before + 1500), { timeout: 5000 })
})

test('a feed that opens beside more than can be named tells to read anew once that has ended', async () => {
  const open = await openChanges('import', 6000)
  await test_.database.query(
    `insert into change_event (topic, subject, tenant_id)
     select 'order', 'more-' || n, 'master' from generate_series(1, 1500) as n`,
  )
  const { notes } = await join(feedOf())
  await open.commit()
  await vi.waitFor(() => expect(notes.lost).toBe(1), { timeout: 5000 })
})

test('a database that has lost what was seen, as after a failover, is noticed: all is read anew, and told again', async () => {
  const own = await postgres.database()
  try {
    const feed = feedOf({ url: own.url, database: own.database })
    const { notes } = await join(feed)
    for (const subject of ['kept', 'lost-1', 'lost-2']) await note(own.database, subject)
    await vi.waitFor(() => expect(notes.subjects.at(-1)).toBe('lost-2'))
    const [kept = 0, , lost = 0] = notes.told.map(({ change }) => change.id)
    await own.database.query(`delete from change_event where id > $1`, [kept])
    await own.database.query(`alter table change_event alter column id restart with ${kept + 1}`)
    await vi.waitFor(() => expect(notes.lost).toBe(1), { timeout: 5000 })
    for (const subject of ['new-1', 'new-2', 'new-3', 'new-4']) await note(own.database, subject)
    await vi.waitFor(() => expect(notes.subjects.at(-1)).toBe('new-4'))
    expect(notes.subjects.slice(3)).toEqual(['new-1', 'new-2', 'new-3', 'new-4'])
    // An id of before says nothing any more, although it was given out again.
    for (const id of [kept + 1, lost]) expect((await join(feed, id)).joined.missed).toBeUndefined()
    expect((await join(feed, resumeIdOf(notes))).joined.missed).toEqual([])
    expect(notes.lost).toBe(1)
    await closeAll()
  } finally {
    await own.drop()
  }
})

test('an id of before a restore is no place to resume from, however much has happened since', async () => {
  const own = await postgres.database()
  try {
    for (const subject of ['kept', 'lost-1', 'lost-2']) await note(own.database, subject)
    const { joined } = await join(feedOf({ url: own.url, database: own.database }))
    const lost = joined.settledId()
    await closeAll()
    await own.database.query(`delete from change_event where subject <> 'kept'`)
    await own.database.query(`select setval(pg_get_serial_sequence('change_event', 'id'), $1)`, [lost - 2])
    const backup = { takenAt: '2026-01-01T00:00:00.000Z', server: 'server1' }
    await own.database.transaction((tx) => settleRestoredFleet(tx, operatorOfTheMachine, backup))
    for (const subject of ['new-1', 'new-2', 'new-3', 'new-4']) await note(own.database, subject)
    const feed = feedOf({ url: own.url, database: own.database })
    const restored = await join(feed, lost)
    expect(restored.joined.missed).toBeUndefined()
    await note(own.database, 'new-5')
    await vi.waitFor(() => expect(restored.notes.subjects).toEqual(['new-5']))
    await closeAll()
  } finally {
    await own.drop()
  }
})

test('what happens while the database is cut off is told when it answers again', async () => {
  const { proxy, url } = await TcpProxy.toDatabase(test_.url)
  closers.push(() => proxy.stop())
  const database = Database.open(url, {
    applicationName: 'botfleet test',
    queryTimeoutMs: 1000,
    connectTimeoutMs: 1000,
  })
  closers.push(() => database.close())
  const { notes } = await join(feedOf({ url, database }))
  proxy.cut()
  await vi.waitFor(() => expect(notes.database).toEqual([false]), { timeout: 10_000 })
  await note(test_.database, 'unheard')
  proxy.heal()
  await vi.waitFor(() => expect(notes.subjects).toEqual(['unheard']), { timeout: 15_000 })
  expect(notes.database).toEqual([false, true])
})

test('many who watch cost no more statements than one', async () => {
  const { database, asked } = countingDatabase()
  const feed = feedOf({ database })
  const watching = await Promise.all(Array.from({ length: 200 }, () => join(feed)))
  await note(test_.database, 'heard by all')
  await vi.waitFor(() => {
    for (const { notes } of watching) expect(notes.subjects).toEqual(['heard by all'])
  })
  expect(asked()).toBeLessThan(10)
})
