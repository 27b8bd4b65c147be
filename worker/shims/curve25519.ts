/**
 * Stands in for curve25519-js behind libsignal. To verify a signature, which a login does twice, that package makes nine
 * thousand small arrays outside of V8's heap, and V8 compiles functions of thousands of lines for it: megabytes of
 * malloc's, which do not come back in one piece. Here node's own Ed25519 verifies (test/worker/whatsapp/shims.test.ts
 * holds the two against each other). To sign, which linking a device does, takes a secret and stays theirs.
 */
export { generateKeyPair, sharedKey, sign } from 'curve25519-js'

/** 2 ** 255 - 19 */
const prime = 57896044618658097711785492504343953926634992332820282019728792003956564819949n
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex')
const signBit = 0x80

/**
 * Whether a signature of XEdDSA (https://signal.org/docs/specifications/xeddsa/) is one of this Curve25519 key, of 32
 * bytes. Throws for keys and signatures of another length.
 */
export function verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== 64) throw new Error('wrong signature length')
  if (publicKey.length !== 32) throw new Error('wrong public key length')
  const { createPublicKey, verify: verifies } = process.getBuiltinModule('node:crypto')
  const edwards = edwardsOf(publicKey)
  const plain = Buffer.from(signature)
  // Which of two points the key means stands in the signature's last bit.
  edwards[31] = at(edwards, 31) | (at(plain, 63) & signBit)
  plain[63] = at(plain, 63) & ~signBit
  const key = createPublicKey({ key: Buffer.concat([spkiPrefix, edwards]), format: 'der', type: 'spki' })
  return verifies(null, message, key, plain)
}

/** The same point on the curve that Ed25519 uses: y = (u - 1) / (u + 1). */
function edwardsOf(publicKey: Uint8Array): Buffer {
  const bytes = Buffer.from(publicKey).reverse()
  bytes[0] = at(bytes, 0) & ~signBit
  const u = BigInt(`0x${bytes.toString('hex')}`)
  const y = ((u - 1n + prime) * inverse(u + 1n)) % prime
  return Buffer.from(y.toString(16).padStart(64, '0'), 'hex').reverse()
}

/** By Fermat; of nothing, nothing. */
function inverse(value: bigint): bigint {
  let result = 1n
  let power = value % prime
  for (let left = prime - 2n; left > 0n; left >>= 1n) {
    if ((left & 1n) === 1n) result = (result * power) % prime
    power = (power * power) % prime
  }
  return result
}

function at(bytes: Uint8Array, index: number): number {
  return bytes[index] ?? 0
}
