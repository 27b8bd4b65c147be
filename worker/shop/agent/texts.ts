import en from '../texts/agent.en.json' with { type: 'json' }
import fa from '../texts/agent.fa.json' with { type: 'json' }
import ru from '../texts/agent.ru.json' with { type: 'json' }
import zh from '../texts/agent.zh.json' with { type: 'json' }
import { catalogue } from '../texts.ts'

export const say = catalogue({ en, zh, fa, ru })
