import type { Command } from 'commander'
import { addCommand, addGroup, type Cli } from '../command.ts'

/** `keygen` and `key rotate`. */
export function addKeyCommands(program: Command, cli: Cli): void {
  addCommand(program, 'keygen', 'print a fresh AGENT_TOKEN_AES_KEY').action(async () => {
    const { randomBytes } = await import('node:crypto')
    const { keyBytes, keyIdOf } = await import('../../domain/keyring.ts')
    const key = randomBytes(keyBytes)
    const text = key.toString('base64')
    cli.output.result({ key: text, key_id: keyIdOf(key) }, () => text)
  })

  const group = addGroup(program, 'key', 'the keys that seal credentials, sessions and goods: rotate')
  addCommand(group, 'rotate', 'seal every credential, session and all goods anew under a new key').action(async () => {
    const { rotateAllKeys } = await import('../rotate-all-keys.ts')
    const outcome = await rotateAllKeys(cli)
    cli.output.result(
      outcome,
      () =>
        `Sealed ${outcome.credentials} credentials, ${outcome.whatsapp} rows of WhatsApp bots and ${outcome.units} units of stock under key ${outcome.key_id}.`,
    )
  })
}
