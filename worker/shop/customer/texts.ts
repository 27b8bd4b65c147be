import en from '../texts/customer.en.json' with { type: 'json' }
import fa from '../texts/customer.fa.json' with { type: 'json' }
import ru from '../texts/customer.ru.json' with { type: 'json' }
import zh from '../texts/customer.zh.json' with { type: 'json' }
import { catalogue } from '../texts.ts'

export const say = catalogue({ en, zh, fa, ru })
