/** Screens in WhatsApp's words: texts with a numbered menu below, pictures and files with their captions. */
import type { Language, Menu } from '../../domain/worker-contract.ts'
import { type Choice, captionMax, type Picture, type Screen, textMax } from '../shop/screen.ts'
import { literally, whatsAppText } from './markup.ts'
import { directed, menuLines, menuOf } from './menu.ts'
import { say } from './texts.ts'
import { wordFor } from './words.ts'

/** One message. */
export type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'picture'; readonly picture: Picture; readonly caption: string }
  | { readonly kind: 'file'; readonly name: string; readonly bytes: Uint8Array; readonly caption: string }

export interface Rendered {
  readonly parts: readonly Part[]
  /** The menu that the parts show; undefined when they show none. */
  readonly menu: Menu | undefined
}

/** An answer: the choices of its screens are one menu, below the last of those. `asked`: it asks for something. */
export function renderAnswer(
  screens: readonly Screen[],
  { language, asked }: { readonly language: Language; readonly asked: boolean },
): Rendered {
  const choices = screens.map((screen) => (screen.choices ?? []).flat())
  const menu = menuOf(choices.flat(), { asked })
  const last = choices.findLastIndex((own) => own.some((each) => 'intent' in each))
  const parts = screens.flatMap((screen, at) => {
    const shown = at === last ? shownMenu(menu, language, asked) : []
    return partsOf(screen, [pageLines(choices[at] ?? []), ...shown])
  })
  return { parts, menu: menu.length === 0 ? undefined : menu }
}

function shownMenu(menu: Menu, language: Language, asked: boolean): string[] {
  const lines = menuLines(language, menu).join('\n')
  if (!asked) return [lines, hint(language, 'send_number')]
  const offers = menu.some(({ key }) => key === '')
  return [`${hint(language, offers ? 'write_answer_or' : 'write_answer')}\n${lines}`]
}

function hint(language: Language, key: Parameters<typeof say>[1]): string {
  return whatsAppText(`<i>${say(language, key)}</i>`)
}

/** What nobody asked for: a number would mean the menu before it, so its choices are taken by words. */
export function renderNotice(screen: Screen, language: Language): readonly Part[] {
  const choices = (screen.choices ?? []).flat()
  const words = choices.flatMap((choice) => {
    const word = 'intent' in choice ? wordFor(language, choice.intent) : undefined
    return word === undefined ? [] : [directed(language, `*${word}*`, literally(choice.label))]
  })
  return partsOf(screen, [pageLines(choices), words.join('\n')])
}

/** Choices that open a page: clients make links of addresses. */
function pageLines(choices: readonly Choice[]): string {
  return choices.flatMap((each) => ('url' in each ? [`${literally(each.label)}: ${each.url}`] : [])).join('\n')
}

/** A screen as messages: what does not fit below a picture or into one message follows in another. */
function partsOf({ text: html, picture, attachment }: Screen, more: readonly string[]): Part[] {
  const text = whatsAppText(html)
  const rest = more.filter((block) => block !== '')
  if (picture === undefined && attachment === undefined) return texts([text, ...rest])
  const whole = [text, ...rest].join('\n\n')
  const [caption, after] =
    whole.length <= captionMax ? [whole, []] : text.length <= captionMax ? [text, rest] : ['', [text, ...rest]]
  const file: Part =
    attachment === undefined
      ? { kind: 'picture', picture: picture ?? { product: '', version: '' }, caption }
      : { kind: 'file', name: attachment.name.replace(/["\r\n\\/]/g, '_'), bytes: attachment.content, caption }
  return [file, ...texts(after)]
}

/** Blocks as few messages, parted between blocks, else between lines, else anywhere. */
function texts(blocks: readonly string[]): Part[] {
  const messages: string[] = []
  const add = (piece: string, between: string) => {
    const last = messages.at(-1)
    if (last !== undefined && last.length + between.length + piece.length <= textMax) {
      messages[messages.length - 1] = `${last}${between}${piece}`
    } else messages.push(piece)
  }
  for (const block of blocks.filter((each) => each.trim() !== '')) {
    if (block.length <= textMax) add(block, '\n\n')
    else block.split('\n').forEach((line, at) => sliced(line).forEach((piece) => add(piece, at === 0 ? '\n\n' : '\n')))
  }
  return messages.map((text) => ({ kind: 'text', text }))
}

function sliced(line: string): string[] {
  return line.length <= textMax ? [line] : (line.match(new RegExp(`[\\s\\S]{1,${textMax}}`, 'gu')) ?? [])
}
