import { describe, expect, it } from 'vitest'
import { parseSettings } from '../../domain/settings.ts'

describe('the settings of the panel', () => {
  it('are empty by default: loopback only, no proxy believed', () => {
    expect(parseSettings({})).toMatchObject({ PANEL_ORIGINS: [], PANEL_TRUSTED_PROXIES: [] })
  })

  it('are lists', () => {
    expect(
      parseSettings({
        PANEL_ORIGINS: 'https://panel.example, https://other.example:8443',
        PANEL_TRUSTED_PROXIES: '127.0.0.1,10.0.0.0/8 , ::1, fd00::/8',
      }),
    ).toMatchObject({
      PANEL_ORIGINS: ['https://panel.example', 'https://other.example:8443'],
      PANEL_TRUSTED_PROXIES: ['127.0.0.1', '10.0.0.0/8', '::1', 'fd00::/8'],
    })
  })

  it.each([
    ['PANEL_ORIGINS', 'panel.example'],
    ['PANEL_ORIGINS', 'https://panel.example/'],
    ['PANEL_ORIGINS', 'https://Panel.example'],
    ['PANEL_ORIGINS', '*'],
    ['PANEL_TRUSTED_PROXIES', 'true'],
    ['PANEL_TRUSTED_PROXIES', 'loopback'],
    ['PANEL_TRUSTED_PROXIES', '10.0.0.0/33'],
    ['PANEL_TRUSTED_PROXIES', '10.0.0.0/8/8'],
  ])('refuse %s=%s and name the variable', (name, value) => {
    expect(() => parseSettings({ [name]: value })).toThrow(name)
  })
})
