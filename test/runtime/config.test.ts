import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadConfig } from '../../runtime/config.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'botfleet-config-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('a wrong setting is named and its value is not repeated', () => {
  expect(() => loadConfig({ DATABASE_URL: 'mysql://canary', PORT: 'canary-port' }, folder)).toThrow(
    /DATABASE_URL.*\n.*PORT/,
  )
  expect(() => loadConfig({ DATABASE_URL: 'mysql://canary' }, folder)).not.toThrow(/canary/)
})

test('.env stands under the environment, and a _FILE twin brings a secret', () => {
  writeFileSync(join(folder, 'password'), 'a-long-password\n')
  writeFileSync(join(folder, '.env'), `SERVERNAME=fromfile\nPORT=9001\nADMIN_PASSWORD_FILE=password\n`)
  const { settings, home } = loadConfig({ PORT: '9002' }, folder)
  expect(settings).toMatchObject({ SERVERNAME: 'fromfile', PORT: 9002, ADMIN_PASSWORD: 'a-long-password' })
  expect(home).toBe(join(folder, '.botfleet'))
})

test('a secret given twice, or by a file that is not there, is refused', () => {
  expect(() => loadConfig({ BOT_TOKEN: 'x', BOT_TOKEN_FILE: 'y' }, folder)).toThrow(
    /BOT_TOKEN and BOT_TOKEN_FILE are both set/,
  )
  expect(() => loadConfig({ BOT_TOKEN_FILE: 'missing' }, folder)).toThrow(/BOT_TOKEN_FILE: .*missing cannot be read/)
})

test('a secret of the environment displaces both forms of it in .env', () => {
  writeFileSync(join(folder, 'password'), 'from-the-file\n')
  writeFileSync(join(folder, '.env'), 'ADMIN_PASSWORD=from-dot-env\nBOT_TOKEN_FILE=not-there\n')
  const byFile = loadConfig({ ADMIN_PASSWORD_FILE: 'password', BOT_TOKEN: '1001:fake-token-for-tests' }, folder)
  expect(byFile.settings).toMatchObject({ ADMIN_PASSWORD: 'from-the-file', BOT_TOKEN: '1001:fake-token-for-tests' })
  expect(loadConfig({ ADMIN_PASSWORD: 'from-outside', BOT_TOKEN: 'x' }, folder).settings.ADMIN_PASSWORD).toBe(
    'from-outside',
  )
})

test('an empty variable counts as unset', () => {
  expect(loadConfig({ PORT: '', DATABASE_URL: '', BOT_TOKEN_FILE: '' }, folder).settings).toMatchObject({ PORT: 8080 })
})

test('reading .env leaves the environment of the process alone', () => {
  writeFileSync(join(folder, '.env'), 'SERVERNAME=from-dot-env\nBOTFLEET_TEST_CANARY=1\n')
  expect(loadConfig(process.env, folder).settings.SERVERNAME).toBe('from-dot-env')
  expect(process.env['BOTFLEET_TEST_CANARY']).toBeUndefined()
})

test('the paths hang off the home, which is absolute', () => {
  const { home, paths } = loadConfig({ BOTFLEET_HOME: 'there' }, folder)
  expect(home).toBe(join(folder, 'there'))
  expect(paths.keys).toBe(join(folder, 'there', 'keys'))
})
