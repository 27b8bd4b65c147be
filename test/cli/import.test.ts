import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  fakeToken,
  oldKey,
  otherKey,
  sealAesGcm,
  sealFernet,
  smallShop,
  writeExport,
} from '../services/import/old-export.ts'
import { contentsOf } from '../services/import/state-of.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { makeHome, runCli } from './support/run-cli.ts'

let database: TestDatabase
const place = makeHome()
const shop = writeExport({ ...smallShop(), 'notes.txt': 'not a collection' })
const keyFile = join(place.folder, 'old.key')
let env: Record<string, string>
beforeAll(async () => {
  database = await createTestDatabase()
  env = { BOTFLEET_HOME: place.home, DATABASE_URL: database.url }
  writeFileSync(keyFile, `${oldKey.toString('base64')}\n`)
})
afterAll(async () => {
  await database.drop()
  place.remove()
  shop.remove()
})

function run(folder: string, ...options: string[]) {
  return runCli(['import', 'mongo-json', folder, ...options], { env, cwd: place.folder })
}

test('a rehearsal shows the report and leaves the database as it was, also one that has no key yet', async () => {
  const before = await contentsOf(database.database)
  const { code, stdout } = await run(shop.folder, '--old-key-file', keyFile, '--dry-run')
  expect(code).toBe(0)
  expect(stdout).toContain('This was a rehearsal: nothing was changed.')
  expect(await contentsOf(database.database)).toEqual(before)
})

test('rows that do not fit end with 5, each on a line of its own, in JSON all of them', async () => {
  const broken = writeExport({ users: '{"user_id":1}\n{"user_id":2,\n{"USDT":3}\n' })
  try {
    const text = await run(broken.folder)
    expect(text.code).toBe(5)
    expect(text.stdout).toBe('')
    expect(text.stderr.split('\n')).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^users.json:2: it is no JSON from character \d+ on$/),
        'users.json:3: it has no user_id',
        'botfleet: 2 documents do not fit; nothing was changed',
      ]),
    )
    const json = await run(broken.folder, '--json')
    expect(json.code).toBe(5)
    expect(JSON.parse(json.stdout)).toMatchObject({
      error: {
        code: 'conflict',
        exit_code: 5,
        details: {
          misfits: 2,
          rows: [
            { file: 'users.json', line: 2 },
            { file: 'users.json', line: 3, why: 'it has no user_id' },
          ],
        },
      },
    })
  } finally {
    broken.remove()
  }
})

test.each([
  ['a folder that is not there', ['nowhere'], 2, /the folder .*nowhere cannot be read \(ENOENT\)/],
  ['a folder without collections', ['.'], 2, /holds none of agents.json, users.json/],
  [
    'a key file that is not there',
    [shop.folder, '--old-key-file', 'none.key'],
    2,
    /--old-key-file: none.key cannot be read/,
  ],
  ['a missing key', [shop.folder], 5, /agents.json:1: its token is encrypted: give the AGENT_TOKEN_AES_KEY/],
])('%s is told as such', async (_what, parameters, exitCode, message) => {
  const [folder = '', ...options] = parameters
  const { code, stderr } = await run(folder, ...options)
  expect(code).toBe(exitCode)
  expect(stderr).toMatch(message)
})

test('a wrong key is refused, and shown nowhere', async () => {
  const wrong = join(place.folder, 'wrong.key')
  writeFileSync(wrong, otherKey.toString('base64'))
  const { code, stdout, stderr } = await run(shop.folder, '--old-key-file', wrong, '--json')
  expect(code).toBe(5)
  expect(stderr).toContain('agents.json:1: its token does not open with any key of --old-key-file')
  for (const secret of [
    otherKey.toString('base64'),
    sealAesGcm(fakeToken(1)),
    sealFernet(fakeToken(2)),
    'FAKE-token',
  ]) {
    expect(stdout + stderr).not.toContain(secret)
  }
})

test('an import ends with the sums of both sides; a second one changes nothing', async () => {
  const first = await run(shop.folder, '--old-key-file', keyFile, '--json')
  expect(first.code).toBe(0)
  const report = JSON.parse(first.stdout) as { sums: { matches: boolean }[] }
  expect(report).toMatchObject({ dry_run: false, changed: true, rounded: { amounts: 0, sum: '0' } })
  expect(report.sums.length).toBeGreaterThan(20)
  expect(report.sums.every(({ matches }) => matches)).toBe(true)
  expect(first.stderr).toContain('notes.txt')

  const before = await contentsOf(database.database)
  const second = await runCli(['import', 'mongo-json', shop.folder, '--old-key-file', '-'], {
    env: { ...env, COLUMNS: '80' },
    input: oldKey.toString('base64'),
  })
  expect(second.code).toBe(0)
  expect(second.stdout).toContain('Everything of it was imported before: nothing was changed.')
  expect(await contentsOf(database.database)).toEqual(before)
})

test('the report is readable at 80 columns', async () => {
  const { stdout } = await runCli(['import', 'mongo-json', shop.folder, '--old-key-file', keyFile], {
    env: { ...env, COLUMNS: '80' },
  })
  const table = stdout.split('\n').filter((line) => !line.startsWith('Note:'))
  for (const line of table) expect(line.length, line).toBeLessThanOrEqual(80)
})

test('the bots that came wait for approval', async () => {
  const { stdout } = await runCli(['list', '--json'], { env })
  const instances = JSON.parse(stdout) as { status: string; desired: string; server_name: string }[]
  expect(instances).toHaveLength(4)
  for (const { status, desired, server_name: server } of instances) {
    expect(['new', 'suspended']).toContain(status)
    expect([desired, server]).toEqual(['stopped', 'server1'])
  }
})

test('Ctrl-C in the middle changes nothing', async () => {
  const lines = Array.from({ length: 60_000 }, (_, at) => `{"user_id":${1_000_000 + at},"USDT":1}`)
  const big = writeExport({ users: lines.join('\n') })
  try {
    const before = await contentsOf(database.database)
    const ended = await runCli(['import', 'mongo-json', big.folder], {
      env,
      onOutput: (text, child) => {
        if (text.includes('documents')) child.kill('SIGINT')
      },
    })
    expect([130, 0]).toContain(ended.code)
    if (ended.code === 130) expect(await contentsOf(database.database)).toEqual(before)
  } finally {
    big.remove()
  }
})
