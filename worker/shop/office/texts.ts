import en from '../texts/office.en.json' with { type: 'json' }
import fa from '../texts/office.fa.json' with { type: 'json' }
import ru from '../texts/office.ru.json' with { type: 'json' }
import zh from '../texts/office.zh.json' with { type: 'json' }
import { catalogue } from '../texts.ts'

/** What owners and admins alike read. */
export const office = catalogue({ en, zh, fa, ru })
