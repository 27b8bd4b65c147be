import type { Keyring } from '../domain/keyring.ts'
import { addKeyFile } from '../runtime/keys.ts'
import { countOldSeals, type OldSeals } from '../services/count-old-seals.ts'
import { listKeyFingerprints } from '../services/list-key-fingerprints.ts'
import { listServers } from '../services/list-servers.ts'
import { type RotationStep, rotateKeys } from '../services/rotate-keys.ts'
import type { Cli } from './command.ts'
import { type Context, withContext } from './context.ts'
import { startProgress } from './progress.ts'

const batchSize = 1000

/**
 * Seals every credential, what WhatsApp bots keep and all goods under a new key, batch by batch. An interrupted rotation goes on under the key it
 * had begun with. Where keys live in BOTFLEET_HOME the new one is made here; else the person has put it into the
 * environment.
 */
export async function rotateAllKeys(cli: Cli): Promise<OldSeals & { key_id: string }> {
  return withContext(cli, async (context) => {
    const fingerprints = await listKeyFingerprints(context.database)
    const before = await context.keyring()
    const isUnfinished = fingerprints.some((fingerprint) => fingerprint !== before.activeKeyId)
    if (!isUnfinished) {
      addKeyFile({ settings: context.config.settings, keyFolder: context.config.paths.keys })
      await noteOtherServers(cli, context)
    }
    return resealAll(cli, context, isUnfinished ? before : await context.keyring())
  })
}

async function resealAll(cli: Cli, context: Context, keyring: Keyring): Promise<OldSeals & { key_id: string }> {
  const total = await context.run(countOldSeals, { keyId: keyring.activeKeyId })
  const progress = startProgress(cli, `of ${total.units} units sealed anew`)
  let [credentials, whatsapp, units] = [0, 0, 0]
  for (let after: number | undefined = 0; after !== undefined; ) {
    const step: RotationStep = await context.run(rotateKeys, { keyring, batchSize, after })
    credentials += step.credentials
    whatsapp += step.whatsapp
    units += step.units
    progress(units)
    after = step.next
  }
  return { key_id: keyring.activeKeyId, credentials, whatsapp, units }
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
