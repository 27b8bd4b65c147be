/** What only WhatsApp has to say: how numbered menus are answered. */
import { catalogue } from '../shop/texts.ts'
import en from './texts/whatsapp.en.json' with { type: 'json' }
import fa from './texts/whatsapp.fa.json' with { type: 'json' }
import ru from './texts/whatsapp.ru.json' with { type: 'json' }
import zh from './texts/whatsapp.zh.json' with { type: 'json' }

export const say = catalogue({ en, zh, fa, ru })
