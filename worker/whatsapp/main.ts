import { runWorker } from '../run-worker.ts'
import { telegramStage } from '../telegram/telegram-stage.ts'
import { ShopSide } from './shop-side.ts'
import { WhatsAppChannel } from './whatsapp-channel.ts'

await runWorker({
  makeChannel: (context) => new WhatsAppChannel(context, (given, connection) => new ShopSide(given, connection)),
  stage: telegramStage,
})
