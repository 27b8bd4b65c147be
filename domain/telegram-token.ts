import { Failure } from './failure.ts'

/**
 * Reads the bot id from a BotFather token `<id>:<secret>`. The id, not the token, is what tells bots apart: a new token
 * of the same bot has the same id (facts/telegram.md 3.1). Errors never repeat the text.
 */
export function parseTelegramToken(text: string): { token: string; botId: string } {
  const token = text.trim()
  const match = /^([0-9]{3,20}):[A-Za-z0-9_-]{10,128}$/.exec(token)
  if (match?.[1] === undefined) {
    throw new Failure('usage', 'this is not a Telegram token: BotFather gives them as digits, a colon and a secret')
  }
  return { token, botId: match[1] }
}

/** Whether a text holds what looks like a token. */
export function holdsTelegramToken(text: string): boolean {
  return /(?<!\d)\d{3,20}:[A-Za-z0-9_-]{10}/.test(text)
}
