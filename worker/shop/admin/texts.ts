import en from '../texts/admin.en.json' with { type: 'json' }
import fa from '../texts/admin.fa.json' with { type: 'json' }
import ru from '../texts/admin.ru.json' with { type: 'json' }
import zh from '../texts/admin.zh.json' with { type: 'json' }
import { catalogue } from '../texts.ts'

export const say = catalogue({ en, zh, fa, ru })
