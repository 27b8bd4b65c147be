/** What the other servers of this database may ask: requests that prove themselves with the keys that all share. */
import type { Request, RequestHandler } from 'express'
import { decodePart } from '../../domain/api/decode.ts'
import { logQuery } from '../../domain/api/events.ts'
import { ofInstance } from '../../domain/api/parts.ts'
import { Failure } from '../../domain/failure.ts'
import type { Keyring } from '../../domain/keyring.ts'
import { peerTokenMs, verifyPeerRequest } from '../../domain/peer-token.ts'
import { peerScheme } from '../../runtime/ask-peer.ts'
import { logFileOf } from '../../runtime/instance-log.ts'
import { readLogPage } from '../../runtime/log-page.ts'

/** Nonces that are remembered: more requests than these within a minute are not asked by people. */
const noncesMax = 10_000

export interface PeerDoorOptions {
  readonly serverName: string
  readonly logFolder: string
  readonly keyring: () => Keyring
}

/** Answers a page of a log of this server; needs no database. 403 for a request that does not prove itself. */
export function answerPeerLog(options: PeerDoorOptions): RequestHandler {
  const used = new UsedNonces()
  return async (request, response) => {
    assertPeer(options, request, used)
    const { id } = decodePart(ofInstance, { ...request.params }, 'the path')
    const query = decodePart(logQuery, { ...request.query }, 'the query')
    response.json(await readLogPage(logFileOf(options.logFolder, { id, server: options.serverName }), query))
  }
}

function assertPeer({ serverName, keyring }: PeerDoorOptions, request: Request, used: UsedNonces): void {
  const [scheme, token] = (request.headers.authorization ?? '').split(' ')
  const asked = { server: serverName, method: request.method, target: request.originalUrl }
  const nowMs = Date.now()
  const nonce = scheme === peerScheme ? verifyPeerRequest(keyring(), asked, token ?? '', nowMs) : undefined
  if (nonce === undefined || !used.add(nonce, nowMs)) {
    throw new Failure('not_allowed', 'only the servers of this database may ask that')
  }
}

/** A token is good once: its nonce is remembered for as long as its time could be right. */
class UsedNonces {
  readonly #until = new Map<string, number>()

  /** @returns false for one that was used, or when too many are remembered to remember this one. */
  add(nonce: string, nowMs: number): boolean {
    for (const [old, untilMs] of this.#until) {
      if (untilMs > nowMs) break
      this.#until.delete(old)
    }
    if (this.#until.has(nonce) || this.#until.size >= noncesMax) return false
    this.#until.set(nonce, nowMs + 2 * peerTokenMs)
    return true
  }
}
