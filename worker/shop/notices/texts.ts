import type { NoticeKind } from '../../../domain/notices.ts'
import en from '../texts/notice.en.json' with { type: 'json' }
import fa from '../texts/notice.fa.json' with { type: 'json' }
import ru from '../texts/notice.ru.json' with { type: 'json' }
import zh from '../texts/notice.zh.json' with { type: 'json' }
import { catalogue } from '../texts.ts'

/** Whatever may be told has its text; a broadcast brings its own. */
const english = en satisfies Record<Exclude<NoticeKind, 'broadcast'>, string>

export const say = catalogue({ en: english, zh, fa, ru })
export type NoticeText = keyof typeof en

/** Whether there is a text by this name. */
export function isText(name: string): name is NoticeText {
  return Object.hasOwn(en, name)
}
