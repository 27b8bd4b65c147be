import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Actor, may, type Role, roles } from '../../domain/actor.ts'
import type { Endpoint } from '../../domain/api/endpoint.ts'
import { parseSettings } from '../../domain/settings.ts'
import { panelRoutes } from '../../panel/api/routes.ts'
import { addPerson } from '../services/people/people-fixture.ts'
import { createTestDatabase } from '../support/database.ts'
import { ask, bearer, panelKeyring, type RunningPanel, runPanel, tokenOf } from './panel-fixture.ts'

let test: Awaited<ReturnType<typeof createTestDatabase>>
let panel: RunningPanel
const tokens = new Map<Role, string>()

beforeAll(async () => {
  test = await createTestDatabase()
  panel = await runPanel(test.database)
  for (const role of roles) await addPerson(test.database, `the-${role}`, role)
})
afterAll(async () => {
  await panel.stop()
  await test.drop()
})
// A route may end the session or fill the throttle.
beforeEach(() => test.database.query('delete from login_attempt'))

async function tokenFor(role: Role): Promise<string> {
  const known = tokens.get(role)
  if (known !== undefined && (await ask(panel, '/api/me', { headers: bearer(known) })).status === 200) return known
  const token = await tokenOf(panel, `the-${role}`)
  tokens.set(role, token)
  return token
}

const endpoints = panelRoutes({
  // Nothing is asked of it: only the list of endpoints is read.
  database: undefined as never,
  events: undefined as never,
  logFolder: '',
  settings: parseSettings({}),
  serverName: 'server1',
  keyring: () => panelKeyring,
  version: '0',
  origins: { publicOrigins: [], loopbackOnly: true, plainHttp: false },
}).map(({ endpoint }) => endpoint)

/** The path with things that nobody has: what is asked here is only the door. */
const nowhere = (path: string) => path.replaceAll(/:\w+/g, 'nobody-has-this')

function opens({ access }: Endpoint, role: Role): boolean {
  if (access === 'public' || access === 'session') return true
  const tenant = role === 'agent' ? 'agent:own' : null
  const actor: Actor = { name: 'x', userId: null, role, tenant, source: 'x' }
  return may(actor, access, tenant ?? undefined)
}

describe.each(endpoints.map((endpoint) => [`${endpoint.method.toUpperCase()} ${endpoint.path}`, endpoint] as const))(
  '%s',
  (_name, endpoint) => {
    const request = (headers: Record<string, string>) =>
      ask(panel, nowhere(endpoint.path), { method: endpoint.method.toUpperCase(), headers })

    it('asks who is there', async () => {
      const { status } = await request({})
      if (endpoint.access === 'public') expect(status).not.toBe(401)
      else expect(status).toBe(401)
    })

    it.each(roles)('asks whether a person may: %s', async (role) => {
      const { status, json } = await request(bearer(await tokenFor(role)))
      expect(status, JSON.stringify(json)).toBeLessThan(500)
      if (opens(endpoint, role)) expect([401, 403]).not.toContain(status)
      else expect(status).toBe(403)
    })
  },
)
