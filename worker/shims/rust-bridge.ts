/**
 * Stands in for whatsapp-rust-bridge behind Baileys: two megabytes of WebAssembly for four functions that node's own
 * cryptography does as well (test/worker/whatsapp/shims.test.ts holds the two against each other).
 */
const { createHash, hkdfSync } = process.getBuiltinModule('node:crypto')

export function md5(bytes: Uint8Array): Uint8Array {
  return createHash('md5').update(bytes).digest()
}

export function hkdf(
  bytes: Uint8Array,
  length: number,
  { salt, info = '' }: { readonly salt?: Uint8Array | null; readonly info?: string | null },
): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', bytes, salt ?? new Uint8Array(), info ?? '', length))
}

/** The keys of what a phone tells its devices of its settings. */
export function expandAppStateKeys(key: Uint8Array): Readonly<Record<string, Uint8Array>> {
  const keys = hkdf(key, 160, { info: 'WhatsApp Mutation Keys' })
  const part = (at: number) => keys.slice(at * 32, at * 32 + 32)
  return {
    indexKey: part(0),
    valueEncryptionKey: part(1),
    valueMacKey: part(2),
    snapshotMacKey: part(3),
    patchMacKey: part(4),
  }
}

const sumBytes = 128

/** A sum over what was set and taken away, in any order: 64 numbers of 16 bits, each by itself. */
export class LTHashAntiTampering {
  subtractThenAdd(base: Uint8Array, subtract: readonly Uint8Array[], add: readonly Uint8Array[]): Uint8Array {
    const sum = Buffer.from(base)
    for (const bytes of subtract) this.#apply(sum, bytes, -1)
    for (const bytes of add) this.#apply(sum, bytes, 1)
    return new Uint8Array(sum)
  }

  #apply(sum: Buffer, bytes: Uint8Array, sign: 1 | -1): void {
    const change = Buffer.from(hkdf(bytes, sumBytes, { info: 'WhatsApp Patch Integrity' }))
    for (let at = 0; at < sumBytes; at += 2) {
      sum.writeUInt16LE((sum.readUInt16LE(at) + sign * change.readUInt16LE(at)) & 0xffff, at)
    }
  }
}
