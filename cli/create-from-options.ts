import { Failure } from '../domain/failure.ts'
import { type Config, loadConfig } from '../runtime/config.ts'
import { createInstance, type MtprotoCredentials } from '../services/create-instance.ts'
import type { Cli } from './command.ts'
import type { CreateOptions } from './commands/create.ts'
import { withContext } from './context.ts'
import { readCheckedToken } from './read-checked-token.ts'
import { readSmallFile } from './read-secret.ts'

/**
 * Registers a bot. What a person must give is read and checked before the database is opened. Prints the new id alone,
 * so that `id=$(./botfleet create ...)` works; the rest goes to stderr.
 */
export async function createFromOptions(cli: Cli, options: CreateOptions): Promise<void> {
  refuseMixedOptions(options)
  const config = loadConfig(cli.environment, cli.cwd)
  const mtproto = options.mtprotoFile === undefined ? undefined : await readMtproto(cli, options.mtprotoFile)
  const checked = await readToken(cli, config, options)
  await withContext(cli, async (context) => {
    const view = await context.run(createInstance, {
      platform: options.platform,
      name: options.name,
      tenant: options.tenant,
      owner: options.owner,
      phone: options.phone,
      placement: options.placement,
      server: options.server ?? config.settings.SERVERNAME,
      keyring: await context.keyring(),
      ...checked,
      mtproto,
    })
    cli.output.result(view, () => view.id)
    if (cli.output.json) return
    const linking = view.platform === 'whatsapp' ? ` and linked to its phone (./botfleet pair ${view.id})` : ''
    cli.output.note(`Registered for ${view.tenant} on ${view.server_name}. It runs once approved${linking}:`)
    cli.output.note(`  ./botfleet approve ${view.id} --months 1`)
  })
}

function refuseMixedOptions(options: CreateOptions): void {
  if (options.platform === 'whatsapp') {
    if (options.tokenFile !== undefined)
      throw new Failure('usage', 'a WhatsApp bot has no token: leave out --token-file')
    if (options.phone === undefined)
      throw new Failure('usage', 'a WhatsApp bot needs its number: --phone +491701234567')
  }
  if (options.tokenFile === '-' && options.mtprotoFile === '-') {
    throw new Failure('usage', 'stdin can be read once only: give a file to --token-file or --mtproto-file')
  }
}

async function readToken(cli: Cli, config: Config, options: CreateOptions) {
  if (options.platform !== 'telegram') return {}
  return readCheckedToken(cli, config, options.tokenFile)
}

async function readMtproto(cli: Cli, file: string): Promise<MtprotoCredentials> {
  const text = await readSmallFile(file, '--mtproto-file', cli.signal)
  const parsed = parseObject(text)
  const apiId = Number(parsed['api_id'])
  const apiHash = parsed['api_hash']
  const phone = parsed['phone']
  const session = parsed['session_string']
  if (
    !Number.isSafeInteger(apiId) ||
    apiId <= 0 ||
    typeof apiHash !== 'string' ||
    apiHash === '' ||
    (phone !== undefined && typeof phone !== 'string') ||
    (session !== undefined && typeof session !== 'string')
  ) {
    throw new Failure(
      'usage',
      '--mtproto-file must hold {"api_id": number, "api_hash": text} and may hold "phone" and "session_string"',
    )
  }
  return { apiId, apiHash, phone, session }
}

/** The object in a JSON text, else an empty one; the text is a secret and is never repeated. */
function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {}
  } catch {
    return {}
  }
}
