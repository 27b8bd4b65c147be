/**
 * Numbered menus. What a number leads to is kept with the chat (domain/once-call.ts), so that the next worker knows it.
 * Where something is asked for, numbers are answers: then a choice is taken by its label, and only 0 leads out.
 */
import { type Language, type Menu, menuLabelMax, menuMax } from '../../domain/worker-contract.ts'
import { decodeCallback, encodeIntent } from '../shop/intent-code.ts'
import type { Choice, Way } from '../shop/screen.ts'
import { literally } from './markup.ts'
import { numberOf } from './words.ts'

type Route = Extract<Choice, { intent: unknown }>

const wayOutKey = '0'
/** Which of several ways out gets the 0. */
const waysInOrder: readonly Way[] = ['back', 'cancel', 'home']
const [rightToLeftMark, firstStrongIsolate, popIsolate] = ['\u200f', '\u2068', '\u2069']

/** The menu of these choices, without pages to open; in their order, the way out last. */
export function menuOf(choices: readonly Choice[], { asked }: { readonly asked: boolean }): Menu {
  const routes = choices.filter((each): each is Route => 'intent' in each)
  const out = waysInOrder.flatMap((way) => routes.filter((each) => each.way === way))[0]
  // A number that is offered where one is asked for is typed as any other.
  const offered = routes.filter((each) => each !== out && !(asked && numberOf(each.label) !== undefined))
  const others = offered.slice(0, menuMax - 1)
  const lines = others.map((each, at) => lineOf(asked ? '' : String(at + 1), each))
  return out === undefined ? lines : [...lines, lineOf(wayOutKey, out)]
}

function lineOf(key: string, { label, intent }: Route): Menu[number] {
  return { key, label: shortened(label), intent: encodeIntent(intent) }
}

function shortened(label: string): string {
  return label.length <= menuLabelMax ? label : `${label.slice(0, menuLabelMax - 1).replace(/[\ud800-\udbff]$/, '')}…`
}

/** The choices of a menu, to show it once more: each gets its number again. */
export function choicesOf(menu: Menu): Choice[] {
  return menu.flatMap(({ key, label, intent: code }) => {
    const said = decodeCallback(code)
    if (said.kind !== 'choice') return []
    const { intent } = said
    return [key === wayOutKey ? { label, intent, way: 'back' as const } : { label, intent }]
  })
}

/** A menu as people read it, a line a choice. */
export function menuLines(language: Language, menu: Menu): string[] {
  return menu.map(({ key, label }) => directed(language, key === '' ? '•' : key, literally(label)))
}

/** What stands before a label, and the label: from right to left neither turns the other about. */
export function directed(language: Language, key: string, label: string): string {
  return language === 'fa' ? `${rightToLeftMark}${key} ${firstStrongIsolate}${label}${popIsolate}` : `${key} ${label}`
}

/** The line that a number means; where something is asked for, only the way out has one. */
export function lineOfNumber(
  menu: Menu,
  number: string,
  { asked }: { readonly asked: boolean },
): Menu[number] | undefined {
  return menu.find(({ key }) => key === number && (!asked || key === wayOutKey))
}
