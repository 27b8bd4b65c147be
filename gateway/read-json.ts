import type { IncomingMessage } from 'node:http'
import { Failure } from '../domain/failure.ts'

/** A first login of WhatsApp stores 812 keys at once, in a fifth of this. */
const bodyBytesMax = 1024 * 1024

export class BodyTooLarge extends Error {}

/** Reads a JSON body of at most 1 MiB. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    const bytes = chunk as Buffer
    size += bytes.length
    if (size > bodyBytesMax) throw new BodyTooLarge(`a body may have ${bodyBytesMax} bytes`)
    chunks.push(bytes)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown
  } catch (cause) {
    throw new Failure('usage', 'the body is not JSON', { cause })
  }
}
