import { expect, it } from 'vitest'
import { effectiveSettings } from '../../domain/effective-settings.ts'
import { parseSettings, settingNames } from '../../domain/settings.ts'

it('what is shown of a setting is what one would write into the environment', () => {
  const settings = parseSettings({
    SERVERNAME: 'alpha',
    WITHDRAWAL_TWO_PEOPLE_ABOVE: '250.5',
    PUBLIC_URL: 'https://a.example,https://b.example',
    WA_WEB_VERSION: '2.3000.1',
    STANDBY: '0',
  })
  const shown = effectiveSettings(settings)
  expect(shown).toContainEqual({
    name: 'WITHDRAWAL_TWO_PEOPLE_ABOVE',
    value: '250.5',
    is_secret: false,
    is_set: true,
  })
  const written = shown.flatMap(({ name, value }) => (value === null ? [] : [[name, value]]))
  expect(parseSettings(Object.fromEntries(written))).toEqual(settings)
})

it('every setting is shown, the unset ones too, and of a secret only whether it is set', () => {
  const shown = effectiveSettings(parseSettings({ ADMIN_PASSWORD: 'fake-password-of-a-test' }))
  expect(shown.map(({ name }) => name)).toEqual([...settingNames].sort((a, b) => a.localeCompare(b, 'en')))
  expect(shown).toContainEqual({ name: 'ADMIN_PASSWORD', value: null, is_secret: true, is_set: true })
  expect(shown).toContainEqual({ name: 'DATABASE_URL', value: null, is_secret: true, is_set: false })
  expect(shown).toContainEqual({ name: 'METRICS_PORT', value: null, is_secret: false, is_set: false })
})
