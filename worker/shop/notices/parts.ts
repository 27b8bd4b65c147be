/** What a message of the outbox looks like: the screens that it comes as, in the recipient's language. */
import type { OutboxMessage } from '../../../domain/outbox-calls.ts'
import { escapeTelegramHtml } from '../../../domain/telegram-html.ts'
import { type Language, languageOfHint } from '../../../domain/worker-contract.ts'
import { choice, type Screen, textMax } from '../screen.ts'
import { isText, say } from './texts.ts'

/** A screen, made when its turn comes: it may have to be fetched. */
export type Part = () => Promise<Screen>

type FetchFile = (number: number) => Promise<Buffer>

/** @returns undefined for a kind that this worker has no text for. */
export function partsOf(message: OutboxMessage, fetchFile: FetchFile): readonly Part[] | undefined {
  const language = languageOfHint(message.language)
  if (message.goods !== null) {
    return goodsParts(language, { order: String(message.payload['order']), ...message.goods }, fetchFile)
  }
  const screen = screenOf(language, message)
  if (screen === undefined) return undefined
  const { onBehalfOf } = message
  const text = onBehalfOf === null ? screen.text : `<b>${escapeTelegramHtml(onBehalfOf)}</b>\n${screen.text}`
  return [async () => ({ ...screen, text })]
}

function screenOf(language: Language, { kind, payload, html }: OutboxMessage): Screen | undefined {
  if (kind === 'broadcast') {
    return { text: html ?? '', choices: [[choice(say(language, 'button_news_off'), 'news', 'off')]] }
  }
  if (!isText(kind)) return undefined
  const values = Object.fromEntries(
    Object.entries(payload).flatMap(([name, value]) =>
      typeof value === 'string' || typeof value === 'number' ? [[name, value] as const] : [],
    ),
  )
  return { text: say(language, kind === 'expiring' && payload['days'] === 1 ? 'expiring_tomorrow' : kind, values) }
}

/** What an order got. */
export interface OrderedGoods {
  readonly order: string
  readonly product: string
  /** Units of text; null when they are many: then they are fetched like a file, as number 0. */
  readonly lines: readonly string[] | null
  /** Names of the units that are files; the first is number 1. */
  readonly files: readonly string[]
}

/** The goods of an order: text where it fits into a message, else files. */
export function goodsParts(language: Language, goods: OrderedGoods, fetchFile: FetchFile): readonly Part[] {
  const { order, product, lines, files } = goods
  const about = { product, order }
  const text = lines === null ? undefined : goodsText(say(language, 'goods', about), lines)
  const asFile = async (content: Buffer): Promise<Screen> => ({
    text: say(language, 'goods_file', about),
    attachment: { name: `order-${about.order}.txt`, content },
  })
  const linesPart: Part | undefined =
    lines === null
      ? async () => asFile(await fetchFile(0))
      : lines.length === 0
        ? undefined
        : async () => (text === undefined ? asFile(Buffer.from(lines.join('\n'))) : { text })
  const fileParts = files.map((name, index): Part => {
    const caption = say(language, 'goods_part', { ...about, number: index + 1, count: files.length })
    return async () => ({ text: caption, attachment: { name, content: await fetchFile(index + 1) } })
  })
  return linesPart === undefined ? fileParts : [linesPart, ...fileParts]
}

/** The goods as a text that fits into a message; undefined when they do not. */
function goodsText(heading: string, lines: readonly string[]): string | undefined {
  const plain = heading.replace(/<[^>]*>/g, '').length + lines.reduce((sum, line) => sum + line.length + 1, 0)
  if (plain > textMax) return undefined
  return [heading, ...lines.map((line) => `<code>${escapeTelegramHtml(line)}</code>`)].join('\n')
}
