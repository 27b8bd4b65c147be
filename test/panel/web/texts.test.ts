import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { formatIn } from '../../../panel/web/i18n/format.ts'
import { browserName } from '../../../panel/web/pages/account/browser-name.ts'
import { markSteps, markTexts } from '../../../panel/web/parts/time-marks.ts'

const folder = join(import.meta.dirname, '..', '..', '..', 'panel', 'web')
const languages = ['en', 'zh', 'fa', 'ru'] as const
const catalogues = Object.fromEntries(
  languages.map((language) => [
    language,
    JSON.parse(readFileSync(join(folder, 'i18n', `${language}.json`), 'utf8')) as Record<string, string>,
  ]),
)

const nameOf = (key: string) => key.split('#')[0] ?? key
const namesIn = (language: string) => new Set(Object.keys(catalogues[language] ?? {}).map(nameOf))
const holes = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '')

it.each(languages)('the %s texts are those of the English ones, none missing and none left over', (language) => {
  expect([...namesIn(language)].sort()).toEqual([...namesIn('en')].sort())
})

it.each(languages)('every plural of the %s texts has all forms of its language', (language) => {
  const keys = Object.keys(catalogues[language] ?? {})
  const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories
  for (const key of keys.filter((one) => one.includes('#'))) {
    for (const form of forms) expect(keys).toContain(`${nameOf(key)}#${form}`)
  }
})

it.each(languages)('the %s texts fill in what the English ones do', (language) => {
  for (const [key, text] of Object.entries(catalogues[language] ?? {})) {
    expect(text.trim(), key).not.toBe('')
    const english = Object.entries(catalogues['en'] ?? {}).filter(([other]) => nameOf(other) === nameOf(key))
    const known = new Set(english.flatMap(([, other]) => holes(other)))
    for (const hole of holes(text)) expect(known, `${key} of ${language}`).toContain(hole)
  }
})

it('no text is kept that nothing on the pages says', () => {
  const sources = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    .join('\n')
  // `t(`state.${state}`)` says every text that begins so.
  const stems = [...sources.matchAll(/`([a-z_]+\.(?:[a-z_]+_)?)\$\{/g)].map(([, stem]) => stem ?? '')
  const unsaid = [...namesIn('en')].filter(
    (name) => !sources.includes(`'${name}'`) && !stems.some((stem) => name.startsWith(stem)),
  )
  expect(unsaid).toEqual([])
})

it('a month that has just begun ends in as many days as were given, not in one less', () => {
  const now = Date.parse('2026-11-21T19:30:00Z')
  const { relative } = formatIn('en')
  expect(relative('2026-12-21T19:29:50Z', now)).toBe('in 30 days')
  expect(relative('2026-11-22T19:29:50Z', now)).toBe('in 23 hours')
})

it.each(languages)('the marks of a time axis say different things at every distance (%s)', (language) => {
  const begin = new Date(2026, 10, 20).getTime() / 1000
  for (const step of markSteps) {
    const seconds = Array.from({ length: Math.max(2, Math.min(8, 86_400 / step)) }, (_none, n) => begin + n * step)
    expect(new Set(markTexts(seconds, formatIn(language))).size, `${step} s`).toBe(seconds.length)
  }
})

it('a mark at midnight says which day begins', () => {
  const midnight = new Date(2026, 10, 22).getTime() / 1000
  expect(markTexts([midnight - 3600, midnight, midnight + 60], formatIn('en'))).toEqual(['23:00', '22 Nov', '00:01'])
})

it.each([
  [
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/153.0.0.0 Safari/537.36',
    'Chrome, Linux',
  ],
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/153.0 Safari/537.36 Edg/153.0',
    'Edge, Windows',
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1 Version/19.0 Safari/604.1',
    'Safari, iPhone',
  ],
  ['Mozilla/5.0 (Android 16; Mobile; rv:150.0) Gecko/150.0 Firefox/150.0', 'Firefox, Android'],
  ['curl/8.14', undefined],
])('a browser is called by its name: %s', (userAgent, name) => {
  expect(browserName(userAgent)).toBe(name)
})
