/** Screens as WhatsApp shows them: markup, numbered menus, pictures, files, and limits. */
import { describe, expect, test } from 'vitest'
import { languages } from '../../../domain/worker-contract.ts'
import { backChoice, cancelChoice, homeChoice } from '../../../worker/shop/common.ts'
import { choice, type Screen, textMax } from '../../../worker/shop/screen.ts'
import { whatsAppText } from '../../../worker/whatsapp/markup.ts'
import { choicesOf, menuOf } from '../../../worker/whatsapp/menu.ts'
import { renderAnswer, renderNotice } from '../../../worker/whatsapp/rendering.ts'
import { say } from '../../../worker/whatsapp/texts.ts'

const english = { language: 'en', asked: false } as const
const textsOf = (screens: readonly Screen[], how: Parameters<typeof renderAnswer>[1] = english) =>
  renderAnswer(screens, how).parts.map((part) => (part.kind === 'text' ? part.text : part.caption))

describe('markup', () => {
  test.for([
    ['<b>bold</b>, <i>it</i> and <s>gone</s>', '*bold*, _it_ and ~gone~'],
    ['Price: <b>5 USDT</b>', 'Price: *5 USDT*'],
    ['<b> two\nlines </b>', '*two*\n*lines*'.replace('*two*', ' *two*').replace('*lines*', '*lines* ')],
    ['a<b>b</b>c', 'abc'],
    ['<code>a*b*_c_</code>', '```a*b*_c_```'],
    ['<a href="https://t.me/my_shop">Support</a>', 'Support (https://t.me/my_shop)'],
    ['<a href="https://t.me/my_shop">t.me/my_shop</a>', 'https://t.me/my_shop'],
    ['<blockquote>a\nb</blockquote>', '> a\n> b'],
    ['1 &lt; 2 &amp; &quot;3&quot; &#1777;', '1 < 2 & "3" ۱'],
    ['5 < 6 <b>never closed', '5 < 6 *never closed*'],
    ['<unknown>x</unknown>', '<unknown>x</unknown>'],
  ] as const)('%s is %s', ([html, text]) => {
    expect(whatsAppText(html)).toBe(text)
  })

  test.for(['*x*', '_x_', '~x~', '`x`', '```x```', '*x* and *y*'])('what people call %s stays as it is', (name) => {
    // No mark opens before a space, and the one that stands for a backtick is none.
    const shown = whatsAppText(`<b>Product</b> ${name}`)
    expect(shown).toMatch(/^\*Product\* /)
    expect(shown.slice(10)).not.toMatch(/(?<![\p{L}\p{N}])([*_~`])\S.*\1/u)
    expect(shown.slice(10).replaceAll('\u200a', '').replaceAll('\u02cb', '`')).toBe(name)
  })

  test('marks within words and beside blanks are left as they are', () => {
    expect(whatsAppText('my_shop_bot 5 * 3 * 2 a*b')).toBe('my_shop_bot 5 * 3 * 2 a*b')
  })

  test('a bold name with its own stars is shown with its stars', () => {
    expect(whatsAppText('<b>*x*</b>').replaceAll('\u200a', '')).toBe('*x*')
  })
})

describe('menus', () => {
  const rows = [
    [choice('Shop', 'shop')],
    [choice('Orders', 'orders'), choice('Balance', 'balance')],
    [{ label: 'Channel', url: 'https://t.me/shop' }],
    [backChoice('en', 'cat', 1), homeChoice('en')],
  ]

  test('rows become lines, the way back is 0, and what opens a page is an address', () => {
    const { parts, menu } = renderAnswer([{ text: '<b>Hello</b>', choices: rows }], english)
    expect(parts).toEqual([
      {
        kind: 'text',
        text: '*Hello*\n\nChannel: https://t.me/shop\n\n1 Shop\n2 Orders\n3 Balance\n4 Home\n0 Back\n\n_Send the number._',
      },
    ])
    expect(menu?.map(({ key, intent }) => [key, intent])).toEqual([
      ['1', 'shop'],
      ['2', 'orders'],
      ['3', 'balance'],
      ['4', 'home'],
      ['0', 'cat:1'],
    ])
  })

  test('shown again it has the same numbers', () => {
    const menu = menuOf(rows.flat(), { asked: false })
    expect(menuOf(choicesOf(menu), { asked: false })).toEqual(menu)
  })

  test('where something is asked for there are no numbers but the 0', () => {
    const screen = { text: 'How much?', choices: [[choice('10 USDT', 'fill', 10, 'n')], [cancelChoice('en')]] }
    const [text] = textsOf([screen], { language: 'en', asked: true })
    expect(text).toBe('How much?\n\n_Write your answer, or one of these:_\n• 10 USDT\n0 Cancel')
    const plain = textsOf([{ text: 'Name?', choices: [[cancelChoice('en')]] }], { language: 'en', asked: true })
    expect(plain).toEqual(['Name?\n\n_Write your answer._\n0 Cancel'])
  })

  test('from right to left a number says its direction, and its label is apart from it', () => {
    const [text = ''] = textsOf([{ text: 'سلام', choices: [[choice('VPN · 5 USDT', 'item', 'a')]] }], {
      language: 'fa',
      asked: false,
    })
    expect(text.split('\n')[2]).toBe('\u200f1 \u2068VPN · 5 USDT\u2069')
  })

  test.for(languages)('says in %s how it is answered', (language) => {
    const [text = ''] = textsOf([{ text: 'x', choices: [[homeChoice(language)]] }], { language, asked: false })
    expect(text).toContain(whatsAppText(`<i>${say(language, 'send_number')}</i>`))
  })

  test('the choices of several screens are one menu below the last', () => {
    const screens = [
      { text: 'first', choices: [[homeChoice('en')]] },
      { text: 'second', choices: [[choice('One', 'one')]] },
    ]
    expect(textsOf(screens)).toEqual(['first', 'second\n\n1 One\n0 Home\n\n_Send the number._'])
  })

  test('a menu without choices is none, and what is kept of one is bounded', () => {
    expect(renderAnswer([{ text: 'x' }], english).menu).toBeUndefined()
    const many = Array.from({ length: 150 }, (_, at) => choice('x'.repeat(100), 'item', at))
    const menu = menuOf([...many, homeChoice('en')], { asked: false })
    expect(menu).toHaveLength(100)
    expect(menu.at(-1)?.key).toBe('0')
    expect(Math.max(...menu.map(({ label }) => label.length))).toBe(64)
  })
})

describe('messages', () => {
  test('a long text is parted between lines, and none is too long', () => {
    const line = `${'word '.repeat(20)}end`
    const texts = textsOf([{ text: Array(90).fill(line).join('\n'), choices: [[homeChoice('en')]] }])
    expect(texts.length).toBeGreaterThan(1)
    expect(Math.max(...texts.map((text) => text.length))).toBeLessThanOrEqual(textMax)
    expect(
      texts
        .join('\n')
        .split('\n')
        .filter((each) => each === line),
    ).toHaveLength(90)
    expect(textsOf([{ text: 'x'.repeat(9000) }]).map((text) => text.length)).toEqual([4096, 4096, 808])
  })

  test('a picture has its text and the menu as its caption, as far as they fit', () => {
    const picture = { product: 'vpn', version: '1' }
    const choices = [[homeChoice('en')]]
    const [short] = renderAnswer([{ text: 'Short', picture, choices }], english).parts
    expect(short).toEqual({ kind: 'picture', picture, caption: 'Short\n\n0 Home\n\n_Send the number._' })
    const long = renderAnswer([{ text: 'x'.repeat(1020), picture, choices }], english).parts
    expect(long.map((part) => (part.kind === 'text' ? part.text : part.caption.length))).toEqual([
      1020,
      '0 Home\n\n_Send the number._',
    ])
  })

  test('a file is a document with a plain name', () => {
    const screen = { text: 'Yours', attachment: { name: 'a/"b".txt', content: Buffer.from('x') } }
    expect(renderAnswer([screen], english).parts).toEqual([
      { kind: 'file', name: 'a__b_.txt', bytes: Buffer.from('x'), caption: 'Yours' },
    ])
  })

  test('what nobody asked for has no numbers: out of a broadcast leads a word', () => {
    const screen = { text: 'News!', choices: [[choice('No more news', 'news', 'off')]] }
    expect(renderNotice(screen, 'en')).toEqual([{ kind: 'text', text: 'News!\n\n*stop* No more news' }])
    expect(renderNotice(screen, 'ru')).toEqual([{ kind: 'text', text: 'News!\n\n*стоп* No more news' }])
  })
})
