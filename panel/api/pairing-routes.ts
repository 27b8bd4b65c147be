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
  return { success: true as const, pairing_code: view.code, message: messageOf(view), ...view }
}

/** For scripts, which see no panel (seed row S4-066). */
function messageOf({ instance, linked, step, method, code, qr }: PairingView): string {
  if (linked) return 'linked to its phone'
  const ask = `POST /api/instances/${instance}/regenerate-code`
  switch (step) {
    case 'requested':
    case 'asked':
      return 'WhatsApp is being asked for a code: look again in some seconds'
    case 'shown':
      if (code === null && qr === null) return 'a code is shown to whoever may pair the bot'
      return method === 'qr'
        ? 'on the phone: Settings, Linked devices, Link a device; scan what qr holds'
        : 'on the phone: Settings, Linked devices, Link a device, Link with phone number instead; type the code'
    case 'none':
      return `not linked to a phone: ${ask} asks WhatsApp for a code`
    case 'linked':
      return `not linked to a phone any more: ${ask} asks WhatsApp for a code`
    case 'refused':
    case 'expired':
    case 'cancelled':
    case 'replaced':
      return `the last request has ended without a link: ${ask} asks WhatsApp for another code`
    default:
      return step satisfies never
  }
}
