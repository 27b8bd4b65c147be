import type { MediaKind, SealedMedia } from './seal-media.ts'

const limitMs = 60_000
const answerCharactersMax = 64 * 1024

/** Where files go, as the server says to the device. */
export interface MediaPlaces {
  readonly hosts: readonly string[]
  readonly auth: string
  /** `http:` only beside a server on loopback. */
  readonly protocol: 'https:' | 'http:'
}

export interface UploadedMedia {
  readonly url: string
  readonly directPath: string
}

/** Stores a sealed file at the first of the hosts that takes it; rejects when none does. */
export async function uploadMedia(
  kind: MediaKind,
  { sealed, fileEncSha256 }: SealedMedia,
  { hosts, auth, protocol }: MediaPlaces,
): Promise<UploadedMedia> {
  const name = fileEncSha256.toString('base64url')
  let last = 'the server names no host for files'
  for (const host of hosts) {
    const url = new URL(`${protocol}//${host}/mms/${kind}/${name}`)
    url.searchParams.set('auth', auth)
    url.searchParams.set('token', name)
    try {
      return await post(url, sealed)
    } catch (error) {
      last = error instanceof Error ? error.message : 'no answer'
    }
  }
  throw new Error(`the file could not be uploaded: ${last}`)
}

function post(url: URL, body: Buffer): Promise<UploadedMedia> {
  const isPlain = url.protocol === 'http:'
  const { request } = process.getBuiltinModule(isPlain ? 'node:http' : 'node:https')
  const agent = isPlain ? undefined : new (process.getBuiltinModule('node:https').Agent)({ proxyEnv: process.env })
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/octet-stream',
      'content-length': body.length,
      origin: 'https://web.whatsapp.com',
    }
    const sent = request(url, { method: 'POST', headers, timeout: limitMs, agent }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
        if (text.length > answerCharactersMax) response.destroy(new Error('the answer is too long'))
      })
      response.on('error', reject)
      response.on('end', () => {
        if (response.statusCode !== 200) return reject(new Error(`status ${response.statusCode ?? 0}`))
        try {
          resolve(decode(JSON.parse(text)))
        } catch {
          reject(new Error('the answer is no upload'))
        }
      })
    })
    sent.on('timeout', () => sent.destroy(new Error('no answer in time')))
    sent.on('error', reject)
    sent.end(body)
  })
}

function decode(answer: unknown): UploadedMedia {
  const { url, direct_path: directPath } = answer as { url?: unknown; direct_path?: unknown }
  if (typeof url !== 'string' || typeof directPath !== 'string') throw new Error('no place')
  return { url, directPath }
}
