import { runWorker } from '../run-worker.ts'
import { TelegramChannel } from './telegram-channel.ts'
import { telegramStage } from './telegram-stage.ts'

await runWorker({ makeChannel: (context) => new TelegramChannel(context), stage: telegramStage })
