/**
 * A worker writes to a log file of its own incarnation, opened before anybody knew whose worker it would be; it is put
 * into place when the worker gets its name (design section 6). Trouble with the disk costs log lines, never a bot.
 */
import { appendFileSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** File names of processes that have no name yet. */
export const namelessPrefix = '.nameless-'

/** An earlier log up to this size is carried along; a longer one is kept as `.1`. */
const carriedBytesMax = 256 * 1024

/**
 * Renames an incarnation's file onto a bot's log. What the bot's earlier workers wrote stays readable: its end is
 * carried along, or the file is kept as `<log>.1`. The process has written nothing yet, so order is kept.
 */
export function placeLogFile(own: string, logPath: string, filesMax: number): void {
  try {
    const size = sizeOf(logPath)
    if (size > carriedBytesMax) {
      makeRoomForOlder(logPath, filesMax)
      renameSync(logPath, `${logPath}.1`)
    } else if (size > 0) appendFileSync(own, readFileSync(logPath))
    renameSync(own, logPath)
  } catch {
    // The bot runs; its lines stay in the file of its own until that is put into place or dropped.
  }
}

export function dropLogFile(own: string): void {
  try {
    rmSync(own, { force: true })
  } catch {
    // Left to `dropNamelessLogs` of the next start.
  }
}

/** Removes what nameless processes of an earlier supervisor left; those processes end with it. */
export function dropNamelessLogs(logFolder: string): void {
  for (const name of namesIn(logFolder)) if (name.startsWith(namelessPrefix)) dropLogFile(join(logFolder, name))
}

/** Makes room for a new `<log>.1`: the older ones move up, up to `filesMax` of them. */
export function makeRoomForOlder(logPath: string, filesMax: number): void {
  rmSync(`${logPath}.${filesMax}`, { force: true })
  for (let number = filesMax - 1; number >= 1; number -= 1) {
    if (sizeOf(`${logPath}.${number}`) >= 0) renameSync(`${logPath}.${number}`, `${logPath}.${number + 1}`)
  }
}

/** Size in bytes; -1 when there is no such file. */
function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? -1
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
