import { chmod, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Failure } from '../domain/failure.ts'
import { dotEnvText } from './dot-env-text.ts'

/**
 * Writes `.env` with every setting commented out. Mode 0600 from its first byte; an existing one is never half
 * written: it is replaced in one step, and only with `force`.
 * @returns its path. Throws `conflict` when there is one already.
 */
export async function writeDotEnv(input: { directory: string; force: boolean }): Promise<string> {
  const path = join(input.directory, '.env')
  try {
    if (input.force) {
      const temporary = join(input.directory, `.env.${process.pid}.new`)
      await writeFile(temporary, dotEnvText(), { mode: 0o600, flag: 'wx' })
      await chmod(temporary, 0o600)
      await rename(temporary, path)
    } else {
      await writeFile(path, dotEnvText(), { mode: 0o600, flag: 'wx' })
      await chmod(path, 0o600)
    }
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'EEXIST') {
      throw new Failure('conflict', `${path} exists already and was not touched; --force replaces it`, { cause })
    }
    throw new Failure('unavailable', `${path} cannot be written (${code})`, { cause })
  }
  return path
}
