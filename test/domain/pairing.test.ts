import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { groupedCode, judgeRequest, pairingMethods, requestsPerHourMax } from '../../domain/pairing.ts'
import { parsePhoneNumber } from '../../domain/phone-number.ts'
import { parseSettings } from '../../domain/settings.ts'

const hourMs = 3_600_000
const history = fc.record({
  open: fc.option(fc.record({ method: fc.constantFrom(...pairingMethods) })),
  agesMs: fc.array(fc.double({ min: 0, max: 2 * hourMs, noNaN: true }), { maxLength: 12 }),
  coolDownLeftMs: fc.oneof(fc.constant(0), fc.double({ min: 1, max: hourMs, noNaN: true })),
})
const wish = fc.record({ method: fc.constantFrom(...pairingMethods), again: fc.boolean() })

describe('a wish to pair', () => {
  test('asks WhatsApp for a new code only outside of its cool-down, and five times in any hour at most', () => {
    fc.assert(
      fc.property(history, wish, (past, wanted) => {
        const verdict = judgeRequest(past, wanted)
        const counted = past.agesMs.filter((ageMs) => ageMs < hourMs).length
        if (verdict.kind === 'ask') {
          expect(past.coolDownLeftMs).toBe(0)
          expect(counted).toBeLessThan(requestsPerHourMax)
        }
        if (verdict.kind === 'wait') expect(verdict.retryInMs).toBeGreaterThan(0)
      }),
    )
  })

  test('that has to wait may ask when it says so, and not a second before', () => {
    fc.assert(
      fc.property(history, wish, (past, wanted) => {
        const verdict = judgeRequest(past, { ...wanted, again: true })
        if (verdict.kind !== 'wait') return
        const after = (ms: number) =>
          judgeRequest(
            {
              open: null,
              agesMs: past.agesMs.map((ageMs) => ageMs + ms),
              coolDownLeftMs: Math.max(0, past.coolDownLeftMs - ms),
            },
            wanted,
          )
        expect(after(Math.max(0, verdict.retryInMs - 1000)).kind).toBe(
          verdict.retryInMs > 1000 ? 'wait' : after(0).kind,
        )
        const later = after(verdict.retryInMs + 1)
        expect(later.kind === 'wait' && later.because === verdict.because).toBe(false)
      }),
    )
  })

  test('follows the open request of its own method, also when no more may be asked', () => {
    fc.assert(
      fc.property(history, fc.constantFrom(...pairingMethods), (past, method) => {
        const verdict = judgeRequest({ ...past, open: { method } }, { method, again: false })
        expect(verdict).toEqual({ kind: 'join' })
      }),
    )
  })
})

test('a code is shown in two groups of four', () => {
  expect(groupedCode('ABCD2345')).toBe('ABCD-2345')
})

test.for([
  ['+49 170 123-4567', '+491701234567'],
  ['0049 (170) 1234567', '+491701234567'],
  ['491701234567', '+491701234567'],
  ['\u202a+98\u00a0912\u2011345\u20136789\u202c', '+989123456789'],
  ['+1234567', '+1234567'],
  ['+123456789012345', '+123456789012345'],
] as const)('%s is the number %s', ([text, number]) => {
  expect(parsePhoneNumber(text)).toBe(number)
})

test.for(['', '+', '123456', '1234567890123456', '+0123456789', 'call me', '+49170x1234567', '00'])(
  '"%s" is no number, and an example is',
  (text) => {
    expect(() => parsePhoneNumber(text)).toThrow(/for example \+\d{7,}/)
  },
)

test('whatever is taken for a number is E.164, and means itself', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      let number: string
      try {
        number = parsePhoneNumber(text)
      } catch (error) {
        expect(error).toMatchObject({ code: 'usage' })
        return
      }
      expect(number).toMatch(/^\+[1-9]\d{6,14}$/)
      expect(parsePhoneNumber(number)).toBe(number)
    }),
  )
})

describe('settings', () => {
  test.for(['wss://web.whatsapp.com/ws/chat', 'ws://127.0.0.1:9000/ws', 'ws://localhost:1', 'ws://[::1]:9000/x'])(
    'WhatsApp may be at %s',
    (url) => {
      expect(parseSettings({ WHATSAPP_WS_URL: url }).WHATSAPP_WS_URL).toBe(url)
    },
  )

  test.for([
    'ws://web.whatsapp.com/ws',
    'ws://10.0.0.5:9000',
    'ws://127.0.0.1.evil.test/',
    'ws://localhost.evil.test',
    'ws://127.0.0.1@evil.test/',
    'http://127.0.0.1:9000',
    'nonsense',
  ])('WhatsApp is not at %s', (url) => {
    expect(() => parseSettings({ WHATSAPP_WS_URL: url })).toThrow(/WHATSAPP_WS_URL: must/)
  })

  test('a version is three numbers', () => {
    expect(parseSettings({ WA_WEB_VERSION: '2.3000.1043857760' }).WA_WEB_VERSION).toEqual([2, 3000, 1043857760])
    expect(parseSettings({ WA_WEB_VERSION: '2,3000,1' }).WA_WEB_VERSION).toEqual([2, 3000, 1])
    expect(parseSettings({}).WA_WEB_VERSION).toBeUndefined()
    for (const text of ['2.3000', 'latest', '2.3000.x', '2.3000.1.1']) {
      expect(() => parseSettings({ WA_WEB_VERSION: text })).toThrow(/WA_WEB_VERSION: must be three numbers/)
    }
  })
})
