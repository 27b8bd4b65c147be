/** Goods as a chat shows them: text while it fits into a message, else files. What was bought is shown as it is. */
import type { Language } from '../../../domain/worker-contract.ts'
import { type Screen, textMax } from '../screen.ts'
import { escapeHtml } from '../texts.ts'
import { say } from './texts.ts'

export interface Goods {
  readonly order: number
  readonly name: string
  readonly quantity: number
  /** Units that are text. */
  readonly lines: readonly string[]
  /** Units that are files. */
  readonly files: readonly { readonly name: string; readonly content: Buffer }[]
}

/** The screens of an order's goods, in the order in which they are to be sent. */
export function goodsScreens(language: Language, goods: Goods): Screen[] {
  const heading = say(language, 'goods', { order: goods.order, name: goods.name, quantity: goods.quantity })
  const { lines, files } = goods
  const documents = files.map(({ name, content }, index) => ({
    text: lines.length === 0 && index === 0 ? heading : say(language, 'goods_file', { order: goods.order }),
    attachment: { name, content },
  }))
  return lines.length === 0 ? documents : [linesScreen(heading, goods), ...documents]
}

function linesScreen(heading: string, { lines, order }: Goods): Screen {
  const whole = lines.join('\n')
  // Each in a block of its own, so that one tap copies it.
  const text = `${heading}\n\n${lines.map((line) => `<code>${escapeHtml(line)}</code>`).join('\n')}`
  const length = heading.length + 2 + whole.length
  // Telegram reads a hundred marked parts of a message and leaves the rest as it is.
  if (length <= textMax && lines.length <= 100) return { text }
  return { text: heading, attachment: { name: `order-${order}.txt`, content: Buffer.from(`${whole}\n`) } }
}
