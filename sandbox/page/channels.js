/** What differs between the channels: how a bot is shown, and how one talks to it. Everything else of the page is one. */
import { get, post } from './api.js'

const telegram = {
  begin: 'Start',
  greeting: '/start',
  blocks: true,
  attaches: true,
  hasPhone: false,
  read: ({ id }, personId) => get(`chat?bot=${id}&person=${personId}`),
  say: ({ id }, personId, text) => post('messages', { bot_id: id, person_id: personId, text }),
}

const whatsapp = {
  begin: 'Say hello',
  greeting: 'Hello',
  blocks: false,
  attaches: false,
  hasPhone: true,
  read: ({ number }, personId) => get(`whatsapp/chat?number=${number}&person=${personId}`),
  say: ({ number }, personId, text) => post('whatsapp/messages', { number, person_id: personId, text }),
  /** What is on screen is read, and the bot is told so. */
  async noteRead({ number }, personId, { messages }) {
    const isUnread = messages.some(({ from, state }) => from === 'bot' && state !== 'read')
    if (isUnread) await post('whatsapp/reads', { number, person_id: personId })
  },
}

/** The bots of both channels, each with its `channel`, `address` and `status`. */
export async function readBots() {
  const [onTelegram, onWhatsApp] = await Promise.all([get('bots'), get('whatsapp/bots')])
  return [
    ...onTelegram.map((bot) => ({
      ...bot,
      channel: telegram,
      address: `@${bot.username}`,
      status: bot.revoked ? 'token revoked' : onlineWord(bot),
    })),
    ...onWhatsApp.map((bot) => ({
      ...bot,
      channel: whatsapp,
      address: `WhatsApp +${bot.number}`,
      status: bot.devices.length > 0 ? onlineWord(bot) : bot.asked_for_code ? 'waits for its code' : 'not linked',
    })),
  ]
}

function onlineWord({ online }) {
  return online ? 'online' : 'offline'
}

/** The bot that a link opens: `start` is what it begins with, `text` what it has written already; undefined for others. */
export function linkedBotIn(bots, { hostname, pathname, searchParams }) {
  const name = /^\/(\w+)\/?$/.exec(pathname)?.[1]
  if (['t.me', 'telegram.me'].includes(hostname)) {
    const bot = bots.find(({ channel, username }) => channel === telegram && username === name)
    return bot && { bot, start: searchParams.get('start') ?? '' }
  }
  if (hostname !== 'wa.me') return undefined
  const bot = bots.find(({ channel, number }) => channel === whatsapp && number === name)
  return bot && { bot, text: searchParams.get('text') ?? '' }
}
