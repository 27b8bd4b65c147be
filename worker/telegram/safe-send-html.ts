/**
 * Texts that people configure may hold broken HTML: one that Telegram cannot parse is sent escaped instead, and one
 * bad text or recipient never stops a batch (seed rows S0-105, S0-106, S0-107).
 */
import { escapeTelegramHtml } from '../../domain/telegram-html.ts'
import { refusalOf } from './telegram-api.ts'

/** Sends one text; `parseMode` is left out for the escaped fallback's own HTML. */
export type SendHtml = (chatId: string, html: string) => Promise<unknown>

export type SendOutcome =
  | { readonly chatId: string; readonly kind: 'sent'; readonly escaped: boolean }
  | { readonly chatId: string; readonly kind: 'failed'; readonly error: unknown }

/** Sends HTML, or the same text escaped when Telegram cannot parse it. @returns whether it had to be escaped. */
export async function safeSendHtml(send: SendHtml, chatId: string, html: string): Promise<boolean> {
  try {
    await send(chatId, html)
    return false
  } catch (error) {
    if (!isUnparsable(error)) throw error
    await send(chatId, escapeTelegramHtml(html))
    return true
  }
}

/** Sends to many, each with its own outcome. */
export async function safeSendHtmlToAll(
  send: SendHtml,
  messages: readonly { readonly chatId: string; readonly html: string }[],
): Promise<SendOutcome[]> {
  return Promise.all(
    messages.map(async ({ chatId, html }): Promise<SendOutcome> => {
      try {
        return { chatId, kind: 'sent', escaped: await safeSendHtml(send, chatId, html) }
      } catch (error) {
        return { chatId, kind: 'failed', error }
      }
    }),
  )
}

/** Whether Telegram could not read a text's markup. */
export function isUnparsable(error: unknown): boolean {
  const refusal = refusalOf(error)
  return refusal?.code === 400 && /can't parse entities|unsupported start tag/i.test(refusal.description)
}
