/** Asking another server of the same database, with a request that proves whose it is (domain/peer-token.ts). */
import { randomBytes } from 'node:crypto'
import { Failure } from '../domain/failure.ts'
import type { Keyring } from '../domain/keyring.ts'
import { signPeerRequest } from '../domain/peer-token.ts'
import { refusePeerUrl } from '../domain/peer-url.ts'

const answerWithinMs = 4000
const answerBytesMax = 4 * 1024 * 1024
/** The scheme of the Authorization header. */
export const peerScheme = 'Botfleet-Peer'

export interface Peer {
  readonly server: string
  /** As its row names it. */
  readonly url: string | null
}

/**
 * The JSON that a server answers to GET of a path with query. Throws `unavailable` naming the server when it cannot be
 * asked or does not answer as it should, `not_found` when it says so.
 */
export async function askPeer(
  peer: Peer,
  target: string,
  options: { readonly keyring: Keyring; readonly plainHttp: boolean; readonly signal?: AbortSignal },
): Promise<unknown> {
  const refusal = refusePeerUrl(peer.url, options)
  if (refusal !== undefined || peer.url === null) throw unreachable(peer.server, refusal ?? 'it has no address')
  const nonce = randomBytes(16).toString('hex')
  const signed = { server: peer.server, method: 'GET', target }
  const token = signPeerRequest(options.keyring, signed, { atMs: Date.now(), nonce })
  const limits = [AbortSignal.timeout(answerWithinMs), ...(options.signal === undefined ? [] : [options.signal])]
  let response: Response
  let text: string
  try {
    response = await fetch(new URL(target, peer.url), {
      headers: { authorization: `${peerScheme} ${token}`, accept: 'application/json' },
      redirect: 'manual',
      signal: AbortSignal.any(limits),
    })
    text = await readBounded(response)
  } catch (error) {
    throw unreachable(peer.server, `it does not answer (${reasonOf(error)})`, error)
  }
  if (response.status !== 200)
    throw unreachable(peer.server, `it answered ${response.status}${hintFor(response.status)}`)
  try {
    return JSON.parse(text)
  } catch {
    throw unreachable(peer.server, 'what answers there is no botfleet server')
  }
}

export function unreachable(server: string, reason: string, cause?: unknown): Failure {
  return new Failure('unavailable', `server ${server} cannot be asked: ${reason}`, {
    cause,
    details: { server_name: server },
  })
}

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    const part = chunk as Uint8Array
    bytes += part.length
    if (bytes > answerBytesMax) throw new Error('too long an answer')
    chunks.push(part)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  const { code } = (error.cause ?? error) as NodeJS.ErrnoException
  return typeof code === 'string' ? code : error.name
}

function hintFor(status: number): string {
  if (status >= 300 && status < 400) return ', which leads elsewhere and is not followed'
  return status === 403 ? ': do both have the same keys, and is the time right on both?' : ''
}
