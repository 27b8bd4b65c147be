/** The panel of a real `serve`, with bots in its database that do not run. */
import { Database } from '../../db/database.ts'
import type { Run } from '../figure.ts'

export interface BenchPanel {
  readonly url: string
  readonly databaseUrl: string
}

/** Serves a database with so many bots while `work` runs. */
export async function withPanel<T>({ bench }: Run, bots: number, work: (panel: BenchPanel) => Promise<T>): Promise<T> {
  const made = await bench.makeDatabase()
  const home = bench.makeFolder()
  await addBots(made.url, bots)
  const server = await bench.serve(bench.environmentFor(made.url, home), home)
  try {
    const [, url = ''] = await server.line(/panel is at (\S+?)\.? /)
    return await work({ url, databaseUrl: made.url })
  } finally {
    await server.stop()
    await made.drop()
  }
}

async function addBots(url: string, bots: number): Promise<void> {
  const database = Database.open(url, { applicationName: 'bench', queryTimeoutMs: 60_000 })
  try {
    await database.query(`insert into server (name) values ('server1') on conflict do nothing`)
    await database.query(
      `insert into instance (id, tenant_id, platform, name, phone_number, server_name, created_by)
       select 'bot-' || n, 'master', 'whatsapp', 'bot ' || n, '+4917' || (10000000 + n), 'server1', 'bench'
       from generate_series(1, ${bots}) n`,
    )
    await database.query('vacuum analyze')
  } finally {
    await database.close()
  }
}

/** @returns the token of a session. */
export async function logIn(url: string, person: { username: string; password: string }): Promise<string> {
  const response = await fetch(`${url}/api/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(person),
  })
  const { token } = (await response.json()) as { token: string }
  return token
}
