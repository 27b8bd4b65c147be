import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { keyIdOf } from '../../domain/keyring.ts'
import { loadConfig } from '../../runtime/config.ts'
import { addKeyFile, loadKeyring } from '../../runtime/keys.ts'

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

const source = (fingerprints: string[] = [], settings: Record<string, string> = {}) => ({
  settings,
  keyFolder: join(folder, 'keys'),
  fingerprints,
})

test('a key is made and kept, mode 0600, while the database holds no fingerprint', () => {
  const first = loadKeyring(source())
  expect(loadKeyring(source([first.activeKeyId])).activeKeyId).toBe(first.activeKeyId)
  expect(statSync(join(folder, 'keys', '0001.key')).mode & 0o777).toBe(0o600)
  expect(statSync(join(folder, 'keys')).mode & 0o777).toBe(0o700)
})

test('a missing or wrong key is refused by name, and none is made', () => {
  expect(() => loadKeyring(source(['0123456789abcdef']))).toThrow(/AGENT_TOKEN_AES_KEY/)
  expect(statSync(join(folder, 'keys'), { throwIfNoEntry: false })).toBeUndefined()
  const wrong = randomBytes(32).toString('base64')
  expect(() => loadKeyring(source(['0123456789abcdef'], { AGENT_TOKEN_AES_KEY: wrong }))).toThrow(/nothing was changed/)
  expect(() => loadKeyring(source([], { AGENT_TOKEN_AES_KEY: 'short' }))).toThrow(/base64 of 32 bytes/)
})

test('a rotation adds a key that becomes the active one while the old one still opens', () => {
  const first = loadKeyring(source())
  addKeyFile(source())
  const second = loadKeyring(source([first.activeKeyId]))
  expect(second.activeKeyId).not.toBe(first.activeKeyId)
  expect([...second.keys.keys()]).toContain(first.activeKeyId)
})

test('a previous key of the environment opens what it sealed', () => {
  const [fresh, old] = [randomBytes(32), randomBytes(32)]
  const keyring = loadKeyring(
    source([keyIdOf(old)], {
      AGENT_TOKEN_AES_KEY: fresh.toString('base64'),
      AGENT_TOKEN_AES_KEY_PREVIOUS: old.toString('base64'),
    }),
  )
  expect(keyring.activeKeyId).toBe(keyIdOf(fresh))
})
