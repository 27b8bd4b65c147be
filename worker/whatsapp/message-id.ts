/** Names of messages that are the same at each attempt, so that one that goes out twice is shown once. */
import type { MessageRef } from './connection.ts'

/** As clients make them: this and 18 hexadecimal digits. */
const prefix = '3EB0'
const digits = 18

function digest(words: readonly string[]): Buffer {
  return process.getBuiltinModule('node:crypto').createHash('sha256').update(JSON.stringify(words)).digest()
}

/** The key of an update: a hash, since a chat's name is a phone number and keys stand where they can be read. */
export function updateKeyOf({ chat, id }: MessageRef): string {
  return `wa:${digest([chat, id]).toString('base64url')}`
}

/** A chat's name where it can be read. */
export function hashOfChat(chat: string): string {
  return digest(['chat', chat]).toString('base64url').slice(0, 22)
}

/** Twelve letters and digits that go with an update and no other one. */
export function nonceOf(updateKey: string): string {
  const number = digest(['nonce', updateKey]).readBigUInt64BE()
  return number.toString(36).padStart(12, '0').slice(-12)
}

/** The id of a message that goes out; the words are those that tell it from every other one. */
export function messageIdOf(...words: readonly string[]): string {
  return prefix + digest(words).toString('hex').slice(0, digits).toUpperCase()
}
