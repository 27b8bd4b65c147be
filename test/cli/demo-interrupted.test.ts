/** The demo lets go whenever it is told to, also before its bots run. */
import { rmSync } from 'node:fs'
import { afterAll, expect, test } from 'vitest'
import { placeFor } from '../../db/postgres-place.ts'
import { makeHome, runCli } from './support/run-cli.ts'

const place = makeHome()
afterAll(async () => {
  rmSync((await placeFor(place.home)).folder, { recursive: true, force: true })
  place.remove()
})

test('Ctrl-C while the demo still starts ends it, and its Postgres', async () => {
  let isTold = false
  const run = await runCli(['demo', '--port', '0'], {
    env: { BOTFLEET_HOME: place.home, LOG_LEVEL: 'error' },
    cwd: place.folder,
    onOutput: (text, child) => {
      if (!isTold && text.includes('Starting')) isTold = child.kill('SIGINT')
    },
  })
  expect(run.signal).toBeNull()
  expect(run.stdout).not.toContain('Talk to them')
  expect(run.stderr).toContain('Stopping ...')
})
