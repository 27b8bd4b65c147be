import type { Person } from './chat.ts'

/** Country codes by which a bot guesses a language. */
const countryCodes: Readonly<Record<string, string>> = { zh: '86', fa: '98', ru: '7' }
const elsewhere = '1555'

/** The WhatsApp number of a person of the sandbox, in digits: a country of their language, then their id. */
export function whatsappNumberOf({ id, language_code: language = '' }: Person): string {
  return `${countryCodes[language] ?? elsewhere}${id}`
}
