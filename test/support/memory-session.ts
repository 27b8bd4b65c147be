/** What a gateway keeps of a WhatsApp device, in memory: for tests of the worker's parts without a database. */
import type { GatewayAnswer, GatewayCallName, GatewayRequest } from '../../domain/worker-contract.ts'
import type { GatewayClient } from '../../worker/gateway-client.ts'

type Stored = GatewayRequest<'waStore'>

export class MemorySession {
  creds: string | null = null
  linked = false
  readonly keys = new Map<string, string>()
  /** Every call, oldest first. */
  readonly calls: { readonly name: GatewayCallName; readonly body: unknown }[] = []
  /** What the worker said of its request to pair. */
  readonly news: GatewayRequest<'waPairing'>['news'][] = []
  /** The request is closed by somebody else. */
  pairingIsClosed = false
  /** Called before a call is answered; what it throws, the call does. */
  before: (name: GatewayCallName, body: unknown) => Promise<void> | void = () => {}

  count(name: GatewayCallName): number {
    return this.calls.filter((call) => call.name === name).length
  }

  /** As a gateway client has it. */
  get gateway(): Pick<GatewayClient, 'call'> {
    return {
      call: async <N extends GatewayCallName>(name: N, body: GatewayRequest<N>): Promise<GatewayAnswer<N>> => {
        this.calls.push({ name, body })
        await this.before(name, body)
        return this.#answer(name, body) as GatewayAnswer<N>
      },
    }
  }

  #answer(name: GatewayCallName, body: unknown): unknown {
    switch (name) {
      case 'waOpen':
        return { creds: this.creds, linked: this.linked }
      case 'waKeys': {
        const { type, ids } = body as GatewayRequest<'waKeys'>
        return { values: Object.fromEntries(ids.map((id) => [id, this.keys.get(`${type}/${id}`) ?? null])) }
      }
      case 'waStore':
        this.#store(body as Stored)
        return {}
      case 'waForget':
        this.creds = null
        this.linked = false
        this.keys.clear()
        return {}
      case 'waPairing':
        this.news.push((body as GatewayRequest<'waPairing'>).news)
        return { open: !this.pairingIsClosed }
      case 'unsteady':
        return {}
      default:
        throw new Error(`nobody expected ${name}`)
    }
  }

  #store({ creds, linked, keys }: Stored): void {
    if (creds !== null) {
      this.creds = creds
      this.linked = linked
    }
    for (const { type, id, value } of keys) {
      if (value === null) this.keys.delete(`${type}/${id}`)
      else this.keys.set(`${type}/${id}`, value)
    }
  }
}
