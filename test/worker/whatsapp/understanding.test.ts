/** What a message says to a person with a menu or a question before them. */
import { describe, expect, test } from 'vitest'
import { languages, type Menu } from '../../../domain/worker-contract.ts'
import { cancelChoice, homeChoice } from '../../../worker/shop/common.ts'
import { choice } from '../../../worker/shop/screen.ts'
import type { Standing } from '../../../worker/shop/turn.ts'
import { menuOf } from '../../../worker/whatsapp/menu.ts'
import { readText } from '../../../worker/whatsapp/understanding.ts'

const menu = menuOf([choice('Shop', 'shop'), choice('My orders', 'orders'), homeChoice('en')], { asked: false })
const shown: Standing = { asked: null, menu }
const nothing: Standing = { asked: null, menu: [] }
const asking = (...offers: Menu): Standing => ({ asked: { ask: 'quantity', args: ['vpn'] }, menu: offers })

const lead = (text: string, standing: Standing = shown) => {
  const said = readText(text, standing)
  if (typeof said === 'function') return 'no such number'
  return said.kind === 'choice' ? [said.intent.route, ...said.intent.args].join(':') : said
}

describe('a number', () => {
  test.for(['2', ' 2 ', '۲', '٢', '２', '2️⃣', '#2', '2.', '2)', '\u200f2', '02'])('%s means its line', (text) => {
    expect(lead(text)).toBe('orders')
  })

  test('0 leads out, and one that is not there is said to be none', () => {
    expect(lead('0')).toBe('home')
    expect(lead('3')).toBe('no such number')
    expect(lead('77')).toBe('no such number')
  })

  test('without a menu, or among words, is a text', () => {
    expect(lead('2', nothing)).toEqual({ kind: 'text', text: '2' })
    expect(lead('2 please')).toEqual({ kind: 'text', text: '2 please' })
    expect(lead('-1')).toEqual({ kind: 'text', text: '-1' })
  })
})

describe('where something is asked for', () => {
  const offers = menuOf([choice('10 USDT', 'fill', 10, 'n'), cancelChoice('en')], { asked: true })

  test('a number is the answer, and 0 leads out', () => {
    expect(lead('1', asking(...offers))).toEqual({ kind: 'text', text: '1' })
    expect(lead('0', asking(...offers))).toBe('cancel')
    expect(lead('۰', asking(...offers))).toBe('cancel')
  })

  test('a menu from before does not stand in its way', () => {
    expect(lead('1', asking(...menu))).toEqual({ kind: 'text', text: '1' })
  })

  test('what is offered is taken by its label', () => {
    expect(lead('10 usdt', asking(...offers))).toBe('fill:10:n')
    expect(lead('CANCEL', asking(...offers))).toBe('cancel')
  })

  test('words that lead elsewhere are answers, commands with a slash and "stop" are not', () => {
    expect(lead('menu', asking(...offers))).toEqual({ kind: 'text', text: 'menu' })
    expect(lead('/start', asking(...offers))).toEqual({ kind: 'command', command: 'start', words: [] })
    expect(lead('Stop', asking(...offers))).toBe('news:off')
  })
})

describe('words', () => {
  test.for([
    ['start', 'start'],
    ['Menu', 'home'],
    ['شروع', 'start'],
    ['منو', 'home'],
    ['старт', 'start'],
    ['Меню', 'home'],
    ['开始', 'start'],
    ['菜单', 'home'],
    ['help', 'help'],
    ['/orders', 'orders'],
    ['／start', 'start'],
  ] as const)('%s is /%s', ([text, command]) => {
    expect(lead(text)).toEqual({ kind: 'command', command, words: [] })
  })

  test.for(['stop', 'стоп', 'توقف', '停止'])('%s ends the news', (text) => {
    expect(lead(text)).toBe('news:off')
  })

  test('a label is as good as its number', () => {
    expect(lead('my  ORDERS')).toBe('orders')
  })

  test('a claim is typed with or without the command', () => {
    const claim = { kind: 'command', command: 'start', words: ['claim-AbC_1-2'] }
    expect(lead('/start claim-AbC_1-2')).toEqual(claim)
    expect(lead('claim AbC_1-2')).toEqual(claim)
    expect(lead('Claim-AbC_1-2', nothing)).toEqual(claim)
    expect(lead('link XYZ')).toEqual({ kind: 'command', command: 'start', words: ['link-XYZ'] })
  })

  test('everything else is a text', () => {
    for (const text of ['', 'hello there', 'I want to start']) expect(lead(text)).toEqual({ kind: 'text', text })
    expect(languages).toHaveLength(4)
  })
})
