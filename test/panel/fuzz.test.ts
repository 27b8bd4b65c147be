/**
 * Whatever is sent to whatever route: never an error of the server's own, always a problem document that says under which
 * id it is found in the log. `FUZZ_SEED=<number>` repeats a run.
 */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { parseScrape, valueOf } from '../support/scrape.ts'
import type { Operation } from './api-document.ts'
import { ApiWorld } from './api-world.ts'
import { type OddRequest, requestsOf } from './odd-requests.ts'
import { type Answer, ask } from './panel-fixture.ts'

const { FUZZ_SEED, FUZZ_RUNS = '40' } = process.env
const seed = Number(FUZZ_SEED ?? Math.floor(Math.random() * 1_000_000))
const atOnce = 6
/** After so long every route gets a look only, so that a busy machine is no failure. */
const enoughMs = 180_000

let world: ApiWorld
beforeAll(async () => {
  world = await ApiWorld.open()
})
afterAll(() => world.close())

/** Those who get furthest: an agent where only agents may, mostly the owner elsewhere. */
const peopleFor = ({ access }: Operation) =>
  fc.constantFrom(...(access === 'agent.self' ? ['own-shop'] : ['the-owner', 'the-owner', 'own-shop']))

function send({ access }: Operation, person: string, request: OddRequest): Promise<Answer> {
  const { method, path, headers, body } = request
  const more = { headers: { ...headers }, ...(body === undefined ? {} : { body }) }
  return access === 'public' ? ask(world.panel, path, { method, ...more }) : world.ask(person, method, path, more)
}

/** What the server wrote down of a request. */
function logOf(requestId: string): string {
  const lines = world.panel.logged().split('\n')
  return lines
    .filter((line) => line.includes(requestId))
    .join('\n')
    .slice(0, 1500)
}

function check({ status, headers, text, json }: Answer): void {
  const shown = `${status} ${text.slice(0, 500)}${status < 500 ? '' : `\n${logOf(headers.get('x-request-id') ?? 'none')}`}`
  expect(status, shown).toBeLessThan(500)
  if (status < 400) return
  expect(headers.get('content-type'), shown).toMatch(/^application\/problem\+json/)
  expect(json, shown).toMatchObject({
    type: expect.stringMatching(/^urn:botfleet:problem:[a-z_]+$/),
    title: expect.stringMatching(/./),
    detail: expect.stringMatching(/./),
    status,
    code: expect.any(String),
    requestId: headers.get('x-request-id') ?? expect.stringMatching(/^[0-9a-f-]{36}$/),
  })
  expect(text).not.toMatch(/node_modules|\.ts:\d|at async |syntax error at or near|violates .* constraint/)
}

it('whatever is sent, every route answers it or says what is wrong with it', { timeout: 300_000 }, async () => {
  process.stderr.write(`fuzz: FUZZ_SEED=${seed}\n`)
  const endsAt = performance.now() + enoughMs
  const { components, operations } = world.api
  const making = { components, wordsOf: world.wordsOf(world.own), isPlain: false }
  // What ends things comes last.
  const order = ['DELETE', 'POST', 'PUT', 'PATCH', 'GET']
  const left = operations.toSorted((a, b) => order.indexOf(a.method) - order.indexOf(b.method))
  const wrong: string[] = []
  const next = async (): Promise<void> => {
    for (let operation = left.pop(); operation !== undefined; operation = left.pop()) {
      const one = operation
      const requests = requestsOf(one, making, (name) => world.segmentOf(one, name, world.own))
      const property = fc.asyncProperty(peopleFor(one), requests, async (person, request) => {
        check(await send(one, person, request))
      })
      // Keys are of the seed: two routes that share it would share them.
      const found = await fc.check(property, {
        seed: seed + operations.indexOf(one),
        numRuns: Number(FUZZ_RUNS),
        interruptAfterTimeLimit: Math.max(500, Math.min(20_000, endsAt - performance.now())),
      })
      if (found.failed && found.counterexample !== null) {
        wrong.push(
          `${one.name} FUZZ_SEED=${seed}\n${JSON.stringify(found.counterexample).slice(0, 1000)}\n${String(found.errorInstance)}`,
        )
      }
    }
  }
  await Promise.all(Array.from({ length: atOnce }, next))
  expect(wrong.join('\n\n')).toBe('')
  const { rows } = await world.test.database.query(`select count(*) as count from instance`)
  expect(rows).not.toEqual([{ count: 0 }])
  // Streams among them were left by whoever asked, and by the server then.
  expect(operations.map(({ name }) => name)).toContain('GET /api/events')
  await vi.waitFor(async () => {
    const got = parseScrape(await (await fetch(world.panel.metricsUrl)).text())
    expect(valueOf(got, 'botfleet_event_streams')).toBe(0)
  })
})
