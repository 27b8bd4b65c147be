import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseEnv } from 'node:util'
import { Failure } from '../domain/failure.ts'
import { parseSettings, type Settings, secretSettings } from '../domain/settings.ts'

type Environment = Readonly<Record<string, string | undefined>>

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
export function loadConfig(environment: Environment = process.env, directory: string = process.cwd()): Config {
  const merged = overlay(readDotEnv(join(directory, '.env')), environment)
  for (const name of secretSettings) {
    const file = merged[`${name}_FILE`]
    if (!isSet(file)) continue
    if (isSet(merged[name])) {
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

/** The environment over `.env`; a secret of either form in the environment displaces both forms of it in `.env`. */
function overlay(dotEnv: Environment, environment: Environment): Record<string, string | undefined> {
  const below = { ...dotEnv }
  for (const name of secretSettings) {
    const forms = [name, `${name}_FILE`]
    if (forms.some((form) => isSet(environment[form]))) for (const form of forms) delete below[form]
  }
  return { ...below, ...environment }
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== ''
}

function readSecretFile(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (cause) {
    throw new Failure('usage', `${name}_FILE: ${file} cannot be read`, { cause })
  }
}

function readDotEnv(path: string): Environment {
  try {
    return parseEnv(readFileSync(path, 'utf8'))
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw new Failure('usage', `${path} cannot be read`, { cause })
  }
}
