import type { proto } from '@whiskeysockets/baileys'

/** What a person reads in a message: its text, or the caption of its file. */
export function textOf(message: proto.IMessage): string {
  const { conversation, extendedTextMessage, imageMessage, documentMessage, documentWithCaptionMessage } = message
  const inner = documentWithCaptionMessage?.message
  if (inner) return textOf(inner)
  return conversation || extendedTextMessage?.text || imageMessage?.caption || documentMessage?.caption || ''
}
