import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
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
  const file = join(config.home, 'first-owner-password')
  mkdirSync(config.home, { recursive: true, mode: 0o711 })
  writeFileSync(file, `${password}\n`, { mode: 0o600 })
  log.warn(
    { username, file },
    'the password of the first owner was generated and stands in this file: read it, then delete it',
  )
}
