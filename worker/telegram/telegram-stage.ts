import type { Update } from 'telegraf/types'
import type { PlatformStage } from '../rehearsal.ts'

const person = { id: 1, is_bot: false, first_name: 'Nobody' }
const chat = { id: 1, type: 'private', first_name: 'Nobody' } as const
const message = { message_id: 1, date: 0, chat, from: person, text: '/language' }
const update: Update = { update_id: 1, message }

/** A Telegram with one person in it, who writes once. It speaks without TLS, which the real one will need at once. */
export function telegramStage(): PlatformStage {
  process.getBuiltinModule('node:https')
  process.getBuiltinModule('node:tls').createSecureContext()
  let delivered = false
  return {
    identity: (port) => ({ telegramApiRoot: `http://127.0.0.1:${port}` }),
    answer: (path) => {
      if (path.endsWith('/getUpdates')) {
        if (delivered) return undefined
        delivered = true
        return { ok: true, result: [update] }
      }
      return { ok: true, result: path.endsWith('/sendMessage') ? { ...message, message_id: 2 } : true }
    },
  }
}
