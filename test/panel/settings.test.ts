import { describe, expect, it } from 'vitest'
import { parseSettings } from '../../domain/settings.ts'

describe('the settings of the panel', () => {
  it('are empty by default: loopback only, no proxy believed', () => {
    expect(parseSettings({})).toMatchObject({ PUBLIC_URL: [], TRUSTED_PROXIES: [] })
  })

  it('are lists', () => {
    expect(
      parseSettings({
        PUBLIC_URL: 'https://panel.example, https://Other.example:8443/',
        TRUSTED_PROXIES: '127.0.0.1,10.0.0.0/8 , ::1, fd00::/8',
      }),
    ).toMatchObject({
      PUBLIC_URL: ['https://panel.example', 'https://other.example:8443'],
      TRUSTED_PROXIES: ['127.0.0.1', '10.0.0.0/8', '::1', 'fd00::/8'],
    })
  })

  it('of earlier names are refused with the names of now, unless they are empty', () => {
    expect(() => parseSettings({ PANEL_ORIGINS: 'https://panel.example' })).toThrow(
      'PANEL_ORIGINS: is called PUBLIC_URL',
    )
    expect(parseSettings({ PANEL_ORIGINS: '', PANEL_TRUSTED_PROXIES: '' }).PUBLIC_URL).toEqual([])
  })

  it.each([
    ['PUBLIC_URL', 'panel.example'],
    ['PUBLIC_URL', 'https://panel.example/panel'],
    ['PUBLIC_URL', 'https://ann@panel.example'],
    ['PUBLIC_URL', 'ftp://panel.example'],
    ['PUBLIC_URL', '*'],
    ['TRUSTED_PROXIES', 'true'],
    ['TRUSTED_PROXIES', 'loopback'],
    ['TRUSTED_PROXIES', '10.0.0.0/33'],
    ['TRUSTED_PROXIES', '10.0.0.0/8/8'],
  ])('refuse %s=%s and name the variable', (name, value) => {
    expect(() => parseSettings({ [name]: value })).toThrow(name)
  })
})
