import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { Database } from '../../db/database.ts'
import { ensureEmbeddedPostgres, stopEmbeddedPostgresIfUnused } from '../../db/embedded-postgres.ts'
import { migrate } from '../../db/migrate.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** URL of the test Postgres; its database `template_botfleet` is migrated and cloned for each test file. */
    postgresUrl: string
  }
}

/** Starts one Postgres for the whole run, migrates a template, bundles the workers and the panel. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  for (const bundle of [
    ['worker', 'bundle.ts'],
    ['panel', 'build', 'bundle-web.ts'],
  ]) {
    execFileSync(process.execPath, [join(import.meta.dirname, '..', '..', ...bundle)], { stdio: 'inherit' })
  }
  const home = mkdtempSync(join(tmpdir(), 'botfleet-test-'))
  const postgres = await ensureEmbeddedPostgres(home)
  const database = Database.open(postgres.url, { applicationName: 'test setup' })
  // No test outlives its machine; every other guarantee of Postgres stays.
  await database.query('alter system set fsync = off')
  await database.query('select pg_reload_conf()')
  await database.query('create database template_botfleet')
  await database.close()
  const template = new URL(postgres.url)
  template.pathname = '/template_botfleet'
  await migrate(template.href)
  project.provide('postgresUrl', postgres.url)
  return async () => {
    await stopEmbeddedPostgresIfUnused(home)
    rmSync(home, { recursive: true, force: true })
    rmSync(postgres.folder, { recursive: true, force: true })
  }
}
