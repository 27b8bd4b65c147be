/**
 * Pictures of products: uploaded once in a worker's life, and named by Telegram's own id for them from then on, which is
 * good for one bot.
 */
import type { PhotoSize } from 'telegraf/types'
import type { GatewayClient } from '../gateway-client.ts'
import type { Picture } from '../shop/screen.ts'

const keptMax = 500

export class Pictures {
  readonly #gateway: GatewayClient
  readonly #fileIds = new Map<string, string>()

  constructor(gateway: GatewayClient) {
    this.#gateway = gateway
  }

  /** What `sendPhoto` takes; undefined when the picture is gone. */
  async find(picture: Picture): Promise<string | { source: Buffer; filename: string } | undefined> {
    const known = this.#fileIds.get(keyOf(picture))
    if (known !== undefined) return known
    const { picture: bytes } = await this.#gateway.call('picture', { product: picture.product })
    return bytes === null ? undefined : { source: Buffer.from(bytes, 'base64'), filename: 'picture' }
  }

  /** Notes by which id Telegram knows a picture now. */
  keep(picture: Picture, sizes: readonly PhotoSize[]): void {
    const largest = sizes.at(-1)
    const oldest = this.#fileIds.keys().next()
    if (this.#fileIds.size >= keptMax && oldest.done !== true) this.#fileIds.delete(oldest.value)
    if (largest !== undefined) this.#fileIds.set(keyOf(picture), largest.file_id)
  }

  /** Telegram does not know it by that id any more. */
  forget(picture: Picture): void {
    this.#fileIds.delete(keyOf(picture))
  }
}

function keyOf({ product, version }: Picture): string {
  return `${product} ${version}`
}
