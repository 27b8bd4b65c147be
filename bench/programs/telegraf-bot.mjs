/** A bot as one would write it for PM2: telegraf's own polling, an answer to every text, a log, a health port. */
import { createServer } from 'node:http'
import { Telegraf } from 'telegraf'

const bot = new Telegraf(process.env['TOKEN'] ?? '', {
  telegram: { apiRoot: process.env['API_ROOT'] ?? '' },
})
bot.on('text', (context) => context.reply(`Your id: ${context.from.id}`))
createServer((_request, response) => response.end('ok')).listen(0, '127.0.0.1')
process.once('SIGINT', () => bot.stop('SIGINT'))
process.once('SIGTERM', () => bot.stop('SIGTERM'))
await bot.launch(() => process.stdout.write('polling\n'))
