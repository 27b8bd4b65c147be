import { runWorker } from '../run-worker.ts'
import { ShopSide } from './shop-side.ts'
import { WhatsAppChannel } from './whatsapp-channel.ts'
import { whatsappStage } from './whatsapp-stage.ts'

await runWorker({
  makeChannel: (context) => new WhatsAppChannel(context, (given, connection) => new ShopSide(given, connection)),
  stage: whatsappStage,
})
