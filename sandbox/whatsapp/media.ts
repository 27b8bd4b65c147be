/** Files as they travel: encrypted with a key that only the message carries. */
import { createCipheriv, createHash, createHmac, randomBytes } from 'node:crypto'
import { aesDecryptWithIV, getMediaKeys, type proto } from '@whiskeysockets/baileys'

export type MediaKind = 'image' | 'document'

const macBytes = 10

export interface SealedMedia {
  readonly mediaKey: Buffer
  readonly sealed: Buffer
  readonly fileSha256: Buffer
  readonly fileEncSha256: Buffer
}

export async function sealMedia(kind: MediaKind, bytes: Buffer): Promise<SealedMedia> {
  const mediaKey = randomBytes(32)
  const { iv, cipherKey, macKey } = await getMediaKeys(mediaKey, kind)
  const cipher = createCipheriv('aes-256-cbc', cipherKey, iv)
  const body = Buffer.concat([cipher.update(bytes), cipher.final()])
  const sealed = Buffer.concat([body, macOf(macKey, iv, body)])
  return { mediaKey, sealed, fileSha256: sha256(bytes), fileEncSha256: sha256(sealed) }
}

/** Opens what a message points to. Throws when its key, its mac or one of its hashes is wrong. */
export async function openMedia(
  kind: MediaKind,
  message: proto.Message.IImageMessage | proto.Message.IDocumentMessage,
  sealed: Buffer,
): Promise<Buffer> {
  const { iv, cipherKey, macKey } = await getMediaKeys(message.mediaKey, kind)
  const body = sealed.subarray(0, -macBytes)
  if (!macOf(macKey, iv, body).equals(sealed.subarray(-macBytes))) throw new Error(`the mac of the ${kind} is wrong`)
  const bytes = aesDecryptWithIV(body, Buffer.from(cipherKey), Buffer.from(iv))
  const { fileSha256, fileEncSha256 } = message
  if (!fileSha256 || !sha256(bytes).equals(fileSha256)) throw new Error(`the hash of the ${kind} is wrong`)
  if (!fileEncSha256 || !sha256(sealed).equals(fileEncSha256)) throw new Error(`the outer hash of the ${kind} is wrong`)
  return bytes
}

function macOf(key: Uint8Array | undefined, iv: Uint8Array, body: Uint8Array): Buffer {
  if (key === undefined) throw new Error('a media key gives a key for the mac')
  return createHmac('sha256', key).update(iv).update(body).digest().subarray(0, macBytes)
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest()
}
