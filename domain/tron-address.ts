/**
 * Addresses of the TRON network, where USDT is paid out (TRC20): base58check of 21 bytes that begin with 0x41, which
 * makes 34 characters beginning with T. The checksum is what finds a mistyped one.
 */
import { createHash } from 'node:crypto'

const alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
const version = 0x41
const payloadBytes = 21
const checksumBytes = 4

/** Whether the text is an address: its form, its version and its checksum. */
export function isTronAddress(text: string): boolean {
  if (!/^T[1-9A-HJ-NP-Za-km-z]{33}$/.test(text)) return false
  const bytes = decodeBase58(text)
  if (bytes?.length !== payloadBytes + checksumBytes) return false
  const payload = bytes.subarray(0, payloadBytes)
  return payload[0] === version && bytes.subarray(payloadBytes).equals(checksumOf(payload))
}

/** The address of an account: the last 20 bytes of its public key's hash. */
export function tronAddressOf(account: Buffer): string {
  if (account.length !== payloadBytes - 1) throw new RangeError('an account of TRON has 20 bytes')
  const payload = Buffer.concat([Buffer.of(version), account])
  return encodeBase58(Buffer.concat([payload, checksumOf(payload)]))
}

function checksumOf(payload: Buffer): Buffer {
  return sha256(sha256(payload)).subarray(0, checksumBytes)
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest()
}

/** No zeros lead here: the version byte is above 0. */
function encodeBase58(bytes: Buffer): string {
  let value = BigInt(`0x${bytes.toString('hex')}`)
  let text = ''
  for (; value > 0n; value /= 58n) text = `${alphabet[Number(value % 58n)]}${text}`
  return text
}

function decodeBase58(text: string): Buffer | undefined {
  let value = 0n
  for (const character of text) value = value * 58n + BigInt(alphabet.indexOf(character))
  const hex = value.toString(16)
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
}
