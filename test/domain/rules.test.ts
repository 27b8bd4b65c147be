/** The pure rules: transitions, periods, restarts, sealed boxes, tokens, process identities. */
import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { statuses } from '../../domain/instance.ts'
import { keyIdOf, makeKeyring, open, seal } from '../../domain/keyring.ts'
import { parsePhoneNumber } from '../../domain/phone-number.ts'
import { formatProcessIdentity, judgeLiveness, parseProcessIdentity } from '../../domain/process-identity.ts'
import { judgeCrash, noCrashes, type RestartLimits } from '../../domain/restart-policy.ts'
import { isAllowed, parseMonths, refuseTransition, statusAfterActivation } from '../../domain/subscription.ts'
import { parseTelegramToken } from '../../domain/telegram-token.ts'
import { parseTenant } from '../../domain/tenant.ts'
import { signWorkerToken, verifyWorkerToken } from '../../domain/worker-token.ts'

describe('the subscription', () => {
  test.for([
    ['approve', 'new'],
    ['renew', 'approved expired'],
    ['expire', 'approved'],
    ['suspend', 'new approved expired'],
    ['activate', 'suspended'],
    ['start', 'approved'],
    ['restart', 'approved'],
    ['stop', 'new approved expired suspended'],
    ['delete', 'new approved expired suspended'],
  ] as const)('%s is possible from %s only, and says the current status otherwise', ([command, allowed]) => {
    for (const status of statuses) {
      expect(isAllowed(command, status), status).toBe(allowed.split(' ').includes(status))
      expect(refuseTransition(command, 'bot-1', status)).toMatchObject({ code: 'conflict', exitCode: 5 })
      expect(refuseTransition(command, 'bot-1', status).message).toContain(`is ${status}`)
    }
  })

  test('months are 1, 2, 3, 6 or 12, and nothing else', () => {
    expect([1, '2', 3, '6', 12].map(parseMonths)).toEqual([1, 2, 3, 6, 12])
    fc.assert(
      fc.property(fc.oneof(fc.integer(), fc.double(), fc.string(), fc.constant(null)), (value) => {
        fc.pre(![1, 2, 3, 6, 12].includes(Number(value)))
        expect(() => parseMonths(value)).toThrow(/months must be one of/)
      }),
    )
  })

  test('a lifted suspension leads to new, approved or expired, as time has it', () => {
    expect([statusAfterActivation(null), statusAfterActivation(1), statusAfterActivation(0)]).toEqual([
      'new',
      'approved',
      'expired',
    ])
  })
})

describe('the restart policy', () => {
  const limits: RestartLimits = {
    backoffBaseMs: 1000,
    backoffMaxMs: 300_000,
    healthyMs: 60_000,
    crashesMax: 10,
    windowMs: 600_000,
  }

  test('the first restart is at once, the others wait no longer than the maximum, and ten crashes in ten minutes end it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ afterMs: fc.nat(120_000), random: fc.double({ min: 0, max: 0.999, noNaN: true }) }), {
          maxLength: 40,
        }),
        (crashes) => {
          let history = noCrashes
          let nowMs = 0
          for (const { afterMs, random } of crashes) {
            nowMs += afterMs
            const verdict = judgeCrash(limits, history, { nowMs, healthyForMs: 0, random })
            const recent = verdict.history.crashesAtMs.filter((atMs) => atMs > nowMs - limits.windowMs)
            expect(verdict.kind).toBe(recent.length >= limits.crashesMax ? 'failed' : 'restart')
            if (verdict.kind === 'failed') return
            if (verdict.history.attempt === 1) expect(verdict.delayMs).toBe(0)
            expect(verdict.delayMs).toBeLessThanOrEqual(limits.backoffMaxMs)
            history = verdict.history
          }
        },
      ),
    )
  })

  test('a healthy minute forgets what was before', () => {
    const crash = { nowMs: 1000, random: 0.5 }
    const ninth = { attempt: 9, crashesAtMs: Array.from({ length: 9 }, (_, index) => index) }
    expect(judgeCrash(limits, ninth, { ...crash, healthyForMs: 59_999 }).kind).toBe('failed')
    expect(judgeCrash(limits, ninth, { ...crash, healthyForMs: 60_000 })).toMatchObject({
      kind: 'restart',
      delayMs: 0,
      history: { attempt: 1 },
    })
  })
})

describe('sealed boxes', () => {
  const keyring = makeKeyring([randomBytes(32)])

  test('any text opens again, and only in its own place', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), fc.string(), (secret, here, elsewhere) => {
        const box = seal(keyring, here, secret)
        expect(open(keyring, here, box)).toBe(Buffer.from(secret, 'utf8').toString('utf8'))
        if (here !== elsewhere) expect(() => open(keyring, elsewhere, box)).toThrow(/altered or moved/)
      }),
    )
  })

  test('a flipped bit, a cut box, another key and an unknown form are refused, each in words', () => {
    const box = seal(keyring, 'here', 'a secret')
    const [version = '', keyId = '', body = ''] = box.split('.')
    const bytes = Buffer.from(body, 'base64url')
    for (let index = 0; index < bytes.length; index += 1) {
      const flipped = Buffer.from(bytes)
      flipped[index] = (flipped[index] ?? 0) ^ 1
      expect(() => open(keyring, 'here', `${version}.${keyId}.${flipped.toString('base64url')}`)).toThrow(
        /altered or moved/,
      )
    }
    expect(() => open(keyring, 'here', `${version}.${keyId}.${bytes.subarray(0, 20).toString('base64url')}`)).toThrow(
      /cut short/,
    )
    expect(() => open(makeKeyring([randomBytes(32)]), 'here', box)).toThrow(/AGENT_TOKEN_AES_KEY/)
    expect(() => open(keyring, 'here', 'plain text')).toThrow(/unknown format/)
  })

  test('an older key opens what it sealed, while the newer one seals', () => {
    const [old, fresh] = [randomBytes(32), randomBytes(32)]
    const box = seal(makeKeyring([old]), 'here', 'x')
    const both = makeKeyring([fresh, old])
    expect([open(both, 'here', box), both.activeKeyId]).toEqual(['x', keyIdOf(fresh)])
  })
})

describe('a worker token', () => {
  const keyring = makeKeyring([randomBytes(32)])
  const claim = { instanceId: 'bot-1', epoch: 7, nonce: 'abc' }

  test('it says what was signed, also after the key was rotated', () => {
    const rotated = makeKeyring([randomBytes(32), ...keyring.keys.values()])
    expect(verifyWorkerToken(rotated, signWorkerToken(keyring, claim))).toEqual(claim)
  })

  test('any change of any character is refused', () => {
    const token = signWorkerToken(keyring, claim)
    fc.assert(
      fc.property(
        fc.nat(token.length - 1),
        fc.constantFrom('a', 'b', 'Z', '0', '9', '.', '_', '-'),
        (index, character) => {
          const changed = token.slice(0, index) + character + token.slice(index + 1)
          const verified = verifyWorkerToken(keyring, changed)
          // The last character of base64url carries unused bits: the same MAC is the same token.
          if (verified !== undefined) expect(verified).toEqual(claim)
          if (index < token.length - 1 && changed !== token) expect(verified).toBeUndefined()
        },
      ),
    )
  })
})

describe('a process identity', () => {
  const own = { bootId: '11111111-2222-3333-4444-555555555555', pidNamespace: '4026531836' }
  const other = { ...own, pid: 42, startTicks: '1000' }
  const seen = (startTicks: string, state = 'S') => ({ kind: 'seen', startTicks, state }) as const

  test.for([
    [
      'another boot',
      { ...other, bootId: '99999999-2222-3333-4444-555555555555' },
      { kind: 'gone' } as const,
      'unprovable',
    ],
    ['another pid namespace', { ...other, pidNamespace: '1' }, { kind: 'gone' } as const, 'unprovable'],
    ['a pid that is gone', other, { kind: 'gone' } as const, 'dead'],
    ['a pid that a stranger has taken', other, seen('2000'), 'dead'],
    ['a zombie', other, seen('1000', 'Z'), 'dead'],
    ['a stopped process', other, seen('1000', 'T'), 'alive'],
    ['itself', other, seen('1000'), 'alive'],
  ] as const)('%s is judged for what it is', ([, identity, sighting, verdict]) => {
    expect(judgeLiveness(own, identity, sighting)).toBe(verdict)
  })

  test('it survives a database column, and anything else there proves nothing', () => {
    expect(parseProcessIdentity(formatProcessIdentity(other))).toEqual(other)
    for (const text of ['', 'h0/1', 'x/1/2', `${own.bootId}/1/2/-3`]) expect(parseProcessIdentity(text)).toBeUndefined()
  })
})

test('tokens, tenants and numbers are read strictly, and a refused token is not repeated', () => {
  expect(parseTelegramToken(' 12345:fake-token-for-tests \n').botId).toBe('12345')
  for (const text of ['', '12345', 'abc:fake-token-for-tests', '12345:short', '12345:canary with spaces']) {
    expect(() => parseTelegramToken(text)).toThrow(/not a Telegram token/)
    expect(() => parseTelegramToken(text)).not.toThrow(/canary/)
  }
  expect([parseTenant('master'), parseTenant('agent:a_1')]).toEqual(['master', 'agent:a_1'])
  for (const text of ['agent:', 'agent:A', 'other', `agent:${'x'.repeat(51)}`])
    expect(() => parseTenant(text)).toThrow(/a tenant is/)
  expect([parsePhoneNumber('+1 (234) 567-890'), parsePhoneNumber('0049 170 1234567')]).toEqual([
    '+1234567890',
    '+491701234567',
  ])
  for (const text of ['', '12', '+0123456789', 'abc']) expect(() => parsePhoneNumber(text)).toThrow(/country code/)
})
