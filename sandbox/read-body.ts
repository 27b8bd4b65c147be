import type { IncomingMessage } from 'node:http'

const bytesMax = 60 * 1024 * 1024

export class BodyTooLarge extends Error {}
export class UnreadableBody extends Error {}

/** A file that came in a multipart body. */
export interface Upload {
  readonly name: string
  readonly type: string
  readonly bytes: Buffer
}

export interface Body {
  readonly values: Record<string, unknown>
  readonly uploads: Map<string, Upload>
}

/**
 * Reads parameters from the query and from a JSON, urlencoded or multipart body, as the real server does.
 * Throws `BodyTooLarge` beyond 60 MiB, and `UnreadableBody` for what is not of the type it says.
 */
export async function readBody(request: IncomingMessage, query: URLSearchParams): Promise<Body> {
  const values: Record<string, unknown> = Object.assign(Object.create(null), Object.fromEntries(query))
  const uploads = new Map<string, Upload>()
  const bytes = await readBytes(request)
  if (bytes.length === 0) return { values, uploads }
  const type = request.headers['content-type'] ?? ''
  if (type.startsWith('application/json')) Object.assign(values, parseObject(bytes.toString('utf8')))
  else if (type.startsWith('multipart/form-data')) await readForm(bytes, type, values, uploads)
  else Object.assign(values, Object.fromEntries(new URLSearchParams(bytes.toString('utf8'))))
  return { values, uploads }
}

async function readBytes(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += (chunk as Buffer).length
    if (size > bytesMax) throw new BodyTooLarge()
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks)
}

function parseObject(text: string): object {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (cause) {
    throw new UnreadableBody('invalid JSON', { cause })
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new UnreadableBody('JSON object expected')
  }
  return parsed
}

async function readForm(
  bytes: Buffer,
  type: string,
  values: Record<string, unknown>,
  uploads: Map<string, Upload>,
): Promise<void> {
  const form = await new Response(new Uint8Array(bytes), { headers: { 'content-type': type } })
    .formData()
    .catch((cause: unknown) => {
      throw new UnreadableBody('invalid multipart body', { cause })
    })
  for (const [name, value] of form) {
    if (typeof value === 'string') values[name] = value
    else uploads.set(name, { name: value.name, type: value.type, bytes: Buffer.from(await value.arrayBuffer()) })
  }
}
