import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseEnv } from 'node:util'
import { Failure } from '../domain/failure.ts'
import { parseSettings, type Settings, secretSettings } from '../domain/settings.ts'

export interface Config {
  readonly settings: Settings
  /** BOTFLEET_HOME as an absolute path. */
  readonly home: string
  readonly paths: { readonly logs: string; readonly sockets: string; readonly keys: string; readonly postgres: string }
}

/**
 * Reads the settings once: `.env` of the working directory under the environment, `<NAME>_FILE` twins of secrets
 * resolved, everything checked. Throws `usage` naming what is wrong, never a value.
 */
export function loadConfig(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  directory: string = process.cwd(),
): Config {
  const merged = { ...readDotEnv(join(directory, '.env')), ...environment }
  for (const name of secretSettings) {
    const file = merged[`${name}_FILE`]
    if (file === undefined || file === '') continue
    if (merged[name] !== undefined && merged[name] !== '') {
      throw new Failure('usage', `${name} and ${name}_FILE are both set: keep one of them`)
    }
    merged[name] = readSecretFile(name, resolve(directory, file))
  }
  const settings = parseSettings(merged)
  const home = resolve(directory, settings.BOTFLEET_HOME)
  return {
    settings,
    home,
    paths: {
      logs: join(home, 'logs'),
      sockets: join(home, 'sockets'),
      keys: join(home, 'keys'),
      postgres: join(home, 'postgres'),
    },
  }
}

function readSecretFile(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (cause) {
    throw new Failure('usage', `${name}_FILE: ${file} cannot be read`, { cause })
  }
}

function readDotEnv(path: string): Record<string, string | undefined> {
  try {
    return parseEnv(readFileSync(path, 'utf8'))
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw new Failure('usage', `${path} cannot be read`, { cause })
  }
}
