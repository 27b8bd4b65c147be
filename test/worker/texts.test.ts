/** The catalogues of texts: the same keys and placeholders in every language, and direction marks where they belong. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { languageOfHint, languages } from '../../domain/worker-contract.ts'
import { catalogue } from '../../worker/shop/texts.ts'

const worker = join(import.meta.dirname, '..', '..', 'worker')
const rooms = ['shop', 'whatsapp'].flatMap((part) => [
  ...new Set(readdirSync(join(worker, part, 'texts')).map((file) => join(part, 'texts', file.split('.')[0] ?? ''))),
])
const textsOf = (room: string, language: string) =>
  JSON.parse(readFileSync(join(worker, `${room}.${language}.json`), 'utf8')) as Record<string, string>
const placeholders = (text = '') => [...text.matchAll(/\{\w+\}/g)].map(([name]) => name).sort()

test.for(rooms)('the texts of %s have the same keys and placeholders in every language, and none is empty', (room) => {
  const english = textsOf(room, 'en')
  for (const language of languages) {
    const texts = textsOf(room, language)
    expect(Object.keys(texts), `${room} ${language}`).toEqual(Object.keys(english))
    for (const [key, text] of Object.entries(texts)) {
      expect(text.trim(), `${language} ${key}`).not.toBe('')
      expect(placeholders(text), `${language} ${key}`).toEqual(placeholders(english[key]))
    }
  }
})

test.for(rooms)('the texts of %s are words, without pictures', (room) => {
  for (const language of languages) {
    for (const text of Object.values(textsOf(room, language))) expect(text).not.toMatch(/\p{Extended_Pictographic}/u)
  }
})

describe('filling', () => {
  const texts = { id: 'Your id: <code>{id}</code>', price: '{name}\n{price} each' }
  const farsi = { id: 'شناسه: <code>{id}</code>', price: '{name}\nهر عدد {price}' }
  const say = catalogue({ en: texts, zh: texts, ru: texts, fa: farsi })

  test('values are escaped, and a value that looks like a placeholder stays as it is', () => {
    expect(say('en', 'id', { id: '<b>{id}</b>' })).toBe('Your id: <code>&lt;b&gt;{id}&lt;/b&gt;</code>')
  })

  test('from right to left each value is isolated, and a line that begins with one says its direction', () => {
    expect(say('fa', 'price', { name: 'VPN', price: '5 USDT' })).toBe(
      '\u200f\u2068VPN\u2069\nهر عدد \u20685 USDT\u2069',
    )
    expect(say('en', 'price', { name: 'VPN', price: '5 USDT' })).toBe('VPN\n5 USDT each')
  })

  test('commands, names, samples and negative numbers of a text from right to left keep their own direction', () => {
    const said = 'با /help یا @name یا -100 یا <code>10%</code> یا https://t.me/name.'
    const tell = catalogue({ en: { said }, zh: { said }, ru: { said }, fa: { said } })
    expect(tell('fa', 'said')).toBe(
      'با \u2068/help\u2069 یا \u2068@name\u2069 یا \u2068-100\u2069 یا \u2068<code>10%</code>\u2069 یا https://t.me/name.',
    )
    expect(tell('ru', 'said')).toBe(said)
  })

  test('an amount and its currency stay in this order from right to left', () => {
    const sum = 'مبلغ <b>{amount} {currency}</b>'
    expect(
      catalogue({ en: { sum }, zh: { sum }, ru: { sum }, fa: { sum } })('fa', 'sum', { amount: 1, currency: 'USDT' }),
    ).toBe('مبلغ <b>\u2068\u20681\u2069 \u2068USDT\u2069\u2069</b>')
  })

  test('the marks stay outside of what people copy', () => {
    expect(say('fa', 'id', { id: 77 })).toBe('شناسه: \u2068<code>77</code>\u2069')
  })
})

test('a hint of a language we do not speak means English', () => {
  expect(['fa-IR', 'zh_Hans', 'RU', 'xx', null].map(languageOfHint)).toEqual(['fa', 'zh', 'ru', 'en', 'en'])
})
