import { join } from 'node:path'
import type { Figure, Run, Sample } from '../figure.ts'
import { Child } from '../support/child.ts'
import { logIn, withPanel } from '../support/panel.ts'
import { contest, type Rate } from '../support/rate.ts'

const program = join(import.meta.dirname, '..', 'programs', 'bare-express.mjs')
const bots = 1000
const clients = 4

export const apiList: Figure = {
  name: 'api-list',
  title: 'list of 1,000 bots over HTTP, 4 clients, p95',
  unit: 'ms',
  digits: 1,
  floor: 'a bare express route with one query',
  reach: { text: 'reported', holds: () => true },
  how: `\`GET /api/instances?limit=1000\` of a real \`serve\` whose database holds ${bots} bots, none of them running, by ${clients} clients with a token, against \`select * from instance\` as JSON from express and pg alone, in slices by turns.`,
  measure: async (run) => sampleOf((await measured(run)).list),
}

export const apiChange: Figure = {
  name: 'api-change',
  title: 'change of a bot over HTTP, 4 clients, p95',
  unit: 'ms',
  digits: 1,
  floor: 'a bare express route with one update',
  reach: { text: 'reported', holds: () => true },
  how: '`PATCH /api/instances/{id}` of the same server, with its session, row lock, rights, audit row and event, against one `update instance ... returning *` from express and pg alone; each client renames bots at random.',
  measure: async (run) => sampleOf((await measured(run)).change),
}

interface Pair {
  readonly ours: Rate
  readonly floor: Rate
}

function sampleOf({ ours, floor }: Pair): Sample {
  return { ours: ours.p95Ms, floor: floor.p95Ms, besides: { 'ms p50': ours.p50Ms, 'ms p50 of the floor': floor.p50Ms } }
}

/** Both figures come from one server. */
function measured(run: Run): Promise<{ list: Pair; change: Pair }> {
  return run.once('api', () => withServers(run, (ours, bare) => race(run, ours, bare)))
}

interface Panel {
  readonly url: string
  readonly token: string
}

async function race(run: Run, panel: Panel, bare: string): Promise<{ list: Pair; change: Pair }> {
  const headers = { authorization: `Bearer ${panel.token}`, 'content-type': 'application/json' }
  const rounds = { clients, signal: run.bench.signal, sliceMs: 1500, slices: 4 }
  const list = await contest(
    {
      ours: () => ask(`${panel.url}/api/instances?limit=1000`, { headers }),
      floor: () => ask(`${bare}/list`, {}),
    },
    rounds,
  )
  const rename = () => ({ method: 'PATCH', headers, body: JSON.stringify({ name: `bot ${Math.random()}` }) })
  const change = await contest(
    {
      ours: () => ask(`${panel.url}/api/instances/bot-${anyBot()}`, rename()),
      floor: () => ask(`${bare}/rename/bot-${anyBot()}`, rename()),
    },
    rounds,
  )
  return { list, change }
}

function anyBot(): number {
  return 1 + Math.floor(Math.random() * bots)
}

async function ask(url: string, init: RequestInit): Promise<void> {
  const response = await fetch(url, init)
  const text = await response.text()
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text.slice(0, 200)}`)
}

async function withServers<T>(run: Run, work: (panel: Panel, bare: string) => Promise<T>): Promise<T> {
  return withPanel(run, bots, async ({ url, databaseUrl }) => {
    const environment = { DATABASE_URL: databaseUrl, NODE_ENV: 'production' }
    const bare = new Child({ command: process.execPath, args: [program], environment, signal: run.bench.signal })
    try {
      const [, port = ''] = await bare.line(/listening on (\d+)/)
      const token = await logIn(url, { username: 'admin', password: 'owner-password-of-the-bench' })
      return await work({ url, token }, `http://127.0.0.1:${port}`)
    } finally {
      await bare.close()
    }
  })
}
