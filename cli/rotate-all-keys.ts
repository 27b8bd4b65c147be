import { addKeyFile } from '../runtime/keys.ts'
import { listKeyFingerprints } from '../services/list-key-fingerprints.ts'
import { listServers } from '../services/list-servers.ts'
import { rotateKeys } from '../services/rotate-keys.ts'
import type { Cli } from './command.ts'
import { type Context, withContext } from './context.ts'

const batchSize = 50

/**
 * Seals every credential under a new key, batch by batch. An interrupted rotation goes on under the key it had begun
 * with. Where keys live in BOTFLEET_HOME the new one is made here; else the person has put it into the environment.
 */
export async function rotateAllKeys(cli: Cli): Promise<{ key_id: string; resealed: number }> {
  return withContext(cli, async (context) => {
    const fingerprints = await listKeyFingerprints(context.database)
    const before = await context.keyring()
    const isUnfinished = fingerprints.some((fingerprint) => fingerprint !== before.activeKeyId)
    if (!isUnfinished) {
      addKeyFile({ settings: context.config.settings, keyFolder: context.config.paths.keys })
      await noteOtherServers(cli, context)
    }
    const keyring = isUnfinished ? before : await context.keyring()
    let resealed = 0
    for (;;) {
      cli.signal.throwIfAborted()
      const step = await context.run(rotateKeys, { keyring, batchSize })
      resealed += step.resealed
      if (step.left === 0) return { key_id: keyring.activeKeyId, resealed }
    }
  })
}

async function noteOtherServers(cli: Cli, context: Context): Promise<void> {
  const { SERVERNAME: own } = context.config.settings
  const others = (await context.run(listServers, {})).filter(({ name, alive }) => alive && name !== own)
  if (others.length === 0) return
  const names = others.map(({ name }) => name).join(', ')
  cli.output.note(
    `Note: ${names} must have the new key too: where it has another BOTFLEET_HOME, copy the files of ${context.config.paths.keys} there.`,
  )
}
