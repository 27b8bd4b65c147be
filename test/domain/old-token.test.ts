import { expect, test } from 'vitest'
import { openFernet, openOldToken, parseOldKeys } from '../../domain/old-token.ts'
import { fakeToken, oldKey, otherKey, sealAesGcm, sealFernet } from '../services/import/old-export.ts'

/** The acceptance tests of https://github.com/fernet/spec (verify.json and invalid.json). */
const secret = parseOldKeys('cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=')[0] ?? Buffer.alloc(0)
const valid = 'gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA=='

test('the token of the specification opens', () => {
  expect(openFernet(valid, secret)).toBe('hello')
})

test.each([
  [
    'incorrect mac',
    'gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykQUFBQUFBQUFBQQ==',
  ],
  ['too short', 'gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPA=='],
  [
    'invalid base64',
    '%%%%%%%%%%%%%AECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykRtfsH-p1YsUD2Q==',
  ],
  [
    'payload size not multiple of block size',
    'gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPOm73QeoCk9uGib28Xe5vz6oxq5nmxbx_v7mrfyudzUm',
  ],
  [
    'payload padding error',
    'gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0ODz4LEpdELGQAad7aNEHbf-JkLPIpuiYRLQ3RtXatOYREu2FWke6CnJNYIbkuKNqOhw==',
  ],
  [
    'incorrect IV',
    'gAAAAAAdwJ6xBQECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAkLhFLHpGtDBRLRTZeUfWgHSv49TF2AUEZ1TIvcZjK1zQ==',
  ],
])('a token with %s does not', (_what, token) => {
  expect(openFernet(token, secret)).toBeNull()
})

test('a token of another version, or altered in any byte, does not open', () => {
  const bytes = Buffer.from(valid, 'base64url')
  for (let at = 0; at < bytes.length; at += 1) {
    const altered = Buffer.from(bytes)
    altered[at] = (altered[at] ?? 0) ^ 1
    expect(openFernet(altered.toString('base64url'), secret), String(at)).toBeNull()
  }
})

test('both ways in which the old system kept tokens open, by whichever key fits', () => {
  const token = fakeToken(1)
  expect(openOldToken(sealAesGcm(token), [otherKey, oldKey])).toBe(token)
  expect(openOldToken(sealFernet(token), [otherKey, oldKey])).toBe(token)
  expect(openOldToken(sealAesGcm(token), [otherKey])).toBeNull()
  expect(openOldToken(sealFernet(token), [])).toBeNull()
  expect(openOldToken('not a box', [oldKey])).toBeNull()
})

test('an altered AES-GCM box does not open', () => {
  const bytes = Buffer.from(sealAesGcm(fakeToken(1)), 'base64')
  for (const at of [0, 12, bytes.length - 1]) {
    const altered = Buffer.from(bytes)
    altered[at] = (altered[at] ?? 0) ^ 1
    expect(openOldToken(altered.toString('base64'), [oldKey])).toBeNull()
  }
})

test('keys are read one a line in either alphabet, and never echoed', () => {
  expect(parseOldKeys(`${oldKey.toString('base64')}\n${otherKey.toString('base64url')}\n`)).toEqual([oldKey, otherKey])
  expect(parseOldKeys(`# old\nexport AGENT_TOKEN_AES_KEY="${oldKey.toString('base64')}"\r\n`)).toEqual([oldKey])
  for (const text of ['', '  \n', 'c2hvcnQ=', 'SECRET!!']) {
    expect(() => parseOldKeys(text)).toThrow('--old-key-file')
    expect(() => parseOldKeys(text)).not.toThrow('SECRET')
  }
})
