import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeBase32 } from '../../domain/base32.ts'
import { makeRecoveryCodes, plainRecoveryCode } from '../../domain/second-factor.ts'
import { matchTotp, totpCode, totpCounter, totpUri } from '../../domain/totp.ts'

const rfcSecret = Buffer.from('12345678901234567890')

describe('base32', () => {
  it.each([
    ['', ''],
    ['f', 'MY'],
    ['fo', 'MZXQ'],
    ['foo', 'MZXW6'],
    ['foob', 'MZXW6YQ'],
    ['fooba', 'MZXW6YTB'],
    ['foobar', 'MZXW6YTBOI'],
  ])('encodes %j as RFC 4648 does, without padding', (text, encoded) => {
    expect(encodeBase32(Buffer.from(text))).toBe(encoded)
  })
})

describe('totpCode', () => {
  // RFC 4226, appendix D.
  it('counts as RFC 4226 does', () => {
    const codes = '755224 287082 359152 969429 338314 254676 287922 162583 399871 520489'.split(' ')
    expect(codes.map((_, counter) => totpCode(rfcSecret, counter))).toEqual(codes)
  })

  // RFC 6238, appendix B, SHA-1: eight digits there, the last six here.
  it.each([
    [59, '94287082'],
    [1_111_111_109, '07081804'],
    [1_111_111_111, '14050471'],
    [1_234_567_890, '89005924'],
    [2_000_000_000, '69279037'],
    [20_000_000_000, '65353130'],
  ])('at %i s since 1970 is the end of %s', (seconds, code) => {
    expect(totpCode(rfcSecret, totpCounter(seconds * 1000))).toBe(code.slice(-6))
  })
})

describe('matchTotp', () => {
  const nowMs = 1_700_000_000_000
  const now = totpCounter(nowMs)

  it('takes the codes of now and of one step off, and no others', () => {
    const steps = [-3, -2, -1, 0, 1, 2, 3]
    const taken = steps.filter(
      (step) => matchTotp(rfcSecret, { code: totpCode(rfcSecret, now + step), nowMs, lastCounter: 0 }) !== undefined,
    )
    expect(taken).toEqual([-1, 0, 1])
  })

  it('takes no code of a counter that was used, nor of one before it', () => {
    const match = (step: number, lastCounter: number) =>
      matchTotp(rfcSecret, { code: totpCode(rfcSecret, now + step), nowMs, lastCounter })
    expect(match(0, now)).toBeUndefined()
    expect(match(-1, now)).toBeUndefined()
    expect(match(1, now)).toBe(now + 1)
    expect(match(0, now - 1)).toBe(now)
  })

  it('takes nothing but what an authenticator of that secret shows', () => {
    const shown = new Set([-1, 0, 1].map((step) => totpCode(rfcSecret, now + step)))
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 8 }), fc.nat(999_999), (text, number) => {
        for (const code of [text, String(number).padStart(6, '0')]) {
          expect(matchTotp(rfcSecret, { code, nowMs, lastCounter: 0 }) !== undefined).toBe(shown.has(code))
        }
      }),
    )
  })
})

it('an authenticator gets the issuer, the person and the secret', () => {
  const uri = new URL(totpUri(rfcSecret, 'ann.b', 'Bot fleet'))
  expect(uri.protocol).toBe('otpauth:')
  expect(decodeURIComponent(uri.pathname)).toBe('/Bot fleet:ann.b')
  expect(uri.searchParams.get('issuer')).toBe('Bot fleet')
  expect(uri.searchParams.get('secret')).toBe('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ')
})

it('recovery codes are ten of 120 bits, and are the same however they are typed', () => {
  const codes = makeRecoveryCodes()
  expect(new Set(codes).size).toBe(10)
  for (const code of codes) expect(code).toMatch(/^([a-z2-7]{6}-){3}[a-z2-7]{6}$/)
  const [first = ''] = codes
  for (const typed of [first.toUpperCase(), first.replaceAll('-', ' '), ` ${first.replaceAll('-', '')} `]) {
    expect(plainRecoveryCode(typed)).toBe(plainRecoveryCode(first))
  }
})
