/** Linking a WhatsApp bot to its phone over HTTP (seed 004): looking at the code changes nothing, asking for one is a POST. */
import { pairingCode, regenerateCode } from '../../domain/api/instances.ts'
import type { PairingView } from '../../domain/pairing.ts'
import { requestPairing } from '../../services/whatsapp/request-pairing.ts'
import { showPairing } from '../../services/whatsapp/show-pairing.ts'
import { change, type PanelRoute, type RouteContext, read } from './route.ts'

export function pairingRoutes({ database, keyring }: RouteContext): PanelRoute[] {
  return [
    read(pairingCode, async ({ actor, params }) =>
      answerOf(await showPairing(database, actor, { ...params, keyring: keyring() })),
    ),
    // 202 with the request, before there is a code: WhatsApp has to accept it first, and GET shows it then.
    change(regenerateCode, async (tx, { actor, params, body }) =>
      answerOf(await requestPairing(tx, actor, { ...params, ...body, keyring: keyring(), again: true })),
    ),
  ]
}

function answerOf(view: PairingView) {
  return { success: true as const, pairing_code: view.code, ...view }
}
