import type { IncomingMessage } from 'node:http'

/** A form may bring a file; nothing else is as large. */
const formBytesMax = 60 * 1024 * 1024
const bytesMax = 1024 * 1024

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
 * Throws `BodyTooLarge` beyond 60 MiB in a form and 1 MiB otherwise, and `UnreadableBody` for what is not of the type it says.
 */
export async function readBody(request: IncomingMessage, query: URLSearchParams): Promise<Body> {
  const values: Record<string, unknown> = Object.assign(Object.create(null), Object.fromEntries(query))
  const uploads = new Map<string, Upload>()
  const type = request.headers['content-type'] ?? ''
  const isForm = type.startsWith('multipart/form-data')
  const bytes = await readBytes(request, isForm ? formBytesMax : bytesMax)
  if (bytes.length === 0) return { values, uploads }
  if (type.startsWith('application/json')) Object.assign(values, parseObject(bytes.toString('utf8')))
  else if (isForm) await readForm(bytes, type, values, uploads)
  else Object.assign(values, Object.fromEntries(new URLSearchParams(bytes.toString('utf8'))))
  return { values, uploads }
}

async function readBytes(request: IncomingMessage, most: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += (chunk as Buffer).length
    if (size > most) throw new BodyTooLarge()
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
