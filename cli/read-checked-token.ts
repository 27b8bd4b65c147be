import { Failure } from '../domain/failure.ts'
import { parseTelegramToken } from '../domain/telegram-token.ts'
import type { Config } from '../runtime/config.ts'
import { checkTelegramToken } from '../services/check-telegram-token.ts'
import type { Cli } from './command.ts'
import { untilInterrupted } from './interruption.ts'
import { readSecret } from './read-secret.ts'

const checkLimitMs = 5000

export interface CheckedToken {
  readonly token: string
  /** What getMe said; undefined when Telegram could not be asked. */
  readonly verified: { readonly username: string | null } | undefined
}

/**
 * Reads a Telegram token from a file, stdin or the terminal and asks Telegram whether it is good. A refused token is
 * `usage`; where Telegram cannot be reached it says so and goes on.
 */
export async function readCheckedToken(cli: Cli, config: Config, file: string | undefined): Promise<CheckedToken> {
  const { output, signal } = cli
  const text = await readSecret(output, { file, flag: '--token-file', question: 'Token from @BotFather: ', signal })
  const { token, botId } = parseTelegramToken(text)
  const apiRoot = config.settings.TELEGRAM_API_ROOT.replace(/\/+$/, '')
  const check = await untilInterrupted(checkTelegramToken({ apiRoot, token, timeoutMs: checkLimitMs }), signal)
  switch (check.kind) {
    case 'valid':
      output.note(
        `Telegram knows this token: ${check.username === null ? check.name : `@${check.username}`} (${botId})`,
      )
      return { token, verified: { username: check.username } }
    case 'invalid':
      throw new Failure('usage', `Telegram refuses this token of bot ${botId}: get a new one from @BotFather`)
    case 'unreachable':
      output.note(`Telegram cannot be reached (${check.reason}): the token of bot ${botId} is stored unchecked`)
      return { token, verified: undefined }
    default:
      return check satisfies never
  }
}
