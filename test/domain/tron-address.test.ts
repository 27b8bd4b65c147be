import { createHash, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isTronAddress, tronAddressOf } from '../../domain/tron-address.ts'

const alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
const character = fc.nat(57).map((at) => alphabet.charAt(at))
const account = fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => Buffer.from(bytes))
const address = account.map(tronAddressOf)

test("known addresses are addresses: the contract of USDT, and the seed's", () => {
  expect(isTronAddress('TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t')).toBe(true)
  expect(isTronAddress('T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb')).toBe(true)
  expect(tronAddressOf(Buffer.alloc(20))).toBe('T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb')
  expect(tronAddressOf(Buffer.from('a614f803b6fd780986a42c78ec9c7f77e6ded13c', 'hex'))).toBe(
    'TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t',
  )
})

test('every account has an address of 34 characters that begins with T', () => {
  fc.assert(
    fc.property(address, (text) => {
      expect(text).toMatch(/^T.{33}$/)
      expect(isTronAddress(text)).toBe(true)
    }),
  )
})

test('one mistyped character is found, wherever it is', () => {
  fc.assert(
    fc.property(address, fc.nat(33), character, (text, at, typed) => {
      fc.pre(text[at] !== typed)
      expect(isTronAddress(`${text.slice(0, at)}${typed}${text.slice(at + 1)}`)).toBe(false)
    }),
    { numRuns: 2000 },
  )
})

test('two neighbours that changed places are found', () => {
  fc.assert(
    fc.property(address, fc.integer({ min: 1, max: 32 }), (text, at) => {
      fc.pre(text[at] !== text[at + 1])
      const swapped = `${text.slice(0, at)}${text[at + 1]}${text[at]}${text.slice(at + 2)}`
      expect(isTronAddress(swapped)).toBe(false)
    }),
  )
})

test('any other text is none, and breaks nothing', () => {
  fc.assert(fc.property(fc.string(), (text) => !isTronAddress(text)))
  fc.assert(
    fc.property(fc.string({ unit: character, minLength: 33, maxLength: 33 }), (rest) => {
      expect(isTronAddress(`T${rest}`)).toBe(false)
    }),
  )
  for (const text of ['', 'T', 'O'.repeat(34), `T${'0'.repeat(33)}`, 'TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t ']) {
    expect(isTronAddress(text)).toBe(false)
  }
})

test("another network's address with a good checksum is none", () => {
  const payload = Buffer.concat([Buffer.of(0x00), randomBytes(20)])
  const sha = (bytes: Buffer) => createHash('sha256').update(bytes).digest()
  const all = Buffer.concat([payload, sha(sha(payload)).subarray(0, 4)])
  let value = BigInt(`0x${all.toString('hex')}`)
  let text = ''
  for (; value > 0n; value /= 58n) text = `${alphabet[Number(value % 58n)]}${text}`
  expect(isTronAddress(`1${text}`)).toBe(false)
  expect(isTronAddress(`T${text}`.slice(0, 34))).toBe(false)
})

test('bytes that are no account are refused', () => {
  expect(() => tronAddressOf(Buffer.alloc(21))).toThrow(RangeError)
})
