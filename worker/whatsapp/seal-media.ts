/** Files as WhatsApp keeps them: encrypted under a key that only the message carries. */
export type MediaKind = 'image' | 'document'

export interface SealedMedia {
  readonly mediaKey: Buffer
  readonly sealed: Buffer
  readonly fileSha256: Buffer
  readonly fileEncSha256: Buffer
}

const info = { image: 'WhatsApp Image Keys', document: 'WhatsApp Document Keys' } as const
const macBytes = 10

export function sealMedia(kind: MediaKind, bytes: Uint8Array): SealedMedia {
  const crypto = process.getBuiltinModule('node:crypto')
  const mediaKey = crypto.randomBytes(32)
  const keys = Buffer.from(crypto.hkdfSync('sha256', mediaKey, Buffer.alloc(0), info[kind], 112))
  const [iv, cipherKey, macKey] = [keys.subarray(0, 16), keys.subarray(16, 48), keys.subarray(48, 80)]
  const cipher = crypto.createCipheriv('aes-256-cbc', cipherKey, iv)
  const body = Buffer.concat([cipher.update(bytes), cipher.final()])
  const mac = crypto.createHmac('sha256', macKey).update(iv).update(body).digest().subarray(0, macBytes)
  const sealed = Buffer.concat([body, mac])
  const sha256 = (given: Uint8Array) => crypto.createHash('sha256').update(given).digest()
  return { mediaKey, sealed, fileSha256: sha256(bytes), fileEncSha256: sha256(sealed) }
}
