/**
 * Every route that the document has, asked by every role about what its own tenant has and about what another's has. The
 * things are real, so a refusal is one of the right and not of a name that nobody has.
 */
import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Actor, may, type Role, roles } from '../../domain/actor.ts'
import type { Operation } from './api-document.ts'
import { ApiWorld, type Things } from './api-world.ts'
import type { Answer } from './panel-fixture.ts'
import { valuesOf } from './schema-values.ts'

/** A schema does not say everything: so many bodies are tried until one is not refused for what it says. */
const bodiesMax = 8

/** They end, or never end, what they are asked with. */
const notAsked = /^(POST \/api\/(login|logout)|DELETE \/api\/me\/sessions|POST \/api\/me\/)/

/** From what only looks to what cannot be taken back. */
const order = ['GET', 'PATCH', 'PUT', 'POST', 'DELETE']

function opens({ access }: Operation, role: Role): boolean {
  if (access === 'public' || access === 'session') return true
  const tenant = role === 'agent' ? 'agent:own' : null
  const actor: Actor = { name: 'x', userId: null, role, tenant, source: 'x' }
  return may(actor, access, tenant ?? undefined)
}

/** Does something with every operation, some at once, those of one method before the next. */
async function forEach(operations: readonly Operation[], work: (operation: Operation) => Promise<void>): Promise<void> {
  for (const method of order) {
    const left = operations.filter((operation) => operation.method === method)
    const next = async (): Promise<void> => {
      for (let one = left.pop(); one !== undefined; one = left.pop()) await work(one)
    }
    await Promise.all(Array.from({ length: 6 }, next))
  }
}

const asked = ({ api }: ApiWorld) => api.operations.filter(({ name }) => !notAsked.test(name))

/** Asks with bodies that fit until one is not refused for what it says. */
async function request(world: ApiWorld, username: string, operation: Operation, things: Things): Promise<Answer> {
  const path = world.pathOf(operation, things)
  const headers = operation.takesKey ? { 'idempotency-key': randomUUID() } : {}
  if (operation.body === undefined) {
    const needed = operation.query.filter(({ required }) => required)
    const pairs = needed.map(({ name, schema }) => `${name}=${String(sample(world, things, schema, name, 1))}`)
    return world.ask(username, operation.method, `${path}?${pairs.join('&')}`, { headers })
  }
  for (let n = 1; ; n += 1) {
    const body = sample(world, things, operation.body, '', n)
    const answer = await world.ask(username, operation.method, path, { headers, body })
    if (answer.status !== 400 || n === bodiesMax) return answer
  }
}

function sample(world: ApiWorld, things: Things, schema: NonNullable<Operation['body']>, name: string, seed: number) {
  const making = { components: world.api.components, wordsOf: world.wordsOf(things), isPlain: true }
  return fc.sample(valuesOf(making, schema, name), { numRuns: 1, seed })[0]
}

/** Everything that a tenant has in the database, to see whether any of it was changed. */
async function stateOf({ test }: ApiWorld, tenant: string): Promise<Record<string, unknown>> {
  const { rows: tables } = await test.database.query<{ name: string }>(
    `select table_name as name from information_schema.columns where table_schema = 'public' and column_name = 'tenant_id'
       and table_name not in ('audit_log', 'person_before') order by table_name`,
  )
  const state: Record<string, unknown> = {}
  for (const { name } of tables) {
    const { rows } = await test.database.query<{ sum: string }>(
      `select md5(string_agg(t::text, ' ' order by t::text)) as sum from "${name}" t where tenant_id = $1`,
      [tenant],
    )
    state[name] = rows[0]?.sum
  }
  return state
}

describe('an agent who asks about another’s things', () => {
  let world: ApiWorld
  beforeAll(async () => {
    world = await ApiWorld.open()
  })
  afterAll(() => world.close())

  it('finds its own, or there would be nothing to find', async () => {
    const found = asked(world).filter(
      (operation) => operation.method === 'GET' && operation.params.length > 0 && opens(operation, 'agent'),
    )
    expect(found.length).toBeGreaterThan(8)
    await forEach(found, async (operation) => {
      const { status, text } = await request(world, world.personOf('agent'), operation, world.own)
      expect([200, 404], `${operation.name}: ${text}`).toContain(status)
      if (!/picture|pairing-code/.test(operation.name)) expect(status, `${operation.name}: ${text}`).toBe(200)
    })
  })

  it('is refused or finds nothing, learns nothing of them, and changes nothing', async () => {
    const { foreign } = world
    const before = await stateOf(world, foreign.tenant)
    expect(before['instance']).toEqual(expect.any(String))
    const wrong: string[] = []
    const named = asked(world).filter(({ params }) => params.length > 0)
    await forEach(named, async (operation) => {
      const { status, text } = await request(world, world.personOf('agent'), operation, foreign)
      if (![403, 404].includes(status)) wrong.push(`${operation.name}: ${status} ${text.slice(0, 200)}`)
      if (text.includes(foreign.mark)) wrong.push(`${operation.name} shows the other's: ${text.slice(0, 200)}`)
    })
    expect(wrong).toEqual([])
    expect(await stateOf(world, foreign.tenant)).toEqual(before)
  })

  it('sees none of them in any list, however it is filtered', async () => {
    const { foreign } = world
    const words = world.wordsOf(foreign)
    const wrong: string[] = []
    const look = async (path: string) => {
      const { status, text } = await world.ask(world.personOf('agent'), 'GET', path)
      const shown = [foreign.mark, foreign.user, ...(path.includes('?') ? [] : [foreign.tenant])]
      if (shown.some((word) => text.includes(word))) wrong.push(`${path}: ${status} ${text.slice(0, 300)}`)
    }
    const lists = asked(world).filter(({ method, params }) => method === 'GET' && params.length === 0)
    await forEach(lists, async ({ path, query }) => {
      await look(path)
      for (const { name } of query) {
        for (const word of words(name)) await look(`${path}?${name}=${encodeURIComponent(String(word))}`)
        if (name === 'q') await look(`${path}?q=${foreign.mark}`)
        if (name === 'cursor') await look(`${path}?cursor=${foreign.withdrawal}`)
      }
    })
    expect(wrong).toEqual([])
  })

  it('learns by no cursor what the other has', async () => {
    const { foreign } = world
    // Made after its own, by a name before it: what is its own stands behind them.
    const cursors = [
      foreign.instance,
      foreign.withdrawal,
      foreign.agent,
      foreign.customer,
      foreign.topUp,
      foreign.order,
    ]
    for (const path of ['/api/instances?server=*', '/api/withdrawals?', '/api/agents?']) {
      const page = async (cursor: string) =>
        (await world.ask(world.personOf('agent'), 'GET', `${path}&cursor=${encodeURIComponent(cursor)}`)).text
      const nobodys = JSON.parse(await page('nobody-has-this'))['items']
      for (const cursor of cursors) {
        const seen = JSON.parse(await page(cursor))
        if ('items' in seen) expect(seen.items, `${path} behind ${cursor}`).toEqual(nobodys)
      }
    }
  })

  it('makes nothing in the other’s name', async () => {
    const { foreign } = world
    const before = await stateOf(world, foreign.tenant)
    const makers = asked(world).filter(({ params, method }) => method !== 'GET' && params.length === 0)
    await forEach(makers, async (operation) => {
      const { text } = await request(world, world.personOf('agent'), operation, foreign)
      expect(text).not.toContain(foreign.mark)
    })
    expect(await stateOf(world, foreign.tenant)).toEqual(before)
  })
})

describe.each(roles)('%s', (role) => {
  let world: ApiWorld
  beforeAll(async () => {
    world = await ApiWorld.open()
  })
  afterAll(() => world.close())

  it('may of every route what its permission says, about its own tenant and about another', async () => {
    const wrong: string[] = []
    await forEach(asked(world), async (operation) => {
      for (const [whose, things] of [
        ['foreign', world.foreign],
        ['own', world.own],
      ] as const) {
        const { status, text } = await request(world, world.personOf(role), operation, things)
        const isOpen = opens(operation, role)
        const isForeign = role === 'agent' && whose === 'foreign' && operation.params.length > 0
        const isRight = isOpen ? isForeign || (status < 500 && status !== 401 && status !== 403) : status === 403
        if (!isRight) wrong.push(`${operation.name} (${whose}): ${status} ${text.slice(0, 200)}`)
        const isFound = operation.method !== 'GET' || status !== 404 || /picture|pairing-code/.test(operation.name)
        if (isOpen && !isForeign && !isFound) wrong.push(`${operation.name} (${whose}) finds nothing`)
      }
    })
    expect(wrong).toEqual([])
  })
})
