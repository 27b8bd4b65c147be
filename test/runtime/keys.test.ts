import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { keyIdOf } from '../../domain/keyring.ts'
import { addKeyFile, loadKeyring } from '../../runtime/keys.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'botfleet-keys-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

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

test('first starts at the same moment agree on one key', async () => {
  const module = join(import.meta.dirname, '..', '..', 'runtime', 'keys.ts')
  const program = `
    import { loadKeyring } from ${JSON.stringify(module)}
    process.stdout.write('ready')
    process.stdin.once('data', () => {
      const source = { settings: {}, keyFolder: ${JSON.stringify(join(folder, 'keys'))}, fingerprints: [] }
      process.stdout.write(loadKeyring(source).activeKeyId)
      process.stdin.destroy()
    })`
  const children = [1, 2, 3, 4, 5, 6].map(() =>
    spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['pipe', 'pipe', 'inherit'] }),
  )
  await Promise.all(children.map(({ stdout }) => once(stdout, 'data')))
  const answers = children.map(({ stdout }) => once(stdout, 'data'))
  for (const { stdin } of children) stdin.write('go')
  const ids = (await Promise.all(answers)).map(([text]) => String(text))
  expect(new Set(ids).size).toBe(1)
  expect(loadKeyring(source([ids[0] ?? ''])).activeKeyId).toBe(ids[0])
  expect(readdirSync(join(folder, 'keys'))).toEqual(['0001.key'])
})

test('a rotation counts on from the last file, also when older ones are gone', () => {
  loadKeyring(source())
  addKeyFile(source())
  rmSync(join(folder, 'keys', '0001.key'))
  const id = addKeyFile(source())
  expect(readdirSync(join(folder, 'keys')).sort()).toEqual(['0002.key', '0003.key'])
  expect(loadKeyring(source()).activeKeyId).toBe(id)
  expect(statSync(join(folder, 'keys', '0003.key')).mode & 0o777).toBe(0o600)
})

test('a rotation is refused while the key comes from the environment', () => {
  const key = randomBytes(32).toString('base64')
  expect(() => addKeyFile(source([], { AGENT_TOKEN_AES_KEY: key }))).toThrow(/AGENT_TOKEN_AES_KEY_PREVIOUS/)
})

test('keys that cannot be read are not replaced by new ones', () => {
  writeFileSync(join(folder, 'keys'), 'no folder')
  expect(() => loadKeyring(source())).toThrow(/keys cannot be read/)
  expect(readFileSync(join(folder, 'keys'), 'utf8')).toBe('no folder')
})

test('a damaged key file is named, its content is not, and it stays', () => {
  loadKeyring(source())
  const file = join(folder, 'keys', '0001.key')
  writeFileSync(file, 'canary')
  expect(() => loadKeyring(source())).toThrow(/0001\.key must be base64/)
  expect(() => loadKeyring(source())).not.toThrow(/canary/)
  expect(readFileSync(file, 'utf8')).toBe('canary')
})
