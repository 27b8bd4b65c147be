import { runWorker } from '../run-worker.ts'

import { silentConversation } from './silent-conversation.ts'
import { WhatsAppChannel } from './whatsapp-channel.ts'
import { whatsappStage } from './whatsapp-stage.ts'

await runWorker({ makeChannel: (context) => new WhatsAppChannel(context, silentConversation), stage: whatsappStage })
