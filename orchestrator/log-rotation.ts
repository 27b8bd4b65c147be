/**
 * Keeps workers' log files within their budget: copy, then truncate, since the workers hold append-only descriptors
 * that we cannot swap (design section 6). What is written between the two is lost; a log line is no ledger entry.
 */
import { copyFile, readdir, rm, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import type { OrchestratorContext } from './context.ts'
import { makeRoomForOlder } from './place-log-file.ts'
import { type Part, startRepeating } from './repeating.ts'

const lookEveryMs = 30_000

/** Looks at every log file of this server regularly and rotates those over `LOG_MAX_MB`. */
export function startLogRotation(context: OrchestratorContext): Part {
  const { LOG_MAX_MB: maxMb, LOG_FILES: files } = context.settings
  return startRepeating(context, {
    name: 'log rotation',
    work: async () => {
      const names = await readdir(context.logFolder).catch(() => [])
      for (const name of names) {
        if (name.endsWith('.log'))
          await rotateLog(join(context.logFolder, name), { maxBytes: maxMb * 1024 * 1024, files })
      }
    },
    nextInMs: () => lookEveryMs,
  })
}

/**
 * Rotates one file when it is over its budget: `x.log` to `x.log.1`, up to `files` old ones. On a full disk the copy
 * fails, and then the file is only truncated: the bot goes on.
 */
export async function rotateLog(path: string, budget: { maxBytes: number; files: number }): Promise<boolean> {
  const { size } = await stat(path)
  if (size <= budget.maxBytes) return false
  makeRoomForOlder(path, budget.files)
  await copyFile(path, `${path}.1`).catch(() => rm(`${path}.1`, { force: true }))
  await truncate(path, 0)
  return true
}
