import { formatAmount } from './money.ts'
import { type Settings, secretSettings, settingNames } from './settings.ts'

export interface EffectiveSetting {
  readonly name: string
  /** As one would write it in the environment; null when unset or secret. */
  readonly value: string | null
  readonly is_secret: boolean
  readonly is_set: boolean
}

const secrets: readonly string[] = secretSettings

/** The settings of a process as it runs with them, by name; a secret only says whether it is set. */
export function effectiveSettings(settings: Settings): EffectiveSetting[] {
  return settingNames
    .map((name) => {
      const value = settings[name]
      const isSecret = secrets.includes(name)
      const isSet = value !== undefined
      return { name, value: isSet && !isSecret ? wordOf(value) : null, is_secret: isSecret, is_set: isSet }
    })
    .sort((a, b) => a.name.localeCompare(b.name, 'en'))
}

function wordOf(value: unknown): string {
  if (typeof value === 'boolean') return value ? '1' : '0'
  // Amounts are kept in the smallest unit of USDT.
  if (typeof value === 'bigint') return formatAmount(value, 'USDT')
  return Array.isArray(value) ? value.join(',') : String(value)
}
