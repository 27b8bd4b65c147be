/** Linking a WhatsApp bot to its phone over HTTP (seed 004): looking at the code changes nothing, asking for one is a POST. */

import type { PairingView } from '../../domain/pairing.ts'
import { decodePairing, decodePath, type PairingAnswer } from '../../domain/panel-contract.ts'
import { requestPairing } from '../../services/whatsapp/request-pairing.ts'
import { showPairing } from '../../services/whatsapp/show-pairing.ts'
import type { PanelRoute, RouteContext, SessionCall } from './route.ts'

export function pairingRoutes(context: RouteContext): PanelRoute[] {
  return [
    { method: 'get', path: '/api/instances/:id/pairing-code', access: 'session', answer: codeAnswer(context) },
    {
      method: 'post',
      path: '/api/instances/:id/regenerate-code',
      access: 'session',
      answer: regenerateAnswer(context),
    },
  ]
}

function codeAnswer({ database, keyring }: RouteContext): (call: SessionCall) => Promise<PairingAnswer> {
  return async ({ request, session }) => {
    const { id } = decodePath(request.params)
    return answerOf(await showPairing(database, session.actor, { id, keyring: keyring() }))
  }
}

/** Answers 202 with the request, before there is a code: WhatsApp has to accept it first, and GET shows it then. */
function regenerateAnswer({ database, keyring }: RouteContext): (call: SessionCall) => Promise<PairingAnswer> {
  return async ({ request, response, session }) => {
    const { id } = decodePath(request.params)
    const { method } = decodePairing(request.body)
    const view = await database.transaction((tx) =>
      requestPairing(tx, session.actor, { id, method, keyring: keyring(), again: true }),
    )
    response.status(202)
    return answerOf(view)
  }
}

function answerOf(view: PairingView): PairingAnswer {
  return { success: true, pairing_code: view.code, ...view }
}
