import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Database } from '../db/database.ts'
import type { Actor } from '../domain/actor.ts'
import type { Config } from '../runtime/config.ts'
import type { Log } from '../runtime/log.ts'
import { ensureFirstOwner } from '../services/ensure-first-owner.ts'

/**
 * Makes the first owner at the first start. A password that nobody gave is generated: printed when a person watches a
 * terminal, otherwise written to a file of mode 0600 that is named (design section 9, invariant 6).
 */
export async function makeFirstOwner(
  config: Config,
  database: Database,
  actor: Actor,
  { log, terminal }: { log: Log; terminal: ((line: string) => void) | undefined },
): Promise<void> {
  const username = config.settings.ADMIN_USERNAME
  const given = config.settings.ADMIN_PASSWORD
  const password = given ?? randomBytes(18).toString('base64url')
  const { created } = await database.transaction((tx) => ensureFirstOwner(tx, actor, { username, password }))
  if (!created) return
  log.info({ username }, 'first owner made')
  if (given !== undefined) return
  if (terminal !== undefined) {
    terminal(
      `The first owner is "${username}" with the password ${password} (shown this once; ./botfleet user password changes it)`,
    )
    return
  }
  const file = passwordFile(config)
  mkdirSync(config.home, { recursive: true, mode: 0o711 })
  writeFileSync(file, `${password}\n`, { mode: 0o600 })
  log.warn(
    { username, file },
    'the password of the first owner was generated and stands in this file: read it, then delete it',
  )
}

const passwordFile = (config: Config) => join(config.home, 'first-owner-password')

/** How one signs in to the panel as the first owner, for people who have just started a server. */
export function signInHint(config: Config): string {
  const { ADMIN_USERNAME: username, ADMIN_PASSWORD: given } = config.settings
  const file = passwordFile(config)
  const password =
    given !== undefined
      ? 'ADMIN_PASSWORD'
      : existsSync(file)
        ? `the password in ${file}`
        : 'the password that was shown at its first start'
  return `Sign in as "${username}" with ${password}; ./botfleet user password ${username} sets another.`
}
