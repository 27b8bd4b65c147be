import type { Database } from '../db/database.ts'
import type { Actor } from '../domain/actor.ts'
import { Failure } from '../domain/failure.ts'
import type { Keyring } from '../domain/keyring.ts'
import { parseTelegramToken } from '../domain/telegram-token.ts'
import type { Config } from '../runtime/config.ts'
import type { Log } from '../runtime/log.ts'
import { checkTelegramToken } from '../services/check-telegram-token.ts'
import { ensureMasterBot } from '../services/ensure-master-bot.ts'

/** Makes or marks the master bot of `BOT_TOKEN` at start, once (seed rows S3-079, S3-083, S3-084). */
export async function makeMasterBot(
  config: Config,
  given: { database: Database; keyring: Keyring; actor: Actor; log: Log },
): Promise<void> {
  const { BOT_TOKEN: text, SERVERNAME: server, TELEGRAM_API_ROOT: apiRoot } = config.settings
  if (text === undefined) return
  const { token } = parseTelegramToken(text)
  const check = await checkTelegramToken({ apiRoot, token, timeoutMs: 5000 })
  if (check.kind === 'invalid') throw new Failure('usage', 'Telegram refuses BOT_TOKEN: get a new one from BotFather')
  if (check.kind === 'unreachable')
    given.log.warn({ reason: check.reason }, 'BOT_TOKEN could not be checked with Telegram')
  const verified = check.kind === 'valid' ? { username: check.username } : undefined
  const master = await given.database.transaction((tx) =>
    ensureMasterBot(tx, given.actor, { token, server, keyring: given.keyring, verified }),
  )
  if (master.changed) given.log.info({ instance: master.instance.id }, 'master bot: ./botfleet approve starts it')
}
