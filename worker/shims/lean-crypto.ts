/**
 * Stands in for the global of this name in Baileys, which takes its `subtle` as it is loaded: that is a second
 * cryptography, loaded here when a pairing code is made and not before.
 */
type Subtle = typeof globalThis.crypto.subtle

const subtle = () => process.getBuiltinModule('node:crypto').webcrypto.subtle

export const leanCrypto = {
  subtle: {
    importKey: (...given: Parameters<Subtle['importKey']>) => subtle().importKey(...given),
    deriveBits: (...given: Parameters<Subtle['deriveBits']>) => subtle().deriveBits(...given),
  },
}
