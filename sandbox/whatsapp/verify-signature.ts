/**
 * Verifies signatures of Curve25519 keys (XEdDSA). The library's own `Curve.verify` is of no use here: it says yes
 * unless verifying throws, and a wrong signature does not throw.
 */
import { createPublicKey, verify } from 'node:crypto'

const prime = 2n ** 255n - 19n

/** @returns whether this Montgomery public key (32 bytes) signed the message. */
export function verifySignature(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false
  const u = BigInt(`0x${Buffer.from(publicKey).reverse().toString('hex')}`)
  const y = modulo((u - 1n) * power(modulo(u + 1n), prime - 2n))
  const edwards = Buffer.from(y.toString(16).padStart(64, '0'), 'hex').reverse()
  const plain = Buffer.from(signature)
  const sign = plain.readUInt8(63) & 0x80
  edwards.writeUInt8(edwards.readUInt8(31) | sign, 31)
  plain.writeUInt8(plain.readUInt8(63) & 0x7f, 63)
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: edwards.toString('base64url') }
  return verify(null, message, createPublicKey({ key: jwk, format: 'jwk' }), plain)
}

function modulo(value: bigint): bigint {
  const rest = value % prime
  return rest < 0n ? rest + prime : rest
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  for (let square = base, left = exponent; left > 0n; left >>= 1n, square = modulo(square * square)) {
    if (left & 1n) result = modulo(result * square)
  }
  return result
}
