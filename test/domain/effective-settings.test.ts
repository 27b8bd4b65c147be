import { expect, it } from 'vitest'
import { effectiveSettings } from '../../domain/effective-settings.ts'
import { parseSettings } from '../../domain/settings.ts'

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
