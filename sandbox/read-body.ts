import type { IncomingMessage } from 'node:http'

const bytesMax = 60 * 1024 * 1024

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

/** Reads parameters from the query and from a JSON, urlencoded or multipart body, as the real server does. */
export async function readBody(request: IncomingMessage, query: URLSearchParams): Promise<Body> {
  const values: Record<string, unknown> = Object.fromEntries(query)
  const uploads = new Map<string, Upload>()
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += (chunk as Buffer).length
    if (size > bytesMax) throw new Error('the body is too large')
    chunks.push(chunk as Buffer)
  }
  if (size === 0) return { values, uploads }
  const bytes = Buffer.concat(chunks)
  const type = request.headers['content-type'] ?? ''
  if (type.startsWith('application/json')) Object.assign(values, JSON.parse(bytes.toString('utf8')))
  else if (type.startsWith('multipart/form-data')) await readForm(bytes, type, values, uploads)
  else Object.assign(values, Object.fromEntries(new URLSearchParams(bytes.toString('utf8'))))
  return { values, uploads }
}

async function readForm(
  bytes: Buffer,
  type: string,
  values: Record<string, unknown>,
  uploads: Map<string, Upload>,
): Promise<void> {
  const form = await new Response(new Uint8Array(bytes), { headers: { 'content-type': type } }).formData()
  for (const [name, value] of form) {
    if (typeof value === 'string') values[name] = value
    else uploads.set(name, { name: value.name, type: value.type, bytes: Buffer.from(await value.arrayBuffer()) })
  }
}
