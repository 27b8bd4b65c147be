/** Asking Telegram about a token that somebody gave to the API. */
import type { AnswerOf } from '../../domain/api/endpoint.ts'
import type { checkToken } from '../../domain/api/instances.ts'
import { Failure } from '../../domain/failure.ts'
import { parseTelegramToken } from '../../domain/telegram-token.ts'
import { checkTelegramToken, type TokenCheck } from '../../services/check-telegram-token.ts'
import type { RouteContext } from './route.ts'

const checkLimitMs = 5000

export interface CheckedToken {
  readonly token: string
  /** What getMe said; undefined when Telegram could not be asked. */
  readonly verified: { readonly username: string | null } | undefined
}

/** Throws `usage` for what is no token and for one that Telegram refuses; one that nobody could ask about passes. */
export async function checkedToken(context: RouteContext, text: string): Promise<CheckedToken> {
  const { token, botId } = parseTelegramToken(text)
  const check = await ask(context, token)
  if (check.kind === 'invalid') {
    throw new Failure('usage', `Telegram refuses this token of bot ${botId}: get a new one from @BotFather`)
  }
  return { token, verified: check.kind === 'valid' ? { username: check.username } : undefined }
}

/** What Telegram says of a token, for somebody who is about to use it. */
export async function judgeToken(context: RouteContext, text: string): Promise<AnswerOf<typeof checkToken>> {
  const { token, botId } = parseTelegramToken(text)
  const check = await ask(context, token)
  return {
    verdict: check.kind,
    bot_id: botId,
    username: check.kind === 'valid' ? check.username : null,
    name: check.kind === 'valid' ? check.name : null,
    reason: check.kind === 'unreachable' ? check.reason : null,
  }
}

function ask({ settings }: RouteContext, token: string): Promise<TokenCheck> {
  const apiRoot = settings.TELEGRAM_API_ROOT.replace(/\/+$/, '')
  return checkTelegramToken({ apiRoot, token, timeoutMs: checkLimitMs })
}
