/** The server's half of Noise_XX_25519_AESGCM_SHA256 as WhatsApp speaks it: `WA`, 06, the dictionary's version 03. */
import { randomBytes } from 'node:crypto'
import {
  aesDecryptGCM,
  aesEncryptGCM,
  Curve,
  hkdf,
  NOISE_MODE,
  NOISE_WA_HEADER,
  proto,
  sha256,
} from '@whiskeysockets/baileys'

const nothing = Buffer.alloc(0)

/** Cuts the stream of bytes into frames: an introduction, then frames with a length of three bytes each. */
export class FrameReader {
  #bytes: Buffer = nothing
  #introduced = false

  /** @returns the whole frames; throws when the introduction is not this protocol's. */
  read(bytes: Buffer): Buffer[] {
    this.#bytes = Buffer.concat([this.#bytes, bytes])
    if (!this.#introduced && !this.#readIntroduction()) return []
    const frames: Buffer[] = []
    while (this.#bytes.length >= 3) {
      const end = 3 + this.#bytes.readUIntBE(0, 3)
      if (this.#bytes.length < end) break
      frames.push(this.#bytes.subarray(3, end))
      this.#bytes = this.#bytes.subarray(end)
    }
    return frames
  }

  #readIntroduction(): boolean {
    let start = 0
    // A client that was told a route says it before the introduction.
    if (this.#bytes.subarray(0, 2).toString() === 'ED') {
      if (this.#bytes.length < 7) return false
      start = 7 + this.#bytes.readUIntBE(4, 3)
    }
    const end = start + NOISE_WA_HEADER.length
    if (this.#bytes.length < end) return false
    if (!this.#bytes.subarray(start, end).equals(NOISE_WA_HEADER)) throw new Error('the introduction is not WA 06 03')
    this.#bytes = this.#bytes.subarray(end)
    this.#introduced = true
    return true
  }
}

export function frameOf(bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(3)
  length.writeUIntBE(bytes.length, 0, 3)
  return Buffer.concat([length, bytes])
}

/** The symmetric state of the handshake; then two counters and two keys. */
export class NoiseServer {
  readonly #static: { readonly public: Uint8Array; readonly private: Uint8Array }
  readonly #ephemeral = Curve.generateKeyPair()
  #hash: Buffer = Buffer.from(NOISE_MODE)
  #salt: Uint8Array = this.#hash
  #key: Uint8Array = this.#hash
  #counter = 0
  #transport: { send: Uint8Array; receive: Uint8Array; sent: number; received: number } | undefined

  constructor(staticKey: { readonly public: Uint8Array; readonly private: Uint8Array }) {
    this.#static = staticKey
    this.#mixHash(NOISE_WA_HEADER)
  }

  /** The frame that answers the client's hello. */
  serverHello(clientHello: Buffer): Uint8Array {
    const ephemeral = proto.HandshakeMessage.decode(clientHello).clientHello?.ephemeral
    if (!ephemeral) throw new Error('the first frame is no client hello')
    this.#mixHash(ephemeral)
    this.#mixHash(this.#ephemeral.public)
    this.#mixKey(Curve.sharedKey(this.#ephemeral.private, ephemeral))
    const encryptedStatic = this.#encrypt(this.#static.public)
    this.#mixKey(Curve.sharedKey(this.#static.private, ephemeral))
    const payload = this.#encrypt(certificate(this.#static.public))
    return proto.HandshakeMessage.encode({
      serverHello: { ephemeral: this.#ephemeral.public, static: encryptedStatic, payload },
    }).finish()
  }

  /** Ends the handshake. @returns who the client says it is, and its static key, which it has proved. */
  clientFinish(frame: Buffer): { payload: proto.ClientPayload; noiseKey: Buffer } {
    const finish = proto.HandshakeMessage.decode(frame).clientFinish
    if (!finish?.static || !finish.payload) throw new Error('the second frame is no client finish')
    const noiseKey = this.#decrypt(finish.static)
    this.#mixKey(Curve.sharedKey(this.#ephemeral.private, noiseKey))
    const payload = proto.ClientPayload.decode(this.#decrypt(finish.payload))
    const keys = hkdf(nothing, 64, { salt: Buffer.from(this.#salt), info: '' })
    this.#transport = { receive: keys.subarray(0, 32), send: keys.subarray(32), sent: 0, received: 0 }
    return { payload, noiseKey }
  }

  seal(bytes: Uint8Array): Buffer {
    if (this.#transport === undefined) throw new Error('the handshake is not over')
    const sealed = aesEncryptGCM(bytes, this.#transport.send, counterIv(this.#transport.sent), nothing)
    this.#transport.sent += 1
    return sealed
  }

  open(bytes: Uint8Array): Buffer {
    if (this.#transport === undefined) throw new Error('the handshake is not over')
    const opened = aesDecryptGCM(bytes, this.#transport.receive, counterIv(this.#transport.received), nothing)
    this.#transport.received += 1
    return opened
  }

  #mixHash(bytes: Uint8Array): void {
    this.#hash = sha256(Buffer.concat([this.#hash, bytes]))
  }

  #mixKey(secret: Uint8Array): void {
    const keys = hkdf(Buffer.from(secret), 64, { salt: Buffer.from(this.#salt), info: '' })
    this.#salt = keys.subarray(0, 32)
    this.#key = keys.subarray(32)
    this.#counter = 0
  }

  #encrypt(bytes: Uint8Array): Buffer {
    const sealed = aesEncryptGCM(bytes, this.#key, counterIv(this.#counter), this.#hash)
    this.#counter += 1
    this.#mixHash(sealed)
    return sealed
  }

  #decrypt(bytes: Uint8Array): Buffer {
    const opened = aesDecryptGCM(bytes, this.#key, counterIv(this.#counter), this.#hash)
    this.#counter += 1
    this.#mixHash(bytes)
    return opened
  }
}

function counterIv(counter: number): Buffer {
  const iv = Buffer.alloc(12)
  iv.writeUInt32BE(counter, 8)
  return iv
}

/** Signed with noise: nobody but WhatsApp can sign it, and the client drops the verdict of its check. */
function certificate(serverKey: Uint8Array): Uint8Array {
  const { Details } = proto.CertChain.NoiseCertificate
  const intermediate = Details.encode({ serial: 1, issuerSerial: 0, key: Curve.generateKeyPair().public }).finish()
  const leaf = Details.encode({ serial: 2, issuerSerial: 1, key: serverKey }).finish()
  return proto.CertChain.encode({
    intermediate: { details: intermediate, signature: randomBytes(64) },
    leaf: { details: leaf, signature: randomBytes(64) },
  }).finish()
}
