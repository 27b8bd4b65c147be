/** The account's and the device's signatures that make a companion a device of an account (ADV). */
import { randomInt } from 'node:crypto'
import { Curve, hmacSign, proto, WA_ADV_ACCOUNT_SIG_PREFIX, WA_ADV_DEVICE_SIG_PREFIX } from '@whiskeysockets/baileys'
import type { Account, Device } from './account.ts'
import { verifySignature } from './verify-signature.ts'

/** What the phone signs for a new device, sealed with the secret that it shares with that device. */
export function signedDeviceIdentity(
  account: Account,
  device: Device,
  advSecret: Buffer,
): { details: Uint8Array; sealed: Uint8Array } {
  const timestamp = Math.floor(Date.now() / 1000)
  const details = proto.ADVDeviceIdentity.encode({
    rawId: randomInt(1, 2 ** 31),
    timestamp,
    keyIndex: device.id,
  }).finish()
  const identity = account.party.identity
  const signed = Buffer.concat([WA_ADV_ACCOUNT_SIG_PREFIX, details, device.identity])
  const inner = proto.ADVSignedDeviceIdentity.encode({
    details,
    accountSignatureKey: identity.public,
    accountSignature: Curve.sign(identity.private, signed),
  }).finish()
  const hmac = hmacSign(Buffer.from(inner), advSecret)
  return { details, sealed: proto.ADVSignedDeviceIdentityHMAC.encode({ details: inner, hmac }).finish() }
}

/** Whether the device has signed these details with the identity that it registered with. */
export function isSignedByDevice(account: Account, device: Device, details: Uint8Array, answer: Uint8Array): boolean {
  const { deviceSignature, details: claimed } = proto.ADVSignedDeviceIdentity.decode(answer)
  if (!deviceSignature || !claimed || !Buffer.from(claimed).equals(details)) return false
  const parts = [WA_ADV_DEVICE_SIG_PREFIX, details, device.identity, account.party.identity.public]
  return verifySignature(device.identity, Buffer.concat(parts), deviceSignature)
}
