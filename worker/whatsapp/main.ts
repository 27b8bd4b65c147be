import { runWorker } from '../run-worker.ts'
import { telegramStage } from '../telegram/telegram-stage.ts'
import { silentConversation } from './silent-conversation.ts'
import { WhatsAppChannel } from './whatsapp-channel.ts'

await runWorker({ makeChannel: (context) => new WhatsAppChannel(context, silentConversation), stage: telegramStage })
