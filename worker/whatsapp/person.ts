/** Who wrote, in the conversation's words, and where they are written to. */
import type { Person } from '../../domain/worker-contract.ts'
import type { IncomingMessage } from './connection.ts'

/** Countries by whose code a language is guessed, until a person chooses one; the longest code that fits counts. */
const languageByCode: Readonly<Record<string, string>> = {
  '7': 'ru',
  '375': 'ru',
  '86': 'zh',
  '852': 'zh',
  '853': 'zh',
  '886': 'zh',
  '98': 'fa',
}

/** A person is their phone number where it is known, else their LID. */
export function personOf({ from, chat, pushName }: IncomingMessage): Person {
  const { phone, lid } = from
  return {
    platformUserId: phone ?? lid ?? userOfChat(chat),
    chatId: chat,
    username: null,
    displayName: pushName === null || pushName.trim() === '' ? null : pushName.trim().slice(0, 256),
    languageHint: phone === null ? null : hintOf(phone),
    lid: phone === null ? null : lid,
  }
}

function hintOf(phone: string): string | null {
  const code = [3, 2, 1].map((length) => phone.slice(0, length)).find((start) => start in languageByCode)
  return code === undefined ? null : (languageByCode[code] ?? null)
}

/** The address of a chat that is named by a phone number alone, as those of owners are. */
export function addressOf(chatId: string): string {
  return chatId.includes('@') ? chatId : `${chatId}@s.whatsapp.net`
}

/** The person that a chat is with. */
export function userOfChat(chat: string): string {
  const [, user = chat, server = ''] = /^(\d+)(?::\d+)?@(.*)$/.exec(chat) ?? []
  return server === 'lid' ? `${user}@lid` : user
}
