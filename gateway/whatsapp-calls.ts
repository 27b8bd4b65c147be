/**
 * What a WhatsApp worker keeps at its server. Each is one statement that passes the fence itself and commits by itself, as
 * its functions' owner: a bot asks for keys with every message, and a transaction would take four statements for one.
 */
import type { Queryable } from '../db/transaction.ts'
import type { pairingCalls } from '../domain/pairing-calls.ts'
import type { whatsappCalls } from '../domain/whatsapp-calls.ts'
import type { Fence } from '../services/fence.ts'
import { settleTurn } from '../services/settle-turn.ts'
import { forgetSession } from '../services/whatsapp/forget-session.ts'
import { listPending } from '../services/whatsapp/list-pending.ts'
import { noteSent } from '../services/whatsapp/note-sent.ts'
import { openSession } from '../services/whatsapp/open-session.ts'
import { queueMessages } from '../services/whatsapp/queue-messages.ts'
import { readKeys } from '../services/whatsapp/read-keys.ts'
import { readSentBody } from '../services/whatsapp/read-sent-body.ts'
import { recordMessage } from '../services/whatsapp/record-message.ts'
import { recordPairingStep } from '../services/whatsapp/record-pairing-step.ts'
import { storeSession } from '../services/whatsapp/store-session.ts'
import { decodeCall, type GatewayContext } from './call-frame.ts'

/** A call that is one statement, outside of any transaction. */
export type StatementCall = (
  database: Queryable,
  claim: Fence,
  body: unknown,
  context: GatewayContext,
) => Promise<unknown>

export type StatementCallName = keyof typeof whatsappCalls | keyof typeof pairingCalls | 'answered'

export const statementCalls: { readonly [N in StatementCallName]: StatementCall } = {
  answered: async (database, claim, body, { keyring }) => {
    await settleTurn(database, claim, keyring, decodeCall('answered', body))
    return {}
  },

  waOpen: (database, claim, body, { keyring }) => {
    decodeCall('waOpen', body)
    return openSession(database, claim, keyring())
  },

  waKeys: async (database, claim, body, { keyring }) => ({
    values: await readKeys(database, claim, keyring(), decodeCall('waKeys', body)),
  }),

  waStore: async (database, claim, body, { keyring }) => {
    await storeSession(database, claim, keyring(), decodeCall('waStore', body))
    return {}
  },

  waPairing: (database, claim, body, { keyring }) =>
    recordPairingStep(database, claim, keyring(), decodeCall('waPairing', body)),

  waForget: async (database, claim, body) => {
    decodeCall('waForget', body)
    await forgetSession(database, claim)
    return {}
  },

  waArrived: (database, claim, body, { keyring }) =>
    recordMessage(database, claim, keyring(), decodeCall('waArrived', body)),

  waPending: (database, claim, body, { keyring }) => {
    decodeCall('waPending', body)
    return listPending(database, claim, keyring())
  },

  waSending: async (database, claim, body, { keyring }) => {
    await queueMessages(database, claim, keyring(), decodeCall('waSending', body))
    return {}
  },

  waSent: async (database, claim, body, { keyring }) => {
    await noteSent(database, claim, keyring(), decodeCall('waSent', body))
    return {}
  },

  waSentBody: async (database, claim, body, { keyring }) => ({
    body: await readSentBody(database, claim, keyring(), decodeCall('waSentBody', body)),
  }),
}
