/** What stands in for packages of Baileys', against these packages. */
import { randomBytes } from 'node:crypto'
import * as curve from 'curve25519-js'
import { describe, expect, test, vi } from 'vitest'
import * as bridge from 'whatsapp-rust-bridge'
import { verify } from '../../../worker/shims/curve25519.ts'
import { LRUCache } from '../../../worker/shims/lru-cache.ts'
import { NodeCache } from '../../../worker/shims/node-cache.ts'
import OneAfterTheOther from '../../../worker/shims/p-queue.ts'
import * as ours from '../../../worker/shims/rust-bridge.ts'

describe('cryptography without WebAssembly', () => {
  test('hashes and derived keys are the same', () => {
    for (const size of [0, 1, 32, 500]) {
      const bytes = randomBytes(size)
      expect(Buffer.from(ours.md5(bytes))).toEqual(Buffer.from(bridge.md5(bytes)))
      for (const length of [1, 32, 112, 160]) {
        for (const options of [{ info: 'a word' }, { info: '', salt: randomBytes(32) }, { info: '' }]) {
          const expected = Buffer.from(bridge.hkdf(bytes, length, options))
          expect(Buffer.from(ours.hkdf(bytes, length, options))).toEqual(expected)
        }
      }
    }
  })

  test('a signature is found good or bad alike', () => {
    const flipped = (bytes: Uint8Array, bit: number) => {
      const other = Uint8Array.from(bytes)
      other[bit >> 3] = (other[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      return other
    }
    const good: boolean[] = []
    for (let time = 0; time < 20; time += 1) {
      const key = curve.generateKeyPair(randomBytes(32))
      const message = Uint8Array.from(randomBytes(time * 7))
      const random = time % 2 === 0 ? undefined : Uint8Array.from(randomBytes(64))
      const signature = curve.sign(key.private, message, random)
      good.push(verify(key.public, message, signature))
      // The last bit belongs to the key: a signature of the one point is none of the other.
      for (const bit of [0, 255, 256, 500, 504, 511]) {
        const bad = flipped(signature, bit)
        expect([bit, verify(key.public, message, bad)]).toEqual([bit, curve.verify(key.public, message, bad)])
      }
      expect(verify(flipped(key.public, time), message, signature)).toBe(false)
      expect(verify(key.public, Uint8Array.from([...message, 1]), signature)).toBe(false)
      // Of a key only 255 bits count.
      expect(verify(flipped(key.public, 255), message, signature)).toBe(true)
      expect(curve.verify(flipped(key.public, 255), message, signature)).toBe(true)
    }
    expect(good).toEqual(good.map(() => true))
    expect(() => verify(new Uint8Array(31), new Uint8Array(3), new Uint8Array(64))).toThrow('wrong public key length')
    expect(() => verify(new Uint8Array(32), new Uint8Array(3), new Uint8Array(63))).toThrow('wrong signature length')
  })

  test('the keys of settings are the same', () => {
    const key = randomBytes(32)
    const theirs = bridge.expandAppStateKeys(key)
    const mine = ours.expandAppStateKeys(key)
    for (const name of ['indexKey', 'valueEncryptionKey', 'valueMacKey', 'snapshotMacKey', 'patchMacKey'] as const) {
      expect([name, Buffer.from(mine[name] ?? [])]).toEqual([name, Buffer.from(theirs[name])])
    }
  })

  test('the sum over settings is the same, and taken away again it is what it was', () => {
    const base = randomBytes(128)
    const [some, more] = [[randomBytes(32), randomBytes(32)], [randomBytes(32)]]
    const expected = new bridge.LTHashAntiTampering().subtractThenAdd(base, more, some)
    const sum = new ours.LTHashAntiTampering().subtractThenAdd(base, more, some)
    expect(Buffer.from(sum)).toEqual(Buffer.from(expected))
    expect(Buffer.from(new ours.LTHashAntiTampering().subtractThenAdd(sum, some, more))).toEqual(base)
  })
})

test('a cache forgets after its time, and the oldest where there are too many', () => {
  vi.useFakeTimers()
  try {
    const cache = new NodeCache({ stdTTL: 5 })
    cache.set('a', 1)
    expect([cache.get('a'), cache.has('a'), cache.get('b')]).toEqual([1, true, undefined])
    vi.advanceTimersByTime(5001)
    expect(cache.get('a')).toBeUndefined()
    for (let at = 0; at < 5001; at += 1) cache.set(String(at), at)
    expect([cache.get('0'), cache.get('1'), cache.get('5000')]).toEqual([undefined, 1, 5000])
  } finally {
    vi.useRealTimers()
  }
})

test('a bounded cache drops what was used longest ago, says so, and needs no timer', () => {
  const dropped: string[] = []
  const cache = new LRUCache({ max: 2, ttl: 1000, dispose: (_, key) => dropped.push(key) })
  cache.set('a', 1).set('b', 2)
  cache.get('a')
  cache.set('c', 3)
  expect(dropped).toEqual(['b'])
  expect([cache.get('a'), cache.get('b'), cache.has('c'), cache.size]).toEqual([1, undefined, true, 2])
  const unbounded = new LRUCache({ ttl: 1000 })
  for (let at = 0; at < 3000; at += 1) unbounded.set(String(at), at)
  expect(unbounded.size).toBe(2000)
})

test('one thing is done after the other, also after one that failed', async () => {
  const queue = new OneAfterTheOther({ concurrency: 1 })
  const done: string[] = []
  const first = queue.add(async () => {
    await Promise.resolve()
    done.push('first')
    throw new Error('no')
  })
  const second = queue.add(async () => done.push('second'))
  await expect(first).rejects.toThrow('no')
  await second
  expect(done).toEqual(['first', 'second'])
})
