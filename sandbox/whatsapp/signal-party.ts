/**
 * A real Signal party that is not the client under test: a phone with its identity, its keys and its sessions. It uses
 * the library's own repository on a key store in memory.
 */
import {
  type AuthenticationCreds,
  addTransactionCapability,
  Curve,
  DEFAULT_CONNECTION_CONFIG,
  encodeWAMessage,
  generateSignalPubKey,
  initAuthCreds,
  makeCacheableSignalKeyStore,
  proto,
  type SignalDataTypeMap,
  type SignalKeyStore,
  type SignalRepositoryWithLIDStore,
  unpadRandomMax16,
} from '@whiskeysockets/baileys'

/** What a stranger needs to begin a session with a device. Public keys are of 32 bytes. */
export interface KeyBundle {
  readonly registrationId: number
  readonly identity: Uint8Array
  readonly signedPreKey: { readonly keyId: number; readonly publicKey: Uint8Array; readonly signature: Uint8Array }
  readonly preKey?: { readonly keyId: number; readonly publicKey: Uint8Array } | undefined
}

export interface Ciphertext {
  readonly type: 'pkmsg' | 'msg'
  readonly ciphertext: Uint8Array
}

/** All that a party is, as plain values with bytes in them. */
export interface KeptParty {
  readonly creds: AuthenticationCreds
  readonly keys: readonly (readonly [string, unknown])[]
  readonly nextPreKeyId: number
}

type Logger = Parameters<typeof makeCacheableSignalKeyStore>[1] & object

const silent: Logger = {
  level: 'silent',
  child: () => silent,
  trace: () => {},
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
}

export class SignalParty {
  readonly #creds: AuthenticationCreds
  readonly #values: Map<string, unknown>
  readonly #keys: SignalKeyStore
  readonly #repository: SignalRepositoryWithLIDStore
  #nextPreKeyId: number

  /** A new party, or one that was kept. */
  constructor(kept?: KeptParty) {
    this.#creds = kept?.creds ?? initAuthCreds()
    this.#values = new Map(kept?.keys)
    this.#keys = memoryKeys(this.#values)
    this.#nextPreKeyId = kept?.nextPreKeyId ?? 1
    const keys = addTransactionCapability(this.#keys, silent, { maxCommitRetries: 1, delayBetweenTriesMs: 0 })
    this.#repository = DEFAULT_CONNECTION_CONFIG.makeSignalRepository({ creds: this.#creds, keys }, silent)
  }

  keep(): KeptParty {
    return { creds: this.#creds, keys: [...this.#values], nextPreKeyId: this.#nextPreKeyId }
  }

  get identity(): { readonly public: Uint8Array; readonly private: Uint8Array } {
    return this.#creds.signedIdentityKey
  }

  get registrationId(): number {
    return this.#creds.registrationId
  }

  /** A bundle with a pre-key that nobody else gets. */
  async bundle(): Promise<KeyBundle> {
    const pair = Curve.generateKeyPair()
    const keyId = this.#nextPreKeyId
    this.#nextPreKeyId += 1
    await this.#keys.set({ 'pre-key': { [String(keyId)]: pair } })
    const { keyPair, signature, keyId: signedId } = this.#creds.signedPreKey
    return {
      registrationId: this.registrationId,
      identity: this.identity.public,
      signedPreKey: { keyId: signedId, publicKey: keyPair.public, signature },
      preKey: { keyId, publicKey: pair.public },
    }
  }

  async hasSession(jid: string): Promise<boolean> {
    return (await this.#repository.validateSession(jid)).exists
  }

  /** Begins a session with a device, in place of any other. */
  async beginSession(jid: string, bundle: KeyBundle): Promise<void> {
    const { keyId, publicKey, signature } = bundle.signedPreKey
    const session = {
      registrationId: bundle.registrationId,
      identityKey: generateSignalPubKey(bundle.identity),
      signedPreKey: { keyId, publicKey: generateSignalPubKey(publicKey), signature },
    }
    const preKey = bundle.preKey && {
      keyId: bundle.preKey.keyId,
      publicKey: generateSignalPubKey(bundle.preKey.publicKey),
    }
    await this.#repository.injectE2ESession({ jid, session: preKey ? { ...session, preKey } : session })
  }

  async forgetSession(jid: string): Promise<void> {
    await this.#repository.deleteSession([jid])
  }

  async encrypt(jid: string, message: proto.IMessage): Promise<Ciphertext> {
    return this.#repository.encryptMessage({ jid, data: encodeWAMessage(message) })
  }

  /** Throws when it cannot be decrypted. */
  async decrypt(jid: string, type: string, ciphertext: Uint8Array): Promise<proto.Message> {
    if (type !== 'pkmsg' && type !== 'msg') throw new Error(`cannot decrypt ${type}`)
    const plain = await this.#repository.decryptMessage({ jid, type, ciphertext })
    return proto.Message.decode(unpadRandomMax16(plain))
  }

  /** For a group or the status list: the ciphertext for all, and the key that goes to each device once. */
  async encryptForGroup(
    group: string,
    ownJid: string,
    message: proto.IMessage,
  ): Promise<{ ciphertext: Uint8Array; senderKey: proto.IMessage }> {
    const sealed = await this.#repository.encryptGroupMessage({ group, meId: ownJid, data: encodeWAMessage(message) })
    const axolotlSenderKeyDistributionMessage = sealed.senderKeyDistributionMessage
    const senderKey = { senderKeyDistributionMessage: { groupId: group, axolotlSenderKeyDistributionMessage } }
    return { ciphertext: sealed.ciphertext, senderKey }
  }

  close(): void {
    this.#repository.close?.()
  }
}

function memoryKeys(values: Map<string, unknown>): SignalKeyStore {
  return {
    get: async <T extends keyof SignalDataTypeMap>(type: T, ids: string[]) => {
      const found: Record<string, SignalDataTypeMap[T]> = {}
      for (const id of ids) {
        const value = values.get(`${type}/${id}`)
        if (value !== undefined) found[id] = value as SignalDataTypeMap[T]
      }
      return found
    },
    set: async (data) => {
      for (const [type, entries] of Object.entries(data)) {
        for (const [id, value] of Object.entries(entries)) {
          if (value === null || value === undefined) values.delete(`${type}/${id}`)
          else values.set(`${type}/${id}`, value)
        }
      }
    },
  }
}
