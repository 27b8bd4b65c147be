/** Stands in for Baileys' reading of old chats: a worker asks for none and only knows them when it sees them. */
import { normalizeMessageContent } from '@whiskeysockets/baileys/lib/Utils/messages.js'

type Message = Parameters<typeof normalizeMessageContent>[0]

export function getHistoryMsg(message: Message): unknown {
  return normalizeMessageContent(message)?.protocolMessage?.historySyncNotification
}

export function downloadAndProcessHistorySyncNotification(): never {
  throw new Error('this worker reads no old chats')
}
